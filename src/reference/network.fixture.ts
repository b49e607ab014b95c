/** Test support: a small convolutional network of the kinds that studies ablate. */
import { random } from "../core/random.ts";
import { type Layer, LINEAR, type Network, RELU } from "../network/network.ts";
import { convLayer, poolLayer } from "./layers/layer.fixture.ts";

/**
 * x [9, 7, 3] -> conv1, batch norm, ReLU, max pool -> a residual block conv2, batch norm, plus its input, ReLU -> global
 * average -> 5 classes -> softmax. Its ablatable layers are conv1 (6 units) and conv2 (6 units).
 */
export function smallConvNet(seed: number): Network {
  const draw = random(seed, "small conv net");
  const normals = (count: number, scale = 1) => Float32Array.from({ length: count }, () => scale * draw.normal());
  const conv = (name: string, input: string, inChannels: number, outChannels: number): Layer =>
    convLayer({
      name,
      inputs: [input],
      kernel: [3, 3],
      padding: { top: 1, left: 1, bottom: 1, right: 1 },
      inChannels,
      outChannels,
      weight: normals(9 * inChannels * outChannels, 1 / Math.sqrt(9 * inChannels)),
    });
  const norm = (name: string, input: string): Layer => ({
    kind: "batch-norm",
    name,
    inputs: [input],
    gamma: normals(6),
    beta: normals(6, 0.3),
    mean: normals(6, 0.3),
    variance: normals(6).map((value) => 0.5 + Math.abs(value)),
    epsilon: 1e-5,
  });
  const layers: Layer[] = [
    conv("conv1", "x", 3, 6),
    norm("norm1", "conv1"),
    { kind: "activation", name: "relu1", inputs: ["norm1"], activation: RELU },
    poolLayer({ name: "pool1", inputs: ["relu1"], kernel: [2, 2], stride: [2, 2] }),
    conv("conv2", "pool1", 6, 6),
    norm("norm2", "conv2"),
    { kind: "binary", name: "add", inputs: ["norm2", "pool1"], operator: "add", activation: LINEAR },
    { kind: "activation", name: "relu2", inputs: ["add"], activation: RELU },
    { kind: "global-pool", name: "mean", inputs: ["relu2"], pool: "average" },
    { kind: "flatten", name: "flat", inputs: ["mean"] },
    {
      kind: "dense",
      name: "classes",
      inputs: ["flat"],
      inFeatures: 6,
      outFeatures: 5,
      weight: normals(30),
      bias: normals(5, 0.3),
      activation: LINEAR,
    },
    { kind: "softmax", name: "softmax", inputs: ["classes"], log: false },
  ];
  return { name: "small-conv-net", inputs: [{ name: "x", shape: [9, 7, 3] }], layers, outputs: ["softmax"] };
}
