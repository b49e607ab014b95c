/** What each unit of some layers does on the samples: means by sample, and moments, maximum and zeros over all of them. */
import type { Gpu } from "../../gpu/device.ts";
import { imageParts, PROFILE_ROWS, planChannelProfile } from "../../kernels/channel-profile.ts";
import { paddedChannels, positionsOf } from "../../kernels/tensor-layout.ts";
import { always, type ProbeSource, type Proceed, unitsOf } from "./source.ts";
import { runTaps, type Tap } from "./taps.ts";

/** Of post-activations; a unit of a dense layer has one position. */
export interface ActivationProfile {
  readonly layer: string;
  readonly units: number;
  readonly samples: number;
  /** Of one sample. */
  readonly positions: number;
  /** [samples, units]: over positions. */
  readonly means: Float32Array;
  /** [units] each, over samples and positions: sum, sum of squares, maximum, and how often the activation is 0. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly max: Float64Array;
  readonly zeros: Float64Array;
}

/**
 * Profiles of ablatable layers, in one pass of the samples; null where `proceed` ended it. Throws `bad-study` for a layer
 * that is not ablatable, and as `runTaps` does.
 */
export async function profileActivations(
  gpu: Gpu,
  source: ProbeSource,
  layers: readonly string[],
  proceed: Proceed = always,
): Promise<readonly ActivationProfile[] | null> {
  const taps = layers.map((layer) => profileTap(gpu, source, layer));
  const done = await runTaps(gpu, source, taps, proceed);
  return done ? taps.map(({ profile }) => profile) : null;
}

/** A tap that fills a profile as batches come. */
export function profileTap(
  gpu: Pick<Gpu, "isProcessor">,
  { graph, samples }: ProbeSource,
  layer: string,
): Tap & { readonly profile: ActivationProfile } {
  const units = unitsOf(graph, layer);
  const width = paddedChannels(units);
  const positions = positionsOf(graph.shapes.get(layer)!);
  const parts = imageParts(gpu.isProcessor, positions, units);
  const profile: ActivationProfile = {
    layer,
    units,
    samples,
    positions,
    means: new Float32Array(samples * units),
    sums: new Float64Array(units),
    squares: new Float64Array(units),
    max: new Float64Array(units).fill(Number.NEGATIVE_INFINITY),
    zeros: new Float64Array(units),
  };
  const { means, sums, squares, max, zeros } = profile;
  return {
    layer,
    profile,
    resultFloats: (rows) => parts * rows * PROFILE_ROWS * width,
    dispatches: (a, { result }, images) => [
      { plan: planChannelProfile({ images, positions, channels: units, parts }), buffers: { a, profile: result } },
    ],
    take(values, start, rows) {
      for (let row = 0; row < rows; row++) {
        for (let unit = 0; unit < units; unit++) {
          let sum = 0;
          for (let part = 0; part < parts; part++) {
            const at = (part * rows + row) * PROFILE_ROWS * width + unit;
            sum += values[at]!;
            squares[unit] = squares[unit]! + values[at + width]!;
            max[unit] = Math.max(max[unit]!, values[at + 2 * width]!);
            zeros[unit] = zeros[unit]! + values[at + 3 * width]!;
          }
          sums[unit] = sums[unit]! + sum;
          means[(start + row) * units + unit] = sum / positions;
        }
      }
    },
  };
}
