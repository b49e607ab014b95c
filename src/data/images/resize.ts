/**
 * Resizing, the same bytes on every machine. Separable triangle filter, rows first, then columns, bytes between the
 * passes; where the image shrinks by a factor f, the filter is f times as wide. Numbers are Pillow's BILINEAR to the bit:
 * output pixel o lies at c = (o + 1/2) f in the input, f = input size / output size; input pixels from round(c - s) to
 * round(c + s), s = max(f, 1), have weight max(0, 1 - |i - c + 1/2| / s), normalised, in fixed point of 22 bits.
 */

/** An image of bytes, [height, width, channels]. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Uint8Array;
}

/** A part of an image, in pixels from its left upper corner. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const FRACTION_BITS = 22;
const HALF = 2 ** (FRACTION_BITS - 1);
const ONE = 2 ** FRACTION_BITS;

/**
 * The part `region` of the image resized to `width` x `height`; nothing outside the region is computed. The region lies
 * within the resized image.
 */
export function resized(image: Pixels, width: number, height: number, region: Region): Pixels {
  const columns = weights(image.width, width, region.left, region.width);
  const rows = weights(image.height, height, region.top, region.height);
  const first = rows.starts[0]!;
  const last = rows.starts.at(-1)! + rows.counts.at(-1)!;
  const strip = { ...image, height: last - first, values: rowsOf(image, first, last) };
  const narrow = resizedRows(strip, columns);
  return resizedColumns(narrow, { ...rows, starts: rows.starts.map((start) => start - first) });
}

function rowsOf({ width, channels, values }: Pixels, first: number, last: number): Uint8Array {
  return values.subarray(first * width * channels, last * width * channels);
}

/** The weights of some output pixels along one axis: `counts` input pixels from `starts`, weights `most` apart. */
interface AxisWeights {
  readonly starts: readonly number[];
  readonly counts: readonly number[];
  readonly most: number;
  /** [outputs, most], fixed point. */
  readonly fixed: Int32Array;
}

/** Weights of the outputs from .. from + count of `outputs`, over `inputs` pixels. */
function weights(inputs: number, outputs: number, from: number, count: number): AxisWeights {
  const factor = inputs / outputs;
  const support = Math.max(factor, 1);
  const most = Math.ceil(support) * 2 + 1;
  const fixed = new Int32Array(count * most);
  const starts: number[] = [];
  const counts: number[] = [];
  for (let o = 0; o < count; o++) {
    const centre = (from + o + 0.5) * factor;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(inputs, Math.trunc(centre + support + 0.5));
    const floats = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs((i + start - centre + 0.5) * (1 / support))),
    );
    const sum = floats.reduce((total, weight) => total + weight, 0);
    for (const [i, weight] of floats.entries()) fixed[o * most + i] = Math.trunc(0.5 + (weight / sum) * ONE);
    starts.push(start);
    counts.push(end - start);
  }
  return { starts, counts, most, fixed };
}

/** [height, width, c] to [height, outputs, c]. */
function resizedRows({ width, height, channels, values }: Pixels, axis: AxisWeights): Pixels {
  const outputs = axis.starts.length;
  const out = new Uint8Array(height * outputs * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let o = 0; o < outputs; o++) {
      const from = (y * width + axis.starts[o]!) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out[at++] = weighed(values, from + channel, channels, axis, o);
      }
    }
  }
  return { width: outputs, height, channels, values: out };
}

/** [height, width, c] to [outputs, width, c]. */
function resizedColumns({ width, channels, values }: Pixels, axis: AxisWeights): Pixels {
  const outputs = axis.starts.length;
  const row = width * channels;
  const out = new Uint8Array(outputs * row);
  let at = 0;
  for (let o = 0; o < outputs; o++) {
    const from = axis.starts[o]! * row;
    for (let x = 0; x < row; x++) out[at++] = weighed(values, from + x, row, axis, o);
  }
  return { width, height: outputs, channels, values: out };
}

/** One output: weighted inputs `stride` apart, rounded to a byte. Sums stay below 2^31. */
function weighed(values: Uint8Array, from: number, stride: number, { counts, most, fixed }: AxisWeights, o: number) {
  let sum = HALF;
  const count = counts[o]!;
  for (let i = 0; i < count; i++) sum += values[from + i * stride]! * fixed[o * most + i]!;
  return Math.min(255, sum >> FRACTION_BITS);
}
