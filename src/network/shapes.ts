/** Shape inference: what each layer gives for one sample. Sizes that do not fit are found here, before any computing. */
import { LesionError } from "../core/errors.ts";
import type {
  ConcatLayer,
  Conv2dLayer,
  DenseLayer,
  Layer,
  Network,
  PadLayer,
  Pool2dLayer,
  SliceLayer,
  Weight,
} from "./network.ts";
import { emptyWindow, windowOutputs } from "./window.ts";

/** A shape without the batch axis. */
export type Shape = readonly number[];

/** Numbers in one sample of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

const MOST_AXES_SHOWN = 16;

/** A shape as text: "[28, 28, 1]". */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.slice(0, MOST_AXES_SHOWN).join(", ")}${shape.length > MOST_AXES_SHOWN ? ", ..." : ""}]`;
}

/** The most numbers that a layer may give for one sample: 1 GiB of f32. Damaged and hostile files ask for more. */
export const MOST_NUMBERS = 2 ** 28;

/**
 * The output shape of every layer by its name, without the batch axis. Throws LesionError("bad-model") that names the
 * layer and both sizes where a layer cannot take what it reads.
 */
export function inferShapes(network: Network): Map<string, Shape> {
  const inputs = new Map<string, Shape>(network.inputs.map(({ name, shape }) => [name, shape]));
  const shapes = new Map<string, Shape>();
  for (const layer of network.layers) {
    const read = layer.inputs.map((source) => {
      const shape = shapes.get(source) ?? inputs.get(source);
      if (shape === undefined) throw mismatch(layer, `reads "${source}", which no earlier layer and no input gives`);
      return shape;
    });
    shapes.set(layer.name, outputShape(layer, read));
  }
  return shapes;
}

/** The shape a layer gives for inputs of the given shapes, in the order of `layer.inputs`; throws as `inferShapes` does. */
export function outputShape(layer: Layer, inputs: readonly Shape[]): Shape {
  const { least, most } = inputsTaken(layer.kind);
  if (inputs.length < least || inputs.length > most) {
    const takes = least === most ? `${least}` : `${least} or more`;
    throw mismatch(layer, `reads ${inputs.length} inputs, it takes ${takes}`);
  }
  const shape = shapeFrom(layer, inputs);
  if (!(sizeOf(shape) <= MOST_NUMBERS)) {
    throw mismatch(layer, `gives ${shapeText(shape)}, more than ${MOST_NUMBERS} numbers a sample`);
  }
  if (layer.kind === "pool2d") checkWindows(layer, inputs[0]!, shape);
  return shape;
}

/** How many inputs a kind of layer takes. */
export function inputsTaken(kind: Layer["kind"]): { readonly least: number; readonly most: number } {
  switch (kind) {
    case "constant":
      return { least: 0, most: 0 };
    case "binary":
      return { least: 2, most: 2 };
    case "concat":
      return { least: 1, most: Number.POSITIVE_INFINITY };
    default:
      return { least: 1, most: 1 };
  }
}

function shapeFrom(layer: Layer, inputs: readonly Shape[]): Shape {
  const [input = []] = inputs;
  switch (layer.kind) {
    case "dense":
      return denseShape(layer, input);
    case "conv2d":
    case "pool2d":
      return windowedShape(layer, input);
    case "global-pool":
      return [1, 1, image(layer, input)[2]];
    case "batch-norm":
      return perChannel(layer, layer.gamma.length, input);
    case "scale":
      return perChannel(layer, layer.scale.length, input);
    case "bias":
      return perChannel(layer, layer.bias.length, input);
    case "binary":
      return (
        broadcastShape(input, inputs[1]!) ?? refuse(layer, `joins ${shapeText(input)} and ${shapeText(inputs[1]!)}`)
      );
    case "constant":
      return layer.shape;
    case "concat":
      return concatShape(layer, inputs);
    case "pad":
      return padShape(layer, input);
    case "slice":
      return sliceShape(layer, input);
    case "transpose":
      if (!isPermutation(layer.axes, input.length)) {
        throw mismatch(layer, `orders ${shapeText(input)} by the axes ${shapeText(layer.axes)}`);
      }
      return layer.axes.map((axis) => input[axis]!);
    case "flatten":
      return [sizeOf(input)];
    case "reshape":
      if (sizeOf(layer.shape) !== sizeOf(input)) {
        const sizes = `${sizeOf(input)} numbers into ${sizeOf(layer.shape)}`;
        throw mismatch(layer, `makes ${shapeText(layer.shape)} of ${shapeText(input)}: ${sizes}`);
      }
      return layer.shape;
    case "lrn":
    case "softmax":
      if (input.length === 0) throw mismatch(layer, "reads a single number, it works along an axis");
      return input;
    case "activation":
    case "identity":
      return input;
  }
}

/**
 * The shape of a op b where shapes broadcast as NumPy's do: aligned at the last axis, sizes equal or 1. Null where they
 * do not.
 */
export function broadcastShape(a: Shape, b: Shape): Shape | null {
  const axes = Math.max(a.length, b.length);
  const shape = Array.from({ length: axes }, (_, axis) => {
    const [one, other] = [a[axis - axes + a.length] ?? 1, b[axis - axes + b.length] ?? 1];
    return one === other || other === 1 ? one : one === 1 ? other : 0;
  });
  return shape.includes(0) ? null : shape;
}

function denseShape(layer: DenseLayer<Weight>, input: Shape): Shape {
  const { inFeatures, outFeatures } = layer;
  if (input.at(-1) !== inFeatures) {
    const flat = sizeOf(input) === inFeatures ? "; put a flatten before it" : "";
    throw mismatch(
      layer,
      `has weights for ${inFeatures} inputs and reads ${input.at(-1) ?? 1} of ${shapeText(input)}${flat}`,
    );
  }
  return [...input.slice(0, -1), outFeatures];
}

function windowedShape(layer: Conv2dLayer | Pool2dLayer, input: Shape): Shape {
  const [height, width, channels] = image(layer, input);
  if (layer.kind === "conv2d" && channels !== layer.inChannels) {
    throw mismatch(layer, `has weights for ${layer.inChannels} channels and reads ${channels} of ${shapeText(input)}`);
  }
  const [rows, columns] = windowOutputs(layer, height, width, layer.kind === "pool2d" && layer.ceilMode);
  if (!(rows > 0 && columns > 0)) {
    const reach = layer.kernel.map((size, axis) => (size - 1) * layer.dilation[axis]! + 1).join(" x ");
    const { top, left, bottom, right } = layer.padding;
    const padded = `${height + top + bottom} x ${width + left + right}`;
    throw mismatch(layer, `has a window of ${reach}, more than its input of ${padded} with its padding`);
  }
  return [rows, columns, layer.kind === "conv2d" ? layer.outChannels : channels];
}

/** A window that touches padding alone has no maximum and no mean. */
function checkWindows(layer: Pool2dLayer, input: Shape, output: Shape): void {
  if (layer.pool === "average" && layer.countIncludePad) return;
  const { kernel, stride, dilation, padding } = layer;
  for (const [axis, before] of [padding.top, padding.left].entries()) {
    const at = axis as 0 | 1;
    const empty = emptyWindow(output[axis]!, input[axis]!, kernel[at], stride[at], dilation[at], before);
    if (empty >= 0) {
      const where = `window ${empty} of its ${at === 0 ? "rows" : "columns"}`;
      throw mismatch(layer, `reads ${shapeText(input)}, and ${where} lies outside of it`);
    }
  }
}

function concatShape(layer: ConcatLayer, inputs: readonly Shape[]): Shape {
  const { axis } = layer;
  const [first = []] = inputs;
  const others = (shape: Shape) => shape.filter((_, i) => i !== axis).join();
  if (!(axis >= 0 && axis < first.length)) throw mismatch(layer, `joins ${shapeText(first)} along axis ${axis}`);
  const odd = inputs.find((shape) => shape.length !== first.length || others(shape) !== others(first));
  if (odd !== undefined) {
    throw mismatch(layer, `joins ${shapeText(first)} and ${shapeText(odd)} along axis ${axis}`);
  }
  return first.with(
    axis,
    inputs.reduce((sum, shape) => sum + shape[axis]!, 0),
  );
}

function padShape(layer: PadLayer, input: Shape): Shape {
  const { before, after, mode } = layer;
  checkAxes(layer, input, before, after);
  return input.map((size, axis) => {
    const [first, last] = [before[axis]!, after[axis]!];
    const where = `axis ${axis} of ${shapeText(input)} by ${first} and ${last}`;
    if (size + Math.min(first, 0) + Math.min(last, 0) <= 0) throw mismatch(layer, `pads ${where}: nothing is left`);
    const most = mode === "reflect" ? size - 1 : mode === "wrap" ? size : Number.POSITIVE_INFINITY;
    if (Math.max(first, last) > most) throw mismatch(layer, `pads ${where}, mode ${mode} has ${most} to give`);
    if (mode !== "constant" && first * last < 0) throw mismatch(layer, `both pads and cuts ${where} in mode ${mode}`);
    return size + first + last;
  });
}

function sliceShape(layer: SliceLayer, input: Shape): Shape {
  const { starts, steps, sizes } = layer;
  checkAxes(layer, input, starts, steps, sizes);
  sizes.forEach((size, axis) => {
    const [from, to] = [starts[axis]!, starts[axis]! + (size - 1) * steps[axis]!];
    if (size < 1 || Math.min(from, to) < 0 || Math.max(from, to) >= input[axis]!) {
      throw mismatch(layer, `takes ${size} numbers from ${from} to ${to} of axis ${axis} of ${shapeText(input)}`);
    }
  });
  return sizes;
}

function perChannel(layer: Layer, numbers: number, input: Shape): Shape {
  if (input.at(-1) !== numbers) {
    throw mismatch(layer, `has ${numbers} numbers for the ${input.at(-1) ?? 1} channels of ${shapeText(input)}`);
  }
  return input;
}

/** The sizes of an input of three axes. */
function image(layer: Layer, input: Shape): readonly [height: number, width: number, channels: number] {
  const [height, width, channels] = input;
  if (input.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw mismatch(layer, `reads ${shapeText(input)}, it takes height, width and channels`);
  }
  return [height, width, channels];
}

function checkAxes(layer: Layer, input: Shape, ...lists: readonly (readonly number[])[]): void {
  const odd = lists.find((list) => list.length !== input.length);
  if (odd !== undefined) throw mismatch(layer, `has sizes for ${odd.length} axes and reads ${shapeText(input)}`);
}

function isPermutation(axes: readonly number[], length: number): boolean {
  const seen = new Set(axes.filter((axis) => Number.isInteger(axis) && axis >= 0 && axis < length));
  return axes.length === length && seen.size === length;
}

function refuse(layer: Layer, what: string): never {
  throw mismatch(layer, what);
}

function mismatch(layer: Layer, what: string): LesionError {
  return new LesionError("bad-model", `layer "${layer.name}" (${layer.kind}) ${what}`, {
    where: `layer "${layer.name}"`,
    fix: "The model contradicts itself; export it again.",
  });
}
