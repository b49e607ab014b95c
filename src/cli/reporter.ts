/**
 * What a run shows while it goes: one line rewritten in place on a terminal, a plain line every few seconds elsewhere,
 * or every record as NDJSON. Apart from the runner, which only hands events over.
 */
import type { Progress, RunEvent } from "../../workers/protocol.ts";
import { accuracyText } from "../report/numbers.ts";
import { recordLine } from "../study/journal.ts";
import type { AdapterReport, LesionRecord } from "../study/records.ts";
import { RecoveryLines, trainingLines } from "./epoch-lines.ts";
import type { Screen } from "./screen.ts";
import { duration, grouped } from "./units-of-measure.ts";

/** Takes what a run streams. */
export interface Reporter {
  event(event: RunEvent): void;
  /** Something a person should know, such as a restart. */
  warning(message: string): void;
  /** The run is over; nothing follows. */
  end(): void;
}

/** Milliseconds between progress lines where they cannot be rewritten. */
const PLAIN_INTERVAL_MS = 3000;

/** For people. `journal` is what an interrupted run has told already; `now` is a clock in milliseconds. */
export function textReporter(
  screen: Screen,
  journal: readonly LesionRecord[] = [],
  now: () => number = () => performance.now(),
): Reporter {
  const recovery = new RecoveryLines();
  recovery.of(journal);
  let shownAt = Number.NEGATIVE_INFINITY;
  let phase = "";
  const progress = (text: string, isNews: boolean) => {
    if (screen.isLive) return screen.live(text);
    if (!isNews && now() - shownAt < PLAIN_INTERVAL_MS) return;
    shownAt = now();
    screen.log(text);
  };
  const warning = (message: string) => screen.log(`${screen.paint("yellow", "warning:", "stderr")} ${message}`);
  return {
    event: (event) => {
      switch (event.kind) {
        case "progress":
          if (event.progress.phase === "done") break; // The table follows.
          progress(progressText(event.progress), event.progress.phase !== phase);
          phase = event.progress.phase;
          break;
        case "records":
          for (const record of event.records) for (const line of recordNews(record)) screen.log(line);
          for (const line of [...trainingLines(event.records), ...recovery.of(event.records)]) screen.log(line);
          break;
        case "warning":
          warning(event.message);
          break;
        case "artifact":
        case "baseline-bits":
          break;
      }
    },
    warning,
    end: () => screen.endLive(),
  };
}

/** For programs: every record as it is journaled, progress and warnings as objects of their own, one a line on stdout. */
export function jsonReporter(screen: Screen): Reporter {
  const write = (value: object) => screen.result(JSON.stringify(value));
  return {
    event: (event) => {
      if (event.kind === "records") for (const record of event.records) screen.result(recordLine(record).trimEnd());
      else if (event.kind === "progress") write({ type: "progress", ...event.progress });
      else if (event.kind === "warning") write({ type: "warning", message: event.message });
    },
    warning: (message) => write({ type: "warning", message }),
    end: () => {},
  };
}

/** "sweeping 120/210 · 35.2/s · 3 s left" */
export function progressText({ phase, done, total, perSecond, etaMs, note }: Progress): string {
  const parts = [
    `${phase.replace("-", " ")}${total > 0 ? ` ${grouped(done)}/${grouped(total)}` : ""}`,
    perSecond === null ? "" : `${perSecond >= 100 ? grouped(perSecond) : perSecond.toFixed(1)}/s`,
    etaMs === null || done === total ? "" : `${duration(etaMs)} left`,
    note,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** What a record by itself tells a person while the run goes; ablations and analyses are left to the tables. */
function recordNews(record: LesionRecord): string[] {
  switch (record.type) {
    case "run":
      return [`${record.name}: ${grouped(record.ablations)} ablations on ${adapterName(record.adapter)}`];
    case "baseline":
      return [`baseline: ${accuracyText(record.correct, record.samples)}`];
    case "failure":
      return [`failed: ablation ${record.row}: ${record.error.message}`];
    case "train":
    case "recovery":
    case "ablation":
    case "analysis":
    case "end":
      return [];
  }
}

/** "NVIDIA H200 (nvidia hopper)", or as much of it as the browser tells. */
export function adapterName({ vendor, architecture, device, description }: AdapterReport): string {
  const maker = [vendor, architecture].filter(Boolean).join(" ");
  const name = description || device;
  if (name === "") return maker || "an unnamed adapter";
  return maker === "" ? name : `${name} (${maker})`;
}
