/**
 * What layers compute, seen from both sides: the shape ONNX counts, channels before positions, and the shape the network
 * keeps, channels last. Operators move between the two orders only where they must; what moves becomes a layer.
 */
import type { Layer } from "../../network/network.ts";
import { type Shape, sizeOf } from "../../network/shapes.ts";
import type { Operation } from "./operation.ts";
import type { FloatTensor } from "./tensor.ts";

/** "onnx": the axes as ONNX counts them. "channels-last": [channels, ...positions] kept as [...positions, channels]. */
export type Order = "onnx" | "channels-last";

/** What a network input or layer gives for one sample. */
export interface Features {
  readonly kind: "features";
  /** Layer or network input that gives it. */
  readonly layer: string;
  /** As ONNX counts it, without the batch axis where there is one: [channels, height, width] for images. */
  readonly shape: Shape;
  readonly order: Order;
  /** As the network keeps it, see `keptShape`. */
  readonly kept: Shape;
  /** Its numbers, where they are those of a graph input that is given while reading. */
  readonly given?: FloatTensor;
}

/**
 * The shape in which the network keeps features of an ONNX shape. One number is kept as [1]; [channels, width] with its
 * channels last as [1, width, channels], as convolutions read it.
 */
export function keptShape(shape: Shape, order: Order): Shape {
  if (shape.length === 0) return [1];
  if (order === "onnx") return shape;
  const [channels = 1, ...positions] = shape;
  return positions.length === 1 ? [1, ...positions, channels] : [...positions, channels];
}

/** Features that `layer` gives, of an ONNX shape. With one axis or none both orders are the same, and called "onnx". */
export function featuresOf(layer: string, shape: Shape, order: Order): Features {
  const known = shape.length < 2 ? "onnx" : order;
  return { kind: "features", layer, shape, order: known, kept: keptShape(shape, known) };
}

/** The axes of the ONNX shape in the order in which they are kept. */
export function keptAxes(shape: Shape, order: Order): readonly number[] {
  const axes = [...shape.keys()];
  return order === "onnx" ? axes : [...axes.slice(1), 0];
}

/** The kept axis that holds the axis `axis` of the ONNX shape. */
export function keptAxis({ shape, order, kept }: Features, axis: number): number {
  const axes = keptAxes(shape, order);
  return axes.indexOf(axis) + kept.length - axes.length;
}

/** A list of one entry an axis of the ONNX shape, in the order of the kept axes; `otherwise` for an axis of size 1 before. */
export function inKeptOrder<Entry>(features: Features, entries: readonly Entry[], otherwise: Entry): Entry[] {
  const list = keptAxes(features.shape, features.order).map((axis) => entries[axis]!);
  return [...Array<Entry>(features.kept.length - list.length).fill(otherwise), ...list];
}

/** Adds a layer whose result has `rank` axes in ONNX and the given order; axes of the kept shape tell the sizes. */
export function computed(operation: Operation, layer: Layer, order: Order, rank: number): Features {
  const kept = operation.emit(layer);
  const sizes = kept.slice(kept.length - rank);
  const shape = order === "onnx" || rank < 2 ? sizes : [sizes.at(-1)!, ...sizes.slice(0, -1)];
  return featuresOf(layer.name, shape, order);
}

/** Adds a layer that leaves the axes of `features` where they are. */
export function computedFrom(operation: Operation, features: Features, layer: Layer): Features {
  return computed(operation, layer, features.order, features.shape.length);
}

/** The features in the given order: themselves, or what a transpose (a reshape where no number moves) makes of them. */
export function inOrder(operation: Operation, features: Features, order: Order): Features {
  if (features.order === order || features.shape.length < 2) return features;
  const key = `${order}:${features.layer}`;
  const known = operation.arranged.get(key);
  if (known !== undefined) return known;
  const arranged = rearranged(operation, features, order);
  operation.arranged.set(key, arranged);
  return arranged;
}

function rearranged(operation: Operation, features: Features, order: Order): Features {
  const { shape } = features;
  const name = operation.extraName(order);
  const kept = keptShape(shape, order);
  if (isSameOrder(shape, keptAxes(shape, features.order), keptAxes(shape, order))) {
    operation.emit({ kind: "reshape", name, inputs: [features.layer], shape: kept });
    return featuresOf(name, shape, order);
  }
  const target = keptAxes(shape, order);
  const source = keptAxes(shape, features.order);
  const axes = target.map((axis) => source.indexOf(axis));
  // Only [1, width, channels] is kept with an axis more than ONNX has; the transpose is of [width, channels].
  const flat = source.map((axis) => shape[axis]!);
  const from = features.kept.length === flat.length ? features.layer : operation.extraName("unpacked");
  if (from !== features.layer) operation.emit({ kind: "reshape", name: from, inputs: [features.layer], shape: flat });
  const moved = kept.length === axes.length ? name : operation.extraName("moved");
  operation.emit({ kind: "transpose", name: moved, inputs: [from], axes });
  if (moved !== name) operation.emit({ kind: "reshape", name, inputs: [moved], shape: kept });
  return featuresOf(name, shape, order);
}

/** Whether numbers in the order of the axes `from` are in the order of `to` already: axes of size 1 do not count. */
export function isSameOrder(shape: Shape, from: readonly number[], to: readonly number[]): boolean {
  const long = (axis: number) => shape[axis] !== 1;
  return from.filter(long).join() === to.filter(long).join();
}

/** The same numbers, in ONNX's order, under another ONNX shape of the same size. */
export function reshaped(
  operation: Operation,
  features: Features,
  shape: Shape,
  name: string,
  kind: "reshape" | "flatten" = "reshape",
): Features {
  const { order } = features;
  const inPlace = isSameOrder(features.shape, keptAxes(features.shape, order), keptAxes(features.shape, "onnx"));
  const source = inPlace ? features : inOrder(operation, features, "onnx");
  const isFlat = kind === "flatten" && shape.length === 1 && shape[0] === sizeOf(features.shape);
  const inputs = [source.layer];
  const kept = keptShape(shape, "onnx");
  operation.emit(isFlat ? { kind: "flatten", name, inputs } : { kind: "reshape", name, inputs, shape: kept });
  return featuresOf(name, shape, "onnx");
}
