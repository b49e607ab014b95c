/**
 * From the layers of an architecture document to those of a network: weights brought into the order that networks here
 * have, everything that was left out taken from the tensors' shapes and the layers before.
 */
import { LesionError } from "../core/errors.ts";
import type { Conv2dLayer, DenseLayer, Layer, Padding, Pool2dLayer } from "../network/network.ts";
import { outputShape, type Shape, shapeText, sizeOf } from "../network/shapes.ts";
import type { Architecture, ArchitectureLayer } from "./architecture-schema.ts";
import type { NamedTensors } from "./named-tensors.ts";

type Of<Kind extends ArchitectureLayer["kind"]> = Extract<ArchitectureLayer, { kind: Kind }>;

/**
 * The layers, each after what it reads. A flatten that takes channels first is preceded by a transpose. Throws
 * LesionError("bad-model") for a tensor that is not there or does not fit, and as `outputShape`.
 */
export function architectureLayers(architecture: Architecture, tensors: NamedTensors): Layer[] {
  const shapes = new Map<string, Shape>([[architecture.inputName, architecture.input]]);
  const layers: Layer[] = [];
  const add = (layer: Layer) => {
    const read = layer.inputs.map((name) => shapes.get(name) ?? missing(layer.name, name, shapes));
    shapes.set(layer.name, outputShape(layer, read));
    layers.push(layer);
  };
  let before: string = architecture.inputName;
  for (const given of architecture.layers) {
    const inputs = given.inputs ?? (given.kind === "constant" ? [] : [before]);
    const read = inputs.map((name) => shapes.get(name) ?? missing(given.name, name, shapes));
    const context = { layout: architecture.layout, tensors, inputs, shape: read[0] ?? [] };
    for (const layer of layersOf(given, context)) add(layer);
    before = given.name;
  }
  return layers;
}

interface Context {
  readonly layout: Architecture["layout"];
  readonly tensors: NamedTensors;
  readonly inputs: readonly string[];
  /** Of the first input. */
  readonly shape: Shape;
}

/** A layer, or the two that a flatten may become. */
function layersOf(given: ArchitectureLayer, context: Context): readonly Layer[] {
  const { tensors, inputs, shape } = context;
  const { name } = given;
  const base = { name, inputs };
  switch (given.kind) {
    case "dense":
      return [denseLayer(given, context)];
    case "conv2d":
      return [convLayer(given, context)];
    case "pool2d":
      return [poolLayer(given, inputs)];
    case "batch-norm": {
      const channels = shape.at(-1) ?? 0;
      const part = (tensor: string | null | undefined, preset: string, absent: number) =>
        tensor === null ? new Float32Array(channels).fill(absent) : tensors.vector(tensor ?? `${name}.${preset}`, name);
      return [
        {
          ...base,
          kind: "batch-norm",
          gamma: part(given.weight, "weight", 1),
          beta: part(given.bias, "bias", 0),
          mean: part(given.mean, "running_mean", 0),
          variance: part(given.variance, "running_var", 1),
          epsilon: given.epsilon,
        },
      ];
    }
    case "scale": {
      const [scale, shift] = [given.scale ?? `${name}.scale`, given.shift ?? `${name}.shift`];
      return [
        {
          ...base,
          kind: "scale",
          scale: tensors.vector(scale, name),
          shift: tensors.vector(shift, name),
          activation: given.activation,
        },
      ];
    }
    case "bias":
      return [{ ...base, kind: "bias", bias: tensors.vector(given.bias ?? `${name}.bias`, name) }];
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
      return [{ ...base, kind: "binary", operator: given.kind, activation: given.activation }];
    case "constant": {
      const tensor = given.tensor ?? name;
      return [{ ...base, kind: "constant", shape: tensors.dims(tensor, name), values: tensors.floats(tensor, name) }];
    }
    case "concat":
      return [{ ...base, kind: "concat", axis: given.axis ?? shape.length - 1 }];
    case "flatten":
      return flattenLayers(given, context);
    case "global-pool":
    case "lrn":
    case "pad":
    case "slice":
    case "transpose":
    case "reshape":
    case "activation":
    case "softmax":
      return [{ ...given, inputs }];
    case "dropout":
    case "identity":
      return [{ ...base, kind: "identity" }];
  }
}

function denseLayer(given: Of<"dense">, { layout, tensors, inputs }: Context): DenseLayer {
  const { name, activation } = given;
  const tensor = given.weight ?? `${name}.weight`;
  const dims = tensors.dims(tensor, name);
  if (dims.length !== 2) {
    throw unfit(name, tensor, dims, layout === "pytorch" ? "[outputs, inputs]" : "[inputs, outputs]");
  }
  const [rows, columns] = dims as readonly [number, number];
  const [inFeatures, outFeatures] = layout === "pytorch" ? [columns, rows] : [rows, columns];
  const weight = tensors.ordered(tensor, name, layout === "pytorch" ? [1, 0] : [0, 1]);
  const bias = biasOf(given, tensors);
  return { kind: "dense", name, inputs, inFeatures, outFeatures, weight, bias, activation };
}

