/** What retraining brings back: there from the start where the study recovers, so that nothing moves when it begins. */
import { ARMS } from "./arms.ts";
import { ComparisonPanel } from "./comparison-panel.tsx";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { RecoveryCurves } from "./recovery-curves.tsx";
import { RecoveryScatter } from "./recovery-scatter.tsx";

export function RecoveryView({ lab, results }: { lab: Lab; results: LiveResults }) {
  void lab.run.version.value;
  const { recovery, study } = results;
  const arms = ARMS.filter((arm) => recovery.arms[arm].byRow.size > 0 || study.recover?.arms.includes(arm));
  if (arms.length === 0) return null;
  const epochs = study.recover?.epochs ?? recovery.epochs;
  return (
    <section class="recovery" aria-labelledby="recovery-title">
      <header>
        <h2 id="recovery-title">Recovery</h2>
        <span class="quiet">
          trained again for {count(epochs)} {epochs === 1 ? "epoch" : "epochs"}, the damage held
        </span>
      </header>
      <div class="charts">
        <RecoveryCurves lab={lab} results={results} arms={arms} />
        <RecoveryScatter lab={lab} results={results} arms={arms} />
        <ComparisonPanel lab={lab} results={results} arms={arms} />
      </div>
    </section>
  );
}
