/** How the units of a layer of a graph are replaced, and how kernels read that. */
import { paddedChannels } from "../../kernels/tensor-layout.ts";
import type { GivenValues } from "../given.ts";

/** Coefficients [units, 3], a' = factor a + shift + sigma noise. */
export interface ChannelReplacement {
  readonly coefficients: Float32Array;
  /** What units become on each image of the prefix, where that differs; then the coefficients are zeros. */
  readonly given: GivenValues | null;
  /** Before the layer's activation, not after it. */
  readonly before: boolean;
  readonly seed: number;
}

/** [units, 3] as [3, channels padded]. */
export function byChannel(coefficients: Float32Array, channels: number): Float32Array {
  const width = paddedChannels(channels);
  const turned = new Float32Array(3 * width);
  for (let unit = 0; unit < channels; unit++) {
    for (let i = 0; i < 3; i++) turned[i * width + unit] = coefficients[unit * 3 + i]!;
  }
  return turned;
}

/** Whether any unit's replacement is drawn. */
export function hasNoise({ coefficients }: Pick<ChannelReplacement, "coefficients">): boolean {
  return coefficients.some((value, i) => i % 3 === 2 && value !== 0);
}
