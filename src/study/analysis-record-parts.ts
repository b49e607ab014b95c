/** What records of analyses have in common. */
import type { Correlations } from "../ablation/statistics/correlations.ts";

export type { Correlations };

/** Low and high end of a 95 % interval; null where there is none. */
export type IntervalOrNull = readonly [low: number, high: number] | null;

/** What every analysis of one layer says of it; null: all layers pooled. */
export interface OfLayer {
  readonly layer: string | null;
  readonly layerIndex: number | null;
}
