/** Accuracy by epoch of recovery, drawn while it comes in: few networks as lines, many as their median and middle half. */
import { useState } from "preact/hooks";
import { ArmKey, IntactKey } from "./arm-key.tsx";
import { ARM_TITLES, type Arm } from "./arms.ts";
import { Canvas, useWidth } from "./canvas.tsx";
import { ChartCursor } from "./chart-cursor.tsx";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { curvesOf, MOST_LINES, type RecoveryCurve } from "./live-recovery.ts";
import type { LiveResults } from "./live-results.ts";
import { paintCurves } from "./recovery-curves-drawing.ts";
import { curveAt, curvesLayout, epochAt } from "./recovery-layout.ts";
import { NOT_YET, nameOf, recoverySentence } from "./recovery-text.ts";
import { quartilesOf } from "./spread.ts";

interface Cursor {
  readonly epoch: number;
  readonly curve: RecoveryCurve | null;
}

export function RecoveryCurves(props: { lab: Lab; results: LiveResults; arms: readonly Arm[] }) {
  const { lab, results, arms } = props;
  void lab.run.version.value;
  const [element, width] = useWidth<HTMLElement>();
  const [hovered, setHovered] = useState<Cursor | null>(null);
  const [keyed, setKeyed] = useState<number | null>(null);
  const { recovery: live, baseline } = results;
  const intact = baseline === null ? null : (100 * baseline.correct) / baseline.samples;
  const layout = curvesLayout(live, width, intact);
  const shown = lab.selected.value;
  const cursor = hovered ?? (keyed === null ? null : { epoch: Math.min(keyed, live.epochs), curve: null });
  const readout = readoutOf(results, arms, cursor, shown);
  const networks = arms.reduce((total, arm) => total + live.arms[arm].byRow.size, 0);
  const single = arms.flatMap((arm) => {
    const { byRow } = live.arms[arm];
    return byRow.size <= MOST_LINES ? [...byRow.values()] : [];
  });
  const at = (point: { x: number; y: number }): Cursor => ({
    epoch: epochAt(layout, point.x),
    curve: curveAt(layout, [...curvesOf(live, shown), ...single], point),
  });
  return (
    <figure class="chart" ref={element as never} style={{ "--natural": "520px" }}>
      <figcaption>
        <h3>Accuracy by epoch</h3>
        <span class="quiet">{count(networks)} networks</span>
      </figcaption>
      <p class="readout">{readout}</p>
      <div class="chart-body">
        <ChartCursor
          places={live.epochs + 1}
          at={cursor?.epoch ?? 0}
          label="Accuracy by epoch: left and right choose an epoch"
          text={readout}
          move={setKeyed}
          enter={() => setKeyed(cursor?.epoch ?? 0)}
          leave={() => setKeyed(null)}
        />
        {width > 0 && (
          <Canvas
            width={width}
            height={layout.height}
            paint={(context, theme) =>
              paintCurves(context, theme, {
                live,
                layout,
                baseline: intact,
                shown,
                hovered: hovered?.curve ?? null,
                epoch: cursor === null || cursor.curve !== null ? null : cursor.epoch,
              })
            }
            onPoint={(point) => setHovered(point === null ? null : at(point))}
            onPick={(point) => {
              const row = at(point).curve?.row;
              if (row !== undefined && row !== null) lab.select(lab.selected.value === row ? null : row);
            }}
          />
        )}
      </div>
      <div class="legend">
        {arms.map((arm) => (
          <ArmKey key={arm} arm={arm} />
        ))}
        <IntactKey />
      </div>
    </figure>
  );
}

/** Where nothing is pointed at: how far each arm is. */
function readoutOf(results: LiveResults, arms: readonly Arm[], cursor: Cursor | null, selected: number | null): string {
  const { recovery: live } = results;
  if (live.epochs === 0) return NOT_YET;
  if (cursor?.curve) return recoverySentence(results, cursor.curve);
  if (cursor === null) {
    if (selected !== null) {
      const recovered = curvesOf(live, selected).some(({ row }) => row !== null);
      return `${nameOf(results, selected)} ${recovered ? "stands out; hover to read epochs" : "was not trained again"}`;
    }
    const many = arms.some((arm) => live.arms[arm].byRow.size > MOST_LINES);
    const lines = many ? "median and middle half of the networks of each arm" : "a line a network";
    const samples = results.baseline?.samples;
    return `${lines}${samples === undefined ? "" : `, n = ${count(samples)}`}; hover to read epochs`;
  }
  const parts = arms.flatMap((arm) => {
    const spread = live.arms[arm].spreads[cursor.epoch];
    const quartiles = spread === undefined ? null : quartilesOf(spread);
    if (quartiles === null) return [];
    const [low, median, high] = [quartiles.low, quartiles.median, quartiles.high].map((share) =>
      (100 * share).toFixed(1),
    );
    const name = arm === "control" ? "control" : ARM_TITLES[arm];
    return arm === "control" ? `${name} ${median} %` : `${name} ${median} % [${low}, ${high}]`;
  });
  return `epoch ${cursor.epoch}, median [quartiles]: ${parts.length === 0 ? "not there yet" : parts.join("; ")}`;
}
