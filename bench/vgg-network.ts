/**
 * VGG-19 (Simonyan and Zisserman 2015, configuration E) with seeded weights of the initialisation of He et al. (2015): for
 * benchmarks, which need its sizes and numbers of a natural magnitude, but nothing that it has learnt.
 */
import { LesionError } from "../src/core/errors.ts";
import { type Random, random } from "../src/core/random.ts";
import { type Conv2dLayer, type DenseLayer, type Layer, LINEAR, type Network, RELU } from "../src/network/network.ts";

/** Filters, and convolutions one after the other, of each block; a 2 x 2 pool ends it. */
const BLOCKS = [
  { filters: 64, count: 2 },
  { filters: 128, count: 2 },
  { filters: 256, count: 4 },
  { filters: 512, count: 4 },
  { filters: 512, count: 4 },
] as const;
const CLASSES = 1000;
/** The side of the images that the network was trained on. */
export const VGG_SIDE = 224;

/** A 3 x 3 convolution of the network: [side, side, inChannels] to [side, side, outChannels]. */
export interface VggConvolution {
  readonly name: string;
  readonly side: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** The network's 16 convolutions for images of `side` x `side`. Throws `usage` unless it is a multiple of 32. */
export function vggConvolutions(side = VGG_SIDE): VggConvolution[] {
  if (side < 32 || side % 32 !== 0) {
    throw new LesionError("usage", `VGG-19 halves its images five times; ${side} cannot be halved so often`, {
      fix: `Give a multiple of 32; the network's own is ${VGG_SIDE}.`,
    });
  }
  let inChannels = 3;
  return BLOCKS.flatMap(({ filters, count }, block) =>
    Array.from({ length: count }, (_, i) => {
      const name = `conv${block + 1}_${i + 1}`;
      const found = { name, side: side / 2 ** block, inChannels, outChannels: filters };
      inChannels = filters;
      return found;
    }),
  );
}

/** The first of each kind among them: nine. */
export function distinctConvolutions(side = VGG_SIDE): VggConvolution[] {
  const kindOf = ({ side: own, inChannels, outChannels }: VggConvolution) => `${own} ${inChannels} ${outChannels}`;
  const all = vggConvolutions(side);
  return all.filter((one, at) => all.findIndex((other) => kindOf(other) === kindOf(one)) === at);
}

/** A network of one of the convolutions, with bias and ReLU. */
export function convolutionNetwork(convolution: VggConvolution, seed: number): Network {
  const { name, side, inChannels } = convolution;
  const layer = convLayer(convolution, "input", random(seed, name));
  return { name, inputs: [{ name: "input", shape: [side, side, inChannels] }], layers: [layer], outputs: [name] };
}

/** The whole network, with a softmax at its end. */
export function vggNetwork(side: number, seed: number): Network {
  const layers: Layer[] = [];
  let last = "input";
  const add = (layer: Layer) => {
    layers.push(layer);
    last = layer.name;
  };
  const convolutions = vggConvolutions(side);
  for (const [at, convolution] of convolutions.entries()) {
    add(convLayer(convolution, last, random(seed, convolution.name)));
    const block = Number(convolution.name[4]);
    if (Number(convolutions[at + 1]?.name[4]) !== block) add(poolLayer(`pool${block}`, last));
  }
  add({ kind: "flatten", name: "flatten", inputs: [last] });
  const features = (side / 32) ** 2 * 512;
  for (const [name, ins, outs] of [
    ["fc6", features, 4096],
    ["fc7", 4096, 4096],
    ["fc8", 4096, CLASSES],
  ] as const) {
    add(denseLayer(name, last, ins, outs, random(seed, name)));
  }
  add({ kind: "softmax", name: "softmax", inputs: [last], log: false });
  return { name: "vgg19", inputs: [{ name: "input", shape: [side, side, 3] }], layers, outputs: [last] };
}

/** `count` numbers of mean 0 and variance 1, uniform. */
export function uniforms(count: number, draw: Random): Float32Array {
  const bound = Math.sqrt(3);
  return Float32Array.from({ length: count }, () => (2 * draw.uniform() - 1) * bound);
}

function convLayer({ name, inChannels, outChannels }: VggConvolution, input: string, draw: Random): Conv2dLayer {
  return {
    ...{ kind: "conv2d", name, inputs: [input], inChannels, outChannels, groups: 1 },
    ...{ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: { top: 1, left: 1, bottom: 1, right: 1 } },
    ...parameters(9 * inChannels, outChannels, draw),
    activation: RELU,
  };
}

function poolLayer(name: string, input: string): Layer {
  return {
    ...{ kind: "pool2d", name, inputs: [input], pool: "max", ceilMode: false, countIncludePad: false },
    ...{ kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: { top: 0, left: 0, bottom: 0, right: 0 } },
  };
}

function denseLayer(name: string, input: string, inFeatures: number, outFeatures: number, draw: Random): DenseLayer {
  return {
    ...{ kind: "dense", name, inputs: [input], inFeatures, outFeatures },
    ...parameters(inFeatures, outFeatures, draw),
    activation: outFeatures === CLASSES ? LINEAR : RELU,
  };
}

/** Weights of variance 2 / fan in, and biases of deviation 0.1, so that one that is left out shows. */
function parameters(fanIn: number, outs: number, draw: Random): { weight: Float32Array; bias: Float32Array } {
  const deviation = Math.sqrt(2 / fanIn);
  const weight = uniforms(fanIn * outs, draw);
  for (let i = 0; i < weight.length; i++) weight[i]! *= deviation;
  return { weight, bias: uniforms(outs, draw).map((value) => value * 0.1) };
}
