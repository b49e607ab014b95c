/** Recomputes a sample of the run's ablations with an independent implementation and says how well the two agree. */
import { useSignal } from "@preact/signals";
import type { CheckReport } from "../../workers/protocol.ts";
import { count } from "./format.ts";
import type { Lab, Reference } from "./lab-state.ts";

const REFERENCES: Readonly<Record<Reference, string>> = {
  float64: "float64 on the processor",
  "tfjs-webgpu": "TensorFlow.js on WebGPU",
};

export function CheckPanel({ lab }: { lab: Lab }) {
  const reference = useSignal<Reference>("tfjs-webgpu");
  const check = lab.check.value;
  const state = lab.run.state.value;
  const ready = state === "done" || state === "cancelled" || state === "interrupted";
  return (
    <section class="card check-card" aria-labelledby="check-title">
      <header>
        <h2 id="check-title">Check</h2>
        <span class="quiet">a sample of the ablations, recomputed by</span>
        <select
          aria-label="Reference"
          value={reference.value}
          onChange={(event) => {
            reference.value = event.currentTarget.value as Reference;
          }}
        >
          {Object.entries(REFERENCES).map(([id, title]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
        <button
          type="button"
          disabled={!ready || check.state === "running"}
          onClick={() => void lab.startCheck(reference.value)}
        >
          {check.state === "running" ? "Checking" : "Check against the reference"}
        </button>
      </header>
      <div aria-live="polite">{check.state === "done" && <Verdict report={check.report} />}</div>
    </section>
  );
}

function Verdict({ report }: { report: CheckReport }) {
  const { agrees, logitError, ablations, samples, countDifferences } = report;
  const unexplained = countDifferences.reduce((total, difference) => total + difference.unexplained, 0);
  return (
    <>
      <p class={agrees ? "verdict" : "verdict disagrees"}>
        <strong>{agrees ? "Agrees." : "Disagrees."}</strong> Largest logit difference {logitError.toExponential(1)} of
        the layer's rms. {count(ablations)} ablations on {count(samples)} samples:{" "}
        {countDifferences.length === 0
          ? "all counts are equal."
          : `${count(countDifferences.length)} counts differ, ${count(unexplained)} samples of them beyond rounding.`}
      </p>
      {countDifferences.length > 0 && (
        <ul class="differences">
          {countDifferences.map(({ row, lesion, reference }) => (
            <li key={row}>
              row {row}: {count(lesion)} correct here, {count(reference)} in the reference
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
