/**
 * The numbers of a pair matrix. Made once when results arrive, not once a pointer movement, for a layer of 500 units has
 * 250,000 of them.
 */
import type { LiveResults, Panel } from "./live-results.ts";

export type Quantity = "drop" | "interaction";

export interface PairValues {
  /** [units, units], symmetric, percentage points; NaN where nothing was measured. */
  readonly values: Float32Array;
  /** Largest value either way. */
  readonly largest: number;
  /** Pairs measured. */
  readonly measured: number;
}

/** Accuracy drops of pairs, with those of single units on the diagonal; or interactions, which a unit has none with itself. */
export function pairValues(results: LiveResults, panel: Panel, quantity: Quantity): PairValues {
  const { units } = panel.layer;
  const singles = singlesOf(results, panel);
  const values = new Float32Array(units * units);
  let largest = 0;
  let measured = 0;
  for (let row = 0; row < units; row++) {
    for (let column = row; column < units; column++) {
      const value =
        quantity === "drop"
          ? dropAt(results, row === column ? singles?.[row] : panel.positions[row * units + column])
          : interactionPp(results, panel, singles, row, column);
      values[row * units + column] = value;
      values[column * units + row] = value;
      if (Number.isNaN(value)) continue;
      largest = Math.max(largest, Math.abs(value));
      if (row !== column) measured++;
    }
  }
  return { values, largest, measured };
}

/** Positions of the single-unit ablations of a pair panel's layer, where they were measured with the same replacement. */
export function singlesOf({ panels }: LiveResults, pairs: Panel): Int32Array | null {
  const found = panels.find(
    ({ kind, layer, replacement }) =>
      kind === "units" && layer.layerIndex === pairs.layer.layerIndex && replacement === pairs.replacement,
  );
  return found?.positions ?? null;
}

/** D_ij - D_i - D_j in percentage points; NaN on the diagonal and where one of the three was not measured. */
export function interactionPp(
  results: LiveResults,
  panel: Panel,
  singles: Int32Array | null,
  row: number,
  column: number,
): number {
  if (row === column) return Number.NaN;
  const pair = dropAt(results, panel.positions[row * panel.layer.units + column]);
  return pair - dropAt(results, singles?.[row]) - dropAt(results, singles?.[column]);
}

function dropAt({ summaries }: LiveResults, position = -1): number {
  return summaries[position]?.dropPp ?? Number.NaN;
}
