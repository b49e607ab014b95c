/** Untrained networks: chains of layers with seeded initial weights in the forms the literature uses. */
import { LesionError } from "../core/errors.ts";
import { type Random, random } from "../core/random.ts";
import { type Activation, type ActivationKind, type Layer, LINEAR, type Network } from "../network/network.ts";
import { outputShape, type Shape, shapeText, sizeOf } from "../network/shapes.ts";

/** A chain of layers to be built; structurally a study's BuildOptions. */
export interface ChainOptions {
  readonly input: Shape;
  readonly layers: readonly ChainLayer[];
  readonly init: "pytorch" | "glorot" | "he";
}
export type ChainLayer =
  | ({ readonly kind: "dense"; readonly units: number } & Weighted)
  | ({
      readonly kind: "conv";
      readonly filters: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: "same" | "valid";
    } & Weighted)
  | { readonly kind: "pool"; readonly pool: "max" | "average"; readonly size: number; readonly stride: number }
  | { readonly kind: "global-pool"; readonly pool: "max" | "average" };

interface Weighted {
  readonly activation: ActivationKind;
  readonly bias: boolean;
  /** Before the activation. */
  readonly batchNorm: boolean;
}

/** Slope of leaky ReLU for negative inputs, where a study builds one: PyTorch's default. */
const LEAKY_SLOPE = 0.01;
/** PyTorch's default. */
const EPSILON = 1e-5;
/** The most numbers a layer's weights may have: 1 GiB of f32. */
const MOST_WEIGHTS = 2 ** 28;

/**
 * A network with initial weights. `pytorch`: weights and biases uniform in +-1/sqrt(fan in), as torch.nn.Linear and Conv2d
 * do it. `glorot`: weights uniform in +-sqrt(6 / (fan in + fan out)), biases 0 (Glorot and Bengio 2010). `he`: weights
 * normal with variance 2 / fan in, biases 0 (He et al. 2015). Layers are called after their kind, and counted in it:
 * conv_0, conv_0_bn, conv_0_activation, pool_0, dense_0. What comes before a dense layer is flattened, and the whole ends
 * with log-softmax. Throws LesionError("bad-study") that names the layer where one cannot take what it reads.
 */
export function initialNetwork(name: string, options: ChainOptions, seed: number): Network {
  const weights = weightsFrom(random(seed, "initial weights"), options.init);
  const layers: Layer[] = [];
  let last = "input";
  let shape = options.input;
  const add = (layer: Layer) => {
    shape = outputShape(layer, [shape]);
    layers.push(layer);
    last = layer.name;
  };
  const flatten = () => {
    if (shape.length > 1) add({ kind: "flatten", name: "flatten", inputs: [last] });
  };
  const counts = new Map<string, number>();
  const nextName = (kind: string) => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return `${kind}_${count}`;
  };
  options.layers.forEach((given, index) => {
    if (given.kind === "dense") flatten();
    const layer = nextName(given.kind.replace("-", "_"));
    const misfit = misfitOf(given, shape);
    if (misfit !== null) throw unfit(layer, index, misfit);
    if (given.kind !== "dense" && given.kind !== "conv") {
      add(poolingLayer(given, layer, last));
      return;
    }
    const activation = { kind: given.activation, alpha: given.activation === "leaky-relu" ? LEAKY_SLOPE : 0 };
    add(weightedLayer(given, { name: layer, inputs: [last] }, shape, given.batchNorm ? LINEAR : activation, weights));
    if (!given.batchNorm) return;
    add(initialNorm(`${layer}_bn`, last, shape.at(-1)!));
    if (given.activation !== "linear") {
      add({ kind: "activation", name: `${layer}_activation`, inputs: [last], activation });
    }
  });
  flatten();
  add({ kind: "softmax", name: "log_softmax", inputs: [last], log: true });
  return { name, inputs: [{ name: "input", shape: options.input }], layers, outputs: ["log_softmax"] };
}

/** Draws the parameters of one layer: `count` weights, then biases, which are drawn whether the layer has them or not. */
type Weights = (
  count: number,
  units: number,
  fans: { readonly fanIn: number; readonly fanOut: number },
) => { readonly weight: Float32Array; readonly bias: Float32Array };

