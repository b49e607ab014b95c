/** Test support: small random networks of every layer kind, with branches, residuals and concatenations. */
import { type Random, random } from "../../core/random.ts";
import { type Activation, type Layer, LINEAR, type Network, RELU, RELU6 } from "../../network/network.ts";
import { outputShape, type Shape, sizeOf } from "../../network/shapes.ts";

const ACTIVATIONS: readonly Activation[] = [
  LINEAR,
  RELU,
  RELU,
  RELU6,
  { kind: "leaky-relu", alpha: 0.1 },
  { kind: "hard-swish", alpha: 0 },
  { kind: "sigmoid", alpha: 0 },
];

/** A network of about `size` layers that ends in `classes` logits, from a seed. */
export function randomGraph(seed: number, size: number, classes = 5): Network {
  const draw = random(seed, "graph");
  const pick = <Item>(items: readonly Item[]): Item => items[draw.below(items.length)]!;
  const input: Shape = [pick([5, 6, 8, 9]), pick([5, 7, 8]), pick([1, 3, 4, 6])];
  const shapes = new Map<string, Shape>([["x", input]]);
  const layers: Layer[] = [];
  const add = (layer: Layer): string => {
    shapes.set(
      layer.name,
      outputShape(
        layer,
        layer.inputs.map((name) => shapes.get(name)!),
      ),
    );
    layers.push(layer);
    return layer.name;
  };
  let last = "x";
  for (let i = 0; i < size; i++) last = add(spatialLayer(draw, pick, `l${i}`, last, shapes));
  if (draw.below(2) === 0) last = add({ kind: "global-pool", name: "gap", inputs: [last], pool: "average" });
  last = add({ kind: "flatten", name: "flat", inputs: [last] });
  const hidden = pick([3, 4, 7]);
  last = add(dense(draw, "fc1", last, sizeOf(shapes.get(last)!), hidden, pick(ACTIVATIONS)));
  last = add(dense(draw, "fc2", last, hidden, classes, LINEAR));
  return { name: `random ${seed}`, inputs: [{ name: "x", shape: input }], layers, outputs: [last] };
}

function spatialLayer(
  draw: Random,
  pick: <Item>(items: readonly Item[]) => Item,
  name: string,
  last: string,
  shapes: ReadonlyMap<string, Shape>,
): Layer {
  const [height = 1, width = 1, channels = 1] = shapes.get(last)!;
  const alike = [...shapes].filter(([, shape]) => shape.length === 3 && shape[0] === height && shape[1] === width);
  const same = alike.filter(([other, shape]) => other !== "x" && shape[2] === channels).map(([other]) => other);
  const kind = pick([
    "conv",
    "conv",
    "conv",
    "pool",
    "add",
    "concat",
    "scale",
    "depthwise",
    "activation",
    "lrn",
    "point",
  ]);
  switch (kind) {
    case "pool":
      if (height < 4 || width < 4) break;
      return {
        kind: "pool2d",
        name,
        inputs: [last],
        pool: pick(["max", "average"]),
        ...window(pick([2, 3]), 2, 0),
        ceilMode: pick([true, false]),
        countIncludePad: false,
      };
    case "add":
      return {
        kind: "binary",
        name,
        inputs: [last, pick(same.length > 0 ? same : [last])],
        operator: pick(["add", "multiply"]),
        activation: pick([LINEAR, RELU]),
      };
    case "concat":
      if (channels > 24) break;
      return { kind: "concat", name, inputs: [last, pick(alike)[0]], axis: 2 };
    case "scale":
      return {
        kind: "scale",
        name,
        inputs: [last],
        scale: normals(draw, channels, 1),
        shift: normals(draw, channels, 0.3),
        activation: pick(ACTIVATIONS),
      };
    case "activation":
      return { kind: "activation", name, inputs: [last], activation: pick(ACTIVATIONS) };
    case "lrn":
      return { kind: "lrn", name, inputs: [last], size: 3, alpha: 0.3, beta: 0.75, bias: 1 };
    case "depthwise":
      return conv(draw, name, last, channels, channels, channels, 3, 1, pick(ACTIVATIONS));
  }
  const outs = pick([1, 3, 4, 5, 8, 9, 17]);
  const kernel = kind === "point" ? 1 : pick([3, 3, 3, 2, 5]);
  return conv(
    draw,
    name,
    last,
    channels,
    outs,
    1,
    kernel,
    pick(height > 5 && width > 5 ? [1, 1, 2] : [1]),
    pick(ACTIVATIONS),
  );
}

function conv(
  draw: Random,
  name: string,
  input: string,
  inChannels: number,
  outChannels: number,
  groups: number,
  kernel: number,
  stride: number,
  activation: Activation,
): Layer {
  const depth = (kernel * kernel * inChannels) / groups;
  return {
    kind: "conv2d",
    name,
    inputs: [input],
    inChannels,
    outChannels,
    groups,
    ...window(kernel, stride, Math.floor(kernel / 2)),
    weight: normals(draw, depth * outChannels, Math.sqrt(2 / depth)),
    bias: normals(draw, outChannels, 0.1),
    activation,
  };
}

function dense(
  draw: Random,
  name: string,
  input: string,
  inFeatures: number,
  outFeatures: number,
  activation: Activation,
): Layer {
  const weight = normals(draw, inFeatures * outFeatures, Math.sqrt(2 / inFeatures));
  return {
    kind: "dense",
    name,
    inputs: [input],
    inFeatures,
    outFeatures,
    weight,
    bias: normals(draw, outFeatures, 0.1),
    activation,
  };
}

function window(kernel: number, stride: number, pad: number) {
  return {
    kernel: [kernel, kernel],
    stride: [stride, stride],
    dilation: [1, 1],
    padding: { top: pad, left: pad, bottom: pad, right: pad },
  } as const;
}

function normals(draw: Random, count: number, deviation: number): Float32Array {
  return Float32Array.from({ length: count }, () => deviation * draw.normal());
}
