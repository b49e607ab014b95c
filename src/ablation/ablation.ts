/** Ablations as the planner and the runner take them: made one at a time, because a sweep may have millions. */
import type { AblationPlace, ReplacementOptions } from "../engine/site.ts";

export type { AblationPlace } from "../engine/site.ts";

/** One ablation; structurally a study's Ablation. */
export interface Ablation {
  readonly sweep: number;
  readonly index: number;
  readonly row: number;
  /** Layers ascending; units ascending. */
  readonly sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[];
  readonly replacement: ReplacementOptions;
  /** Left out: post-activation. */
  readonly site?: AblationPlace;
}

/** Ablations that can be made one at a time. */
export interface AblationSource {
  readonly count: number;
  at(row: number): Ablation;
}
