/**
 * Replacements that differ from sample to sample. What units become is a table of rows, and each sample has one of them: of
 * class means, that of its class; of a resampled layer, its donor's. Here such tables are laid out as kernels read them.
 */
import type { Arena } from "../gpu/arena.ts";
import { channelsOf, paddedChannels, positionsOf } from "../kernels/tensor-layout.ts";
import type { Shape } from "../network/shapes.ts";
import type { ReplacementOptions } from "./site.ts";

/** What the units of a layer become on each of some samples. */
export interface GivenValues {
  /** [rows, positions, units]; one position where units become the same at all of them, and in a chain. */
  readonly values: Float32Array;
  /** Numbers of a row: positions x units. */
  readonly width: number;
  /** [samples]: the row of each. */
  readonly rowOf: Uint32Array;
}

/** The same of samples start .. start + samples alone; nothing is copied. */
export function givenOn(given: GivenValues, start: number, samples: number): GivenValues {
  return { ...given, rowOf: given.rowOf.subarray(start, start + samples) };
}

/** Sample by sample: [samples, units], as layers of a chain lie that are computed for each mask. */
export function givenBySample({ values, width, rowOf }: GivenValues): Float32Array {
  const spread = new Float32Array(rowOf.length * width);
  for (const [n, row] of rowOf.entries()) spread.set(values.subarray(row * width, (row + 1) * width), n * width);
  return spread;
}

/** Unit by unit: [units, stride], as the layers of a chain's prefix lie. */
export function givenByUnit({ values, width, rowOf }: GivenValues, stride: number): Float32Array {
  const turned = new Float32Array(width * stride);
  for (const [n, row] of rowOf.entries()) {
    for (let unit = 0; unit < width; unit++) turned[unit * stride + n] = values[row * width + unit]!;
  }
  return turned;
}

/** Positions of a graph's layer that differ in what they become: all, or 1. */
export function givenPositions({ width }: GivenValues, shape: Shape): number {
  return width / channelsOf(shape);
}

/** Numbers spread at once, so that a large map takes no copy of all its images. */
const SPREAD_FLOATS = 2 ** 20;

/** Writes [samples, positions, channels padded] into `buffer`; of one position it makes as many as are asked for. */
export function writeGiven(arena: Arena, buffer: GPUBuffer, given: GivenValues, shape: Shape, positions: number): void {
  const channels = channelsOf(shape);
  const width = paddedChannels(channels);
  const floats = positions * width;
  const isSame = givenPositions(given, shape) === 1;
  const samples = given.rowOf.length;
  const most = Math.max(1, Math.floor(SPREAD_FLOATS / floats));
  for (let start = 0; start < samples; start += most) {
    const count = Math.min(most, samples - start);
    const spread = new Float32Array(count * floats);
    for (let n = 0; n < count; n++) {
      const row = given.rowOf[start + n]! * given.width;
      for (let position = 0; position < positions; position++) {
        const from = row + (isSame ? 0 : position * channels);
        spread.set(given.values.subarray(from, from + channels), n * floats + position * width);
      }
    }
    arena.write(buffer, spread, start * floats * 4);
  }
}

/** Bytes that a layer of a shape takes, masked for each row by a replacement that differs by sample; 0 for another. */
export function givenBytes({ kind }: ReplacementOptions, samples: number, shape: Shape): number {
  if (kind !== "class-mean" && kind !== "resample") return 0;
  const positions = kind === "class-mean" ? 1 : positionsOf(shape);
  return samples * positions * paddedChannels(channelsOf(shape)) * 4;
}
