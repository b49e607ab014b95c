/** Everything a run has to show, from the first epoch to the last ablation. */
import { AblationTable } from "./ablation-table.tsx";
import { AnalysesView } from "./analyses-view.tsx";
import { CheckPanel } from "./check-panel.tsx";
import { ExportBar } from "./export-bar.tsx";
import { count, percent } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { LayerPanel } from "./layer-panel.tsx";
import type { LiveResults } from "./live-results.ts";
import { LossCurve } from "./loss-curve.tsx";
import { networkText } from "./network-text.ts";
import { PairMatrix } from "./pair-matrix.tsx";
import { RecoveryView } from "./recovery-view.tsx";

export function ResultsView({ lab }: { lab: Lab }) {
  void lab.run.version.value;
  const results = lab.run.results.value;
  if (results === null) return <Nothing lab={lab} />;
  const trains = results.study.model.train !== null;
  return (
    <div class="results">
      <Headline lab={lab} results={results} />
      <div class="charts">
        {trains && <LossCurve lab={lab} results={results} />}
        {results.panels.map((panel) => {
          const Chart = panel.kind === "units" ? LayerPanel : PairMatrix;
          return (
            <Chart
              key={`${panel.sweep}:${panel.layer.layerIndex}:${panel.replacement}`}
              lab={lab}
              results={results}
              panel={panel}
            />
          );
        })}
      </div>
      <RecoveryView lab={lab} results={results} />
      <AnalysesView lab={lab} />
      {results.ablations.length > 0 && <AblationTable lab={lab} results={results} />}
      {results.ablations.length > 0 && <CheckPanel lab={lab} />}
    </div>
  );
}

function Headline({ lab, results }: { lab: Lab; results: LiveResults }) {
  const { baseline, run, ablations, noops, failures } = results;
  return (
    <section class="headline" aria-label="Run">
      <dl>
        <div>
          <dt>Baseline</dt>
          <dd>{baseline === null ? "\u2013" : `${percent(baseline.correct / baseline.samples)} %`}</dd>
          <dd class="quiet">
            {baseline === null ? "not measured yet" : `${count(baseline.correct)} of ${count(baseline.samples)}`}
          </dd>
        </div>
        <div>
          <dt>Ablations</dt>
          <dd>{count(ablations.length)}</dd>
          <dd class="quiet">{run === null ? "" : `of ${count(run.ablations)}`}</dd>
        </div>
        <div>
          <dt>Exact no-ops</dt>
          <dd>{count(noops)}</dd>
          <dd class="quiet">nothing to switch off</dd>
        </div>
        {failures.length > 0 && (
          <div class="failures">
            <dt>Failed batches</dt>
            <dd>{count(failures.length)}</dd>
            <dd class="quiet">{failures[0]!.error.message}</dd>
          </div>
        )}
      </dl>
      <ExportBar lab={lab} results={results} />
    </section>
  );
}

function Nothing({ lab }: { lab: Lab }) {
  const { model, data, recover } = lab.study.value;
  const total = lab.sweeps.value.reduce((sum, choice) => sum + (choice.chosen ? (choice.count ?? 0) : 0), 0);
  const network = "file" in model ? model.file : `a network, ${networkText(model.build)},`;
  return (
    <section class="nothing">
      <h2>Nothing measured yet</h2>
      <ol>
        {"build" in model && (
          <li>
            Train {network} {data.set === "digits" ? "on the embedded digits" : "on the training files"}.
          </li>
        )}
        {"file" in model && <li>Load {model.train === null ? network : `${network} and train it further`}.</li>}
        <li>Measure it intact: the baseline.</li>
        <li>Switch units off{total > 0 && `, ${count(total)} ablations`}, and count what breaks, class by class.</li>
        {recover !== null && <li>Train the damaged networks again, and see what comes back.</li>}
      </ol>
      <p class="quiet">Run does all of it. Everything is computed in this browser; no file leaves it.</p>
    </section>
  );
}
