/**
 * Does more come back where more was lost? A mark an ablation and arm, with the correlations of each arm below, once they
 * are computed. A click or Enter selects the ablation everywhere.
 */
import { useState } from "preact/hooks";
import { ArmKey } from "./arm-key.tsx";
import type { Arm } from "./arms.ts";
import { Canvas, useWidth } from "./canvas.tsx";
import { ChartCursor, isChoice } from "./chart-cursor.tsx";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { markAt, scatterLayout } from "./recovery-layout.ts";
import { paintScatter } from "./recovery-scatter-drawing.ts";
import { NOT_YET, recoverySentence, shareText } from "./recovery-text.ts";

export function RecoveryScatter(props: { lab: Lab; results: LiveResults; arms: readonly Arm[] }) {
  const { lab, results, arms } = props;
  void lab.run.version.value;
  const [element, width] = useWidth<HTMLElement>();
  const [hovered, setHovered] = useState<number | null>(null);
  const [keyed, setKeyed] = useState<number | null>(null);
  const { recovery: live } = results;
  const layout = scatterLayout(live, width);
  const cursor = live.points[hovered ?? keyed ?? -1] ?? null;
  const readout =
    live.points.length === 0
      ? NOT_YET
      : cursor === null
        ? "each mark is an ablation in one arm; the lines are all, and half, of what was lost"
        : recoverySentence(results, cursor);
  const pick = (index: number) => {
    const row = live.points[index]?.row ?? null;
    if (row !== null) lab.select(lab.selected.value === row ? null : row);
  };
  const at = (point: { x: number; y: number }) => {
    const curve = markAt(layout, live.points, point);
    return curve === null ? null : live.points.indexOf(curve);
  };
  return (
    <figure class="chart" ref={element as never} style={{ "--natural": "420px" }}>
      <figcaption>
        <h3>Regained against lost</h3>
      </figcaption>
      <p class="readout">{readout}</p>
      <div class="chart-body">
        <ChartCursor
          places={live.points.length}
          at={hovered ?? keyed ?? 0}
          label="Regained against lost: left and right go through the marks, Enter selects the ablation"
          text={readout}
          move={setKeyed}
          enter={() => setKeyed(hovered ?? 0)}
          leave={() => setKeyed(null)}
          press={(key) => {
            if (isChoice(key)) pick(keyed ?? 0);
            return isChoice(key);
          }}
        />
        {width > 0 && (
          <Canvas
            width={width}
            height={layout.height}
            paint={(context, theme) =>
              paintScatter(context, theme, { live, layout, selected: lab.selected.value, cursor })
            }
            onPoint={(point) => setHovered(point && at(point))}
            onPick={(point) => pick(at(point) ?? -1)}
          />
        )}
      </div>
      <Correlations results={results} arms={arms} />
    </figure>
  );
}

function Correlations({ results, arms }: { results: LiveResults; arms: readonly Arm[] }) {
  const { recovery: live } = results;
  return (
    <table class="figures">
      <caption>
        Correlation of accuracy regained with accuracy lost, 95 % bootstrap intervals; median share of the loss regained
      </caption>
      <thead>
        <tr>
          <th scope="col" class="name">
            Trained
          </th>
          <th scope="col">n</th>
          <th scope="col">Pearson</th>
          <th scope="col">Spearman</th>
          <th scope="col">Regained</th>
        </tr>
      </thead>
      <tbody>
        {arms
          .filter((arm) => arm !== "control")
          .map((arm) => {
            const analysis = live.analyses.get(arm);
            const diverged = live.arms[arm].diverged;
            return (
              <tr key={arm}>
                <th scope="row" class="name">
                  <ArmKey arm={arm} />
                  {diverged > 0 && <span class="problem"> {count(diverged)} diverged</span>}
                </th>
                <td>{count(analysis?.n ?? live.arms[arm].finished)}</td>
                <td>{correlation(analysis?.pearson, analysis?.interval.pearson)}</td>
                <td>{correlation(analysis?.spearman, analysis?.interval.spearman)}</td>
                <td>{shareText(analysis?.regained.median ?? null)}</td>
              </tr>
            );
          })}
      </tbody>
    </table>
  );
}

function correlation(value: number | null | undefined, interval: readonly [number, number] | null | undefined) {
  if (value === null || value === undefined) return "\u2013";
  if (!interval) return fixed(value);
  return (
    <>
      {fixed(value)} <span class="quiet">{`[${fixed(interval[0])}, ${fixed(interval[1])}]`}</span>
    </>
  );
}

const fixed = (value: number) => value.toFixed(2).replace("-", "\u2212");
