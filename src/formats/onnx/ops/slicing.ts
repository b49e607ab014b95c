/** Slice and Gather: parts of a tensor along its axes. */
import { type Shape, shapeText, sizeOf } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computed, computedFrom, type Features, inKeptOrder, keptAxis, reshaped } from "../features.ts";
import { makeTensor, stridesOf, viewed } from "../folding.ts";
import {
  anyInput,
  axisOf,
  hasInput,
  integerInput,
  knownIntegers,
  type Operation,
  rankOf,
  refuse,
  sampleAxis,
  type Value,
} from "../operation.ts";
import { MAX_RANK, type Tensor } from "../tensor.ts";

/** What is taken of one axis: `size` numbers from `start`, `step` apart. */
interface Cut {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** From `starts` to before `ends` along `axes`, by `steps`: attributes before opset 10, inputs since. */
export function Slice(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const asked = askedCuts(operation, rankOf(operation, value));
  if (value.kind !== "features") {
    const cuts = value.dims.map((size, axis) => cutOf(asked.get(axis), size));
    return cutTensor(operation, value, cuts);
  }
  const first = operation.batched ? 1 : 0;
  const batch = asked.get(0);
  if (first === 1 && batch !== undefined && !takesAll(batch, operation.batch)) {
    throw refuse(operation, "takes some of the samples (axis 0)", "Keep axis 0 for the samples.");
  }
  const cuts = value.shape.map((size, axis) => cutOf(asked.get(axis + first), size));
  const sizes = cuts.map(({ size }) => size);
  if (sizes.includes(0) && !operation.anyBatch) {
    const dims = first === 1 ? [operation.batch ?? 1, ...sizes] : sizes;
    return makeTensor(operation, { kind: "float" }, dims, () => 0);
  }
  return cutFeatures(operation, value, cuts, operation.name);
}

/** A slice of one axis as the node asks for it. */
interface Asked {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function askedCuts(operation: Operation, rank: number): ReadonlyMap<number, Asked> {
  const { opset, attributes, where } = operation;
  const list = (name: string, index: number) => {
    if (opset < 10) return name === "steps" ? null : attributes.ints(name);
    return hasInput(operation, index) ? knownIntegers(operation, index) : null;
  };
  const [starts, ends] = [list("starts", 1), list("ends", 2)];
  if (starts === null || ends === null) throw impossible(`${where} has no starts or no ends`, where);
  const axes = list("axes", 3)?.map((axis) => axisOf(operation, axis, rank)) ?? [...starts.keys()];
  const steps = list("steps", 4) ?? starts.map(() => 1);
  const lengths = [starts, ends, axes, steps].map(({ length }) => length);
  if (new Set(lengths).size !== 1 || new Set(axes).size !== axes.length || starts.length > rank) {
    const text = `${lengths[0]} starts, ${lengths[1]} ends, ${lengths[3]} steps for the axes ${shapeText(axes)}`;
    throw impossible(`${where} has ${text} of ${rank}`, where);
  }
  if (steps.includes(0)) throw impossible(`${where} has a step of 0`, where);
  return new Map(axes.map((axis, i) => [axis, { start: starts[i]!, end: ends[i]!, step: steps[i]! }]));
}

function takesAll({ start, end, step }: Asked, batch: number | null): boolean {
  const fromStart = start === 0 || (batch !== null && start === -batch);
  return step === 1 && fromStart && end >= (batch ?? 0x7fffffff);
}

/** The slice within an axis of `size` numbers: counted from the end where negative, then cut off at both ends. */
function cutOf(asked: Asked | undefined, size: number): Cut {
  if (asked === undefined) return { start: 0, step: 1, size };
  const { step } = asked;
  const within = (index: number, least: number, most: number) =>
    Math.max(least, Math.min(most, index < 0 ? index + size : index));
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const start = within(asked.start, Math.max(least, 0), most);
  const end = within(asked.end, least, most);
  return { start, step, size: Math.max(0, Math.ceil((end - start) / step)) };
}

function cutTensor(operation: Operation, tensor: Tensor, cuts: readonly Cut[]): Tensor {
  const strides = stridesOf(tensor.dims);
  const offset = cuts.reduce((sum, { start }, axis) => sum + start * strides[axis]!, 0);
  return viewed(
    operation,
    tensor,
    cuts.map(({ size }) => size),
    cuts.map(({ step }, axis) => step * strides[axis]!),
    offset,
  );
}

function cutFeatures(operation: Operation, features: Features, cuts: readonly Cut[], name: string): Features {
  if (cuts.some(({ size }) => size === 0)) throw refuse(operation, "takes no numbers");
  const kept = inKeptOrder(features, cuts, { start: 0, step: 1, size: 1 });
  return computedFrom(operation, features, {
    kind: "slice",
    name,
    inputs: [features.layer],
    starts: kept.map(({ start }) => start),
    // A step past the only number says nothing.
    steps: kept.map(({ step, size }) => (size === 1 ? 1 : step)),
    sizes: kept.map(({ size }) => size),
  });
}

/** Most slices that one Gather becomes. */
const MOST_SLICES = 64;

/** Numbers along an axis by index, in the shape of the indices. */
export function Gather(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const indices = integerInput(operation, 1);
  const given = operation.attributes.int("axis", 0);
  const axis = axisOf(operation, given, rankOf(operation, value));
  const dims = value.kind === "features" ? value.shape : value.dims;
  const own = value.kind === "features" ? sampleAxis(operation, value, given, "gathers") : axis;
  const size = dims[own]!;
  const shape = [...dims.slice(0, own), ...indices.dims, ...dims.slice(own + 1)];
  if (shape.length > MAX_RANK) throw refuse(operation, `makes ${shape.length} axes`);
  const at = (index: number) => axisOf(operation, index, size);
  if (value.kind !== "features") return gathered(operation, value, own, shape, indices.values, at);
  return gatheredFeatures(operation, value, own, shape, [...indices.values].map(at));
}

function gathered(
  operation: Operation,
  tensor: Tensor,
  axis: number,
  shape: Shape,
  indices: Float64Array,
  at: (index: number) => number,
): Tensor {
  const after = sizeOf(tensor.dims.slice(axis + 1));
  const size = tensor.dims[axis]!;
  return makeTensor(operation, tensor, shape, (i) => {
    const [place, within] = [Math.floor(i / after), i % after];
    const before = Math.floor(place / indices.length);
    return tensor.values[(before * size + at(indices[place % indices.length]!)) * after + within]!;
  });
}

/** A slice where the indices are evenly spaced, else slices one after the other; then the shape of the indices. */
function gatheredFeatures(
  operation: Operation,
  features: Features,
  axis: number,
  shape: Shape,
  indices: readonly number[],
): Features {
  const runs = runsOf(indices);
  if (runs.length > MOST_SLICES) throw refuse(operation, `takes ${indices.length} numbers in no order`);
  const { name } = operation;
  const isLast = shape.length === features.shape.length;
  const wanted = isLast ? name : operation.extraName("gathered");
  const parts = runs.map((run) => {
    const cuts = features.shape.map((size, other) => (other === axis ? run : { start: 0, step: 1, size }));
    return cutFeatures(operation, features, cuts, runs.length === 1 ? wanted : operation.extraName("part"));
  });
  const [first] = parts;
  if (first === undefined) throw refuse(operation, "takes no numbers");
  const inputs = parts.map(({ layer }) => layer);
  const { order, shape: sizes } = features;
  const all =
    parts.length === 1
      ? first
      : computed(
          operation,
          { kind: "concat", name: wanted, inputs, axis: keptAxis(features, axis) },
          order,
          sizes.length,
        );
  return isLast ? all : reshaped(operation, all, shape, name);
}

/** The indices as evenly spaced runs, each as long as can be. */
function runsOf(indices: readonly number[]): Cut[] {
  const runs: Cut[] = [];
  for (let first = 0; first < indices.length; ) {
    const start = indices[first]!;
    const step = (indices[first + 1] ?? start + 1) - start;
    let size = 1;
    while (step !== 0 && indices[first + size] === start + size * step) size++;
    runs.push({ start, step: size === 1 ? 1 : step, size });
    first += size;
  }
  return runs;
}