function convLayer(given: Of<"conv2d">, { layout, tensors, inputs }: Context): Conv2dLayer {
  const { name, activation, groups, stride, dilation } = given;
  const tensor = given.weight ?? `${name}.weight`;
  const dims = tensors.dims(tensor, name);
  const axes = layout === "pytorch" ? [2, 3, 1, 0] : [0, 1, 2, 3];
  if (dims.length !== 4) {
    const [pytorch, lesion] = [
      "[outputs, inputs / groups, rows, columns]",
      "[rows, columns, inputs / groups, outputs]",
    ];
    throw unfit(name, tensor, dims, layout === "pytorch" ? pytorch : lesion);
  }
  const [rows, columns, inputsOfGroup, outChannels] = axes.map((axis) => dims[axis]!) as [
    number,
    number,
    number,
    number,
  ];
  const kernel = [rows, columns] as const;
  return {
    kind: "conv2d",
    name,
    inputs,
    inChannels: inputsOfGroup * groups,
    outChannels,
    groups,
    kernel,
    stride,
    dilation,
    padding: paddingOf(given, kernel, stride),
    weight: tensors.ordered(tensor, name, axes),
    bias: biasOf(given, tensors),
    activation,
  };
}

function poolLayer(given: Of<"pool2d">, inputs: readonly string[]): Pool2dLayer {
  const { kind, name, pool, kernel, dilation, ceilMode, countIncludePad } = given;
  const stride = given.stride ?? kernel;
  const padding = paddingOf(given, kernel, stride);
  return { kind, name, inputs, pool, kernel, stride, dilation, padding, ceilMode, countIncludePad };
}

/** Named, or NAME.bias where there is one. */
function biasOf({ name, bias }: Of<"dense" | "conv2d">, tensors: NamedTensors): Float32Array | null {
  const tensor = bias === undefined && tensors.has(`${name}.bias`) ? `${name}.bias` : (bias ?? null);
  return tensor === null ? null : tensors.vector(tensor, name);
}

/** "same" as PyTorch has it: the output is as large as the input, what is odd goes after it. */
function paddingOf(
  { name, padding, dilation }: Of<"conv2d" | "pool2d">,
  kernel: readonly [number, number],
  stride: readonly [number, number],
): Padding {
  if (typeof padding === "object") return padding;
  if (padding === "valid") return { top: 0, left: 0, bottom: 0, right: 0 };
  if (stride[0] !== 1 || stride[1] !== 1) {
    throw new LesionError("bad-model", `layer "${name}" has the padding "same" and the stride ${stride.join(" x ")}`, {
      where: `layer "${name}"`,
      fix: 'Give the padding in numbers; "same" is for a stride of 1.',
    });
  }
  const [rows, columns] = kernel.map((size, axis) => dilation[axis]! * (size - 1)) as [number, number];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { top, left, bottom: rows - top, right: columns - left };
}

/** Channels first is PyTorch's order. One position, or one axis, is the same in both. */
function flattenLayers({ name, order }: Of<"flatten">, { layout, inputs, shape }: Context): readonly Layer[] {
  const first = (order ?? (layout === "pytorch" ? "channels-first" : "channels-last")) === "channels-first";
  const last = shape.length - 1;
  if (!first || sizeOf(shape.slice(0, -1)) === 1) return [{ kind: "flatten", name, inputs }];
  const transpose = `${name}/channels-first`;
  const axes = [last, ...Array.from({ length: last }, (_, axis) => axis)];
  return [
    { kind: "transpose", name: transpose, inputs, axes },
    { kind: "flatten", name, inputs: [transpose] },
  ];
}

function missing(layer: string, input: string, known: ReadonlyMap<string, unknown>): never {
  const [start] = known.keys();
  const names = [...known.keys()].slice(-8).join(", ");
  throw new LesionError("bad-model", `layer "${layer}" reads "${input}", which no layer before it is named`, {
    where: `layer "${layer}"`,
    fix: `Name layers that come before it, or "${start}"; the last ones are ${names}.`,
  });
}

function unfit(layer: string, tensor: string, dims: readonly number[], wanted: string): LesionError {
  return new LesionError(
    "bad-model",
    `the weight of layer "${layer}", tensor "${tensor}", has the shape ${shapeText(dims)}, wanted ${wanted}`,
    { where: `layer "${layer}"`, fix: `Correct the layer's kind or its weight, or the layout of the architecture.` },
  );
}