function weightsFrom(draw: Random, init: ChainOptions["init"]): Weights {
  const uniform = (count: number, bound: number) =>
    Float32Array.from({ length: count }, () => (2 * draw.uniform() - 1) * bound);
  return (count, units, { fanIn, fanOut }) => {
    switch (init) {
      case "pytorch": {
        const bound = 1 / Math.sqrt(fanIn);
        return { weight: uniform(count, bound), bias: uniform(units, bound) };
      }
      case "glorot":
        return { weight: uniform(count, Math.sqrt(6 / (fanIn + fanOut))), bias: new Float32Array(units) };
      case "he": {
        const deviation = Math.sqrt(2 / fanIn);
        const weight = Float32Array.from({ length: count }, () => draw.normal() * deviation);
        return { weight, bias: new Float32Array(units) };
      }
    }
  };
}

function weightedLayer(
  given: Extract<ChainLayer, Weighted>,
  base: Pick<Layer, "name" | "inputs">,
  shape: Shape,
  activation: Activation,
  weights: Weights,
): Layer {
  const inputs = shape.at(-1)!;
  if (given.kind === "dense") {
    const { units } = given;
    const { weight, bias } = weights(inputs * units, units, { fanIn: inputs, fanOut: units });
    const sizes = { inFeatures: inputs, outFeatures: units };
    return { ...base, kind: "dense", ...sizes, weight, bias: given.bias ? bias : null, activation };
  }
  const { filters, kernel, stride } = given;
  const window = kernel * kernel;
  const fans = { fanIn: window * inputs, fanOut: window * filters };
  const { weight, bias } = weights(window * inputs * filters, filters, fans);
  return {
    ...base,
    kind: "conv2d",
    inChannels: inputs,
    outChannels: filters,
    groups: 1,
    kernel: [kernel, kernel],
    stride: [stride, stride],
    dilation: [1, 1],
    padding: paddingOf(given, shape),
    weight,
    bias: given.bias ? bias : null,
    activation,
  };
}

/** "same": ceil(size / stride) windows; what is odd goes after the image, as TensorFlow has it. */
function paddingOf({ kernel, stride, padding }: Extract<ChainLayer, { kind: "conv" }>, [height = 0, width = 0]: Shape) {
  const around = (size: number) =>
    padding === "valid" ? 0 : Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const [rows, columns] = [around(height), around(width)];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { top, left, bottom: rows - top, right: columns - left };
}

function poolingLayer(given: Extract<ChainLayer, { pool: string }>, name: string, input: string): Layer {
  const base = { name, inputs: [input], pool: given.pool };
  if (given.kind === "global-pool") return { ...base, kind: "global-pool" };
  return {
    ...base,
    kind: "pool2d",
    kernel: [given.size, given.size],
    stride: [given.stride, given.stride],
    dilation: [1, 1],
    padding: { top: 0, left: 0, bottom: 0, right: 0 },
    ceilMode: false,
    countIncludePad: true,
  };
}

/** Of a batch norm that has seen nothing. */
function initialNorm(name: string, input: string, channels: number): Layer {
  const filled = (value: number) => new Float32Array(channels).fill(value);
  const parameters = { gamma: filled(1), beta: filled(0), mean: filled(0), variance: filled(1), epsilon: EPSILON };
  return { kind: "batch-norm", name, inputs: [input], ...parameters };
}

/** Why a layer cannot take a shape, as the end of a sentence; null where it can. */
function misfitOf(given: ChainLayer, shape: Shape): string | null {
  if (given.kind === "dense") return tooMany(sizeOf(shape), given.units);
  if (shape.length !== 3) return `reads an image, and before it are ${shapeText(shape)} numbers`;
  const [height = 0, width = 0, channels = 0] = shape;
  if (given.kind === "global-pool") return null;
  const side = given.kind === "pool" ? given.size : given.kernel;
  if (!(given.kind === "conv" && given.padding === "same") && side > Math.min(height, width)) {
    return `has a window of ${side} x ${side}, and before it are ${height} x ${width} positions`;
  }
  return given.kind === "conv" ? tooMany(side * side * channels, given.filters) : null;
}

function tooMany(inputs: number, units: number): string | null {
  if (inputs * units <= MOST_WEIGHTS) return null;
  return `has ${inputs} x ${units} weights, more than ${MOST_WEIGHTS}`;
}

function unfit(layer: string, index: number, misfit: string): LesionError {
  return new LesionError("bad-study", `the layer "${layer}" ${misfit}`, {
    where: `model.build.layers[${index}]`,
    fix: "Change the layer, those before it, or model.build.input.",
    detail: { layer, index },
  });
}
