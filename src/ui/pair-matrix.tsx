/**
 * One layer's pairs: how much accuracy falls without both units, or how far that is from the sum of the two single drops
 * (interaction: positive where the units back each other up, negative where they overlap). The diagonal holds the single
 * units where they were measured.
 */
import { useMemo, useState } from "preact/hooks";
import { Canvas, useWidth } from "./canvas.tsx";
import { ChartCursor, isChoice } from "./chart-cursor.tsx";
import { count, percent, signed } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { replacedBy, selectedUnits } from "./layer-panel.tsx";
import { Legend } from "./legend.tsx";
import type { LiveResults, Panel } from "./live-results.ts";
import { GUTTER, matrixPainter, TOP } from "./pair-matrix-drawing.ts";
import { interactionPp, pairValues, type Quantity, singlesOf } from "./pair-values.ts";
import { niceCeiling } from "./scale.ts";

type Cursor = readonly [row: number, column: number];

export function PairMatrix({ lab, results, panel }: { lab: Lab; results: LiveResults; panel: Panel }) {
  const [element, available] = useWidth<HTMLElement>();
  const [quantity, setQuantity] = useState<Quantity>("drop");
  const [hovered, setHovered] = useState<Cursor | null>(null);
  const [keyed, setKeyed] = useState<Cursor | null>(null);
  const { layer, positions } = panel;
  const units = layer.units;
  const singles = singlesOf(results, panel);
  const version = lab.run.version.value;
  const { values, largest, measured } = useMemo(
    () => pairValues(results, panel, quantity),
    [version, results, panel, quantity],
  );
  const fitted = Math.max(3, Math.min(28, (available - GUTTER - 8) / units));
  const cell = fitted >= 6 ? Math.floor(fitted) : fitted;
  const limit = niceCeiling(largest);
  const cursor = hovered ?? keyed;
  const selected = selectedUnits(lab, results, layer.layerIndex);
  const readout =
    cursor === null
      ? `${count(measured)} pairs measured, n = ${count(results.baseline!.samples)}`
      : readoutOf(results, panel, singles, cursor);
  const pick = ([i, j]: Cursor) => {
    const record = results.ablations[i === j ? (singles?.[i] ?? -1) : positions[i * units + j]!];
    if (record !== undefined) lab.select(lab.selected.value === record.row ? null : record.row);
  };
  const at = ({ x, y }: { x: number; y: number }): Cursor | null => {
    const [row, column] = [Math.floor((y - TOP) / cell), Math.floor((x - GUTTER) / cell)];
    return row >= 0 && column >= 0 && row < units && column < units ? [row, column] : null;
  };
  const title = `Without each pair of ${layer.layer}${replacedBy(results, panel)}`;
  return (
    <figure class="chart" ref={element as never} style={{ "--natural": `${76 + 24 * units}px` }}>
      <figcaption>
        <h3>{title}</h3>
        {singles !== null && (
          <label class="quiet">
            show{" "}
            <select value={quantity} onChange={(event) => setQuantity(event.currentTarget.value as Quantity)}>
              <option value="drop">accuracy drop</option>
              <option value="interaction">interaction: pair minus both singles</option>
            </select>
          </label>
        )}
      </figcaption>
      <p class="readout">{readout}</p>
      <div class="scroll-x chart-body">
        <ChartCursor
          places={units}
          at={cursor?.[1] ?? 0}
          label={`${title}: left and right choose one unit, up and down the other, Enter selects`}
          text={readout}
          move={(column) => setKeyed([keyed?.[0] ?? 0, column])}
          enter={() => setKeyed(keyed ?? [0, Math.min(1, units - 1)])}
          leave={() => setKeyed(null)}
          press={(key) => {
            const [row, column] = keyed ?? [0, 0];
            if (isChoice(key)) pick([row, column]);
            else if (key === "ArrowDown") setKeyed([Math.min(units - 1, row + 1), column]);
            else if (key === "ArrowUp") setKeyed([Math.max(0, row - 1), column]);
            else return false;
            return true;
          }}
        />
        {available > 0 && (
          <Canvas
            width={Math.ceil(GUTTER + cell * units + 8)}
            height={Math.ceil(TOP + cell * units + 18)}
            paint={matrixPainter({ units, cell, limit, values, selected, cursor })}
            onPoint={(point) => setHovered(point && at(point))}
            onPick={(point) => {
              const found = at(point);
              if (found !== null) pick(found);
            }}
          />
        )}
      </div>
      {quantity === "drop" ? (
        <Legend limit={limit} what="drop of accuracy, pp" />
      ) : (
        <Legend limit={limit} what="interaction, pp" ends={["overlap", "back each other up"]} />
      )}
    </figure>
  );
}

function readoutOf(results: LiveResults, panel: Panel, singles: Int32Array | null, cursor: Cursor): string {
  const [i, j] = cursor;
  const units = panel.layer.units;
  const position = i === j ? (singles?.[i] ?? -1) : panel.positions[i * units + j]!;
  const summary = results.summaries[position];
  const name = i === j ? `unit ${i} alone` : `units ${Math.min(i, j)} and ${Math.max(i, j)}`;
  if (summary === undefined) return `${name}: not measured`;
  const { low, high } = summary.interval;
  const interaction = interactionPp(results, panel, singles, i, j);
  const more = Number.isNaN(interaction) ? "" : `, interaction ${signed(interaction)} pp`;
  return `${name}: ${percent(summary.accuracy)} % [${percent(low)}, ${percent(high)}], drop ${signed(summary.dropPp)} pp${more}`;
}
