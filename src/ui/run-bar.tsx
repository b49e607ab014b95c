/** Starts and steers a run, and says how far it is: the one bar that stays in sight. */
import type { Progress } from "../../workers/protocol.ts";
import { count, duration, short } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { RunState } from "./run-control.ts";

const PHASES: Readonly<Record<Progress["phase"], { title: string; unit: string }>> = {
  reading: { title: "Reading files", unit: "files" },
  "making-data": { title: "Making digits", unit: "images" },
  training: { title: "Training", unit: "samples" },
  planning: { title: "Planning", unit: "steps" },
  baseline: { title: "Measuring the baseline", unit: "samples" },
  sweeping: { title: "Ablating", unit: "ablations" },
  analysing: { title: "Analysing", unit: "evaluations" },
  recovering: { title: "Recovering", unit: "samples" },
  done: { title: "Done", unit: "ablations" },
};

const STATES: Readonly<Record<RunState, string>> = {
  idle: "Ready",
  running: "Starting",
  paused: "Paused",
  cancelling: "Finishing the batch under way",
  cancelled: "Cancelled",
  interrupted: "Interrupted",
  failed: "Failed",
  done: "Done",
};

export function RunBar({ lab }: { lab: Lab }) {
  const { run } = lab;
  const state = run.state.value;
  const progress = run.progress.value;
  const going = state === "running" || state === "paused" || state === "cancelling";
  const resumable = state === "paused" || state === "interrupted" || state === "cancelled";
  const blocked = lab.studyError.value !== null ? "The study document has an error." : lab.missing.value;
  const isBlocked = blocked !== null && !going;
  const share = progress === null || progress.total === 0 ? null : progress.done / progress.total;
  return (
    <section class="run-bar" aria-label="Run">
      <div class="buttons">
        {resumable && (
          <button type="button" class="primary" onClick={() => void run.resume()}>
            Resume
          </button>
        )}
        {state === "running" && (
          <button type="button" onClick={() => void run.pause()}>
            Pause
          </button>
        )}
        {going && (
          <button type="button" disabled={state === "cancelling"} onClick={() => void run.cancel()}>
            Cancel
          </button>
        )}
        {!going && (
          <button
            type="button"
            class={resumable ? "" : "primary"}
            disabled={blocked !== null}
            onClick={() => void lab.startRun()}
          >
            {state === "idle" ? "Run" : resumable ? "Start over" : "Run again"}
          </button>
        )}
      </div>
      <div class="progress">
        <p class={isBlocked ? "progress-text blocked" : "progress-text"} aria-live="polite">
          {isBlocked ? blocked : headline(state, progress)}
        </p>
        <progress
          aria-label="Progress of the present phase"
          {...(share === null ? { value: state === "done" ? 1 : 0 } : { value: share })}
          max={1}
        />
        <p class="progress-more quiet">{going || state === "done" ? details(lab, progress) : ""}</p>
      </div>
    </section>
  );
}

/** What is said aloud when it changes: the phase, not every number. */
function headline(state: RunState, progress: Progress | null): string {
  if (state !== "running" || progress === null) return STATES[state];
  const { title } = PHASES[progress.phase];
  return progress.note === "" ? title : `${title}: ${progress.note}`;
}

function details(lab: Lab, progress: Progress | null): string {
  const end = lab.run.results.value?.end ?? null;
  if (end !== null && lab.run.state.value === "done") {
    const saved =
      end.macs + end.macsSaved > 0 ? `, ${short(end.macs)}MAC computed, ${short(end.macsSaved)}MAC saved` : "";
    return `${count(end.ablations)} ablations in ${duration(end.ms)}${saved}`;
  }
  if (progress === null) return "";
  const { unit } = PHASES[progress.phase];
  const rate = progress.perSecond === null ? "" : `, ${short(progress.perSecond)} ${unit}/s`;
  // Of an analysis that has just begun it is not known how much there is to do.
  if (progress.total === 0) return "";
  const left = progress.etaMs === null ? "" : `, ${duration(progress.etaMs)} left`;
  return `${count(progress.done)} of ${count(progress.total)} ${unit}${rate}${left}`;
}
