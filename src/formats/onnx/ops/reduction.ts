/** Maximum and mean over whole axes: GlobalMaxPool, GlobalAveragePool, ReduceMax, ReduceMean. */
import type { GlobalPoolLayer } from "../../../network/network.ts";
import { shapeText, sizeOf } from "../../../network/shapes.ts";
import { type Features, featuresOf, inOrder, keptAxes, reshaped } from "../features.ts";
import {
  featuresInput,
  hasInput,
  knownIntegers,
  type Operation,
  rankOf,
  refuse,
  sampleAxis,
  type Value,
} from "../operation.ts";

type Pool = GlobalPoolLayer["pool"];

/** The mean of all positions of each channel. */
export function GlobalAveragePool(operation: Operation): Value {
  return globalPool(operation, "average");
}

/** The largest number of all positions of each channel. */
export function GlobalMaxPool(operation: Operation): Value {
  return globalPool(operation, "max");
}

/** The mean over `axes`. */
export function ReduceMean(operation: Operation): Value {
  return reduce(operation, "average", 18);
}

/** The largest number over `axes`. */
export function ReduceMax(operation: Operation): Value {
  return reduce(operation, "max", 18);
}

function globalPool(operation: Operation, pool: Pool): Value {
  const features = featuresInput(operation, 0);
  const { shape } = features;
  if (!operation.batched || shape.length < 2) {
    throw refuse(operation, `reads samples of the shape ${shapeText(shape)}, not of channels and positions`);
  }
  return reduced(operation, features, new Set([...shape.keys()].slice(1)), pool, true);
}

/** `axes`: an attribute before the opset `since`, an input from there on; all where there are none. */
function reduce(operation: Operation, pool: Pool, since: number): Value {
  const { attributes, opset } = operation;
  const features = featuresInput(operation, 0);
  const keeps = attributes.int("keepdims", 1) !== 0;
  const passes = attributes.int("noop_with_empty_axes", 0) !== 0;
  const listed = opset < since ? attributes.ints("axes") : hasInput(operation, 1) ? knownIntegers(operation, 1) : [];
  const all = Array.from({ length: rankOf(operation, features) }, (_, axis) => axis);
  const axes = listed?.length ? listed : passes ? [] : all;
  const own = axes.map((axis) => sampleAxis(operation, features, axis, "takes the mean or maximum"));
  return reduced(operation, features, new Set(own), pool, keeps);
}

/**
 * Pools over some axes of a sample. The layer pools [height, width] of [height, width, channels]: the axes that go are
 * brought to the front, those that stay to the end.
 */
function reduced(
  operation: Operation,
  features: Features,
  gone: ReadonlySet<number>,
  pool: Pool,
  keeps: boolean,
): Features {
  const { name } = operation;
  const axes = [...features.shape.keys()];
  const [going, staying] = [axes.filter((axis) => gone.has(axis)), axes.filter((axis) => !gone.has(axis))];
  const shape = keeps
    ? features.shape.map((size, axis) => (gone.has(axis) ? 1 : size))
    : staying.map((axis) => features.shape[axis]!);
  const isOfChannels = staying.length === 1 && staying[0] === 0 && axes.length > 1;
  const source = inOrder(operation, features, isOfChannels ? "channels-last" : "onnx");
  const image = asImage(operation, source, going, staying);
  // An image pooled in place keeps its order; otherwise what is left is in ONNX's.
  const stays = isOfChannels && keeps && source.kept.length === 3;
  const pooled = stays ? name : operation.extraName("pooled");
  operation.emit({ kind: "global-pool", name: pooled, inputs: [image], pool });
  if (stays) return featuresOf(name, shape, "channels-last");
  return reshaped(operation, featuresOf(pooled, [1, 1, sizeOf(shape)], "onnx"), shape, name);
}

/** The layer that gives `source` as [numbers that go, 1, numbers that stay], or as an image that it is already. */
function asImage(operation: Operation, source: Features, going: readonly number[], staying: readonly number[]): string {
  const order = [...going, ...staying];
  const kept = keptAxes(source.shape, source.order);
  const isImage = source.kept.length === 3 && staying.length === 1;
  if (isImage && kept.at(-1) === staying[0]) return source.layer;
  let { layer } = source;
  if (order.join() !== kept.join()) {
    const name = operation.extraName("moved");
    operation.emit({ kind: "transpose", name, inputs: [layer], axes: order.map((axis) => kept.indexOf(axis)) });
    layer = name;
  }
  const size = (some: readonly number[]) => sizeOf(some.map((axis) => source.shape[axis]!));
  const name = operation.extraName("image");
  operation.emit({ kind: "reshape", name, inputs: [layer], shape: [size(going), 1, size(staying)] });
  return name;
}
