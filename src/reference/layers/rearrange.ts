/** Layers that only move numbers: each output axis says which input axis it reads, and where along it. */
import type { ConcatLayer, PadLayer, SliceLayer, TransposeLayer } from "../../network/network.ts";
import { type Shape, sizeOf } from "../../network/shapes.ts";
import type { Tensor } from "../tensor.ts";

/** An output axis: the input axis it reads, and the position of each of its numbers there; -1: none, what fills. */
interface AxisSource {
  readonly axis: number;
  readonly positions: readonly number[];
}

/** Output axis i is input axis axes[i]. */
export function transpose({ axes }: TransposeLayer, x: Tensor, samples: number): Float64Array {
  return gathered(
    x,
    samples,
    axes.map((axis) => ({ axis, positions: range(x.shape[axis]!) })),
  );
}

/** Numbers starts + steps * (0 to sizes - 1) of each axis. */
export function slice({ starts, steps, sizes }: SliceLayer, x: Tensor, samples: number): Float64Array {
  const sources = sizes.map((size, axis) => ({
    axis,
    positions: range(size).map((i) => starts[axis]! + i * steps[axis]!),
  }));
  return gathered(x, samples, sources);
}

/** Positions before 0 and after the last are filled, or read from inside as NumPy's `pad` does; negative pads cut. */
export function pad(layer: PadLayer, x: Tensor, samples: number): Float64Array {
  const sources = x.shape.map((size, axis) => {
    const before = layer.before[axis]!;
    const padded = range(size + before + layer.after[axis]!);
    return { axis, positions: padded.map((i) => positionWithin(layer.mode, i - before, size)) };
  });
  return gathered(x, samples, sources, layer.value);
}

/** Where position i, which may be before 0 or after size - 1, is read from; -1: nowhere. */
function positionWithin(mode: PadLayer["mode"], i: number, size: number): number {
  if (i >= 0 && i < size) return i;
  switch (mode) {
    case "constant":
      return -1;
    case "edge":
      return i < 0 ? 0 : size - 1;
    case "wrap":
      return i < 0 ? i + size : i - size;
    case "reflect":
      // The edges are not repeated: 0 1 2 goes on as 1 0.
      return i < 0 ? -i : 2 * (size - 1) - i;
  }
}

/** x as NumPy broadcasts it to `shape`, aligned at the last axis. */
export function broadcast(x: Tensor, samples: number, shape: Shape): Float64Array {
  const missing = shape.length - x.shape.length;
  const aligned = { values: x.values, shape: [...new Array<number>(missing).fill(1), ...x.shape] };
  const sources = shape.map((size, axis) => ({
    axis,
    positions: aligned.shape[axis] === 1 ? new Array<number>(size).fill(0) : range(size),
  }));
  return gathered(aligned, samples, sources);
}

/** The inputs one after the other along an axis. */
export function concat({ axis }: ConcatLayer, inputs: readonly Tensor[], samples: number): Float64Array {
  const outer = samples * sizeOf(inputs[0]!.shape.slice(0, axis));
  const runs = inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
  const y = new Float64Array(outer * runs.reduce((sum, run) => sum + run, 0));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    inputs.forEach(({ values }, i) => {
      const run = runs[i]!;
      y.set(values.subarray(o * run, (o + 1) * run), at);
      at += run;
    });
  }
  return y;
}

function gathered(x: Tensor, samples: number, sources: readonly AxisSource[], fill = 0): Float64Array {
  let offsets: readonly number[] | Int32Array = [0];
  for (const { axis, positions } of sources) {
    const stride = sizeOf(x.shape.slice(axis + 1));
    const next: Int32Array = new Int32Array(offsets.length * positions.length);
    let at = 0;
    for (const offset of offsets) {
      for (const position of positions) next[at++] = offset < 0 || position < 0 ? -1 : offset + position * stride;
    }
    offsets = next;
  }
  const inSize = sizeOf(x.shape);
  const y = new Float64Array(samples * offsets.length);
  for (let n = 0; n < samples; n++) {
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i]!;
      y[n * offsets.length + i] = offset < 0 ? fill : x.values[n * inSize + offset]!;
    }
  }
  return y;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
