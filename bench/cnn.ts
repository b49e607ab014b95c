/** The small convolutional network whose training is measured: pairs of convolutions as VGG has them, with batch norms. */
import { random } from "../src/core/random.ts";
import { type MemoryDataset, memoryDataset } from "../src/data/dataset.ts";
import { type ChainLayer, initialNetwork } from "../src/engine/initial.ts";
import type { Network } from "../src/network/network.ts";

/** Filters of both convolutions of each block; a 2 x 2 maximum ends it. */
const BLOCKS = [32, 64, 128] as const;
const IMAGE = [32, 32, 3] as const;
const CLASSES = 10;

/** Weights of the initialisation of He et al. (2015), from the seed. */
export function cnnNetwork(seed: number): Network {
  const conv = (filters: number): ChainLayer => ({
    ...{ kind: "conv", filters, kernel: 3, stride: 1, padding: "same" },
    ...{ activation: "relu", bias: false, batchNorm: true },
  });
  const pool: ChainLayer = { kind: "pool", pool: "max", size: 2, stride: 2 };
  const layers: ChainLayer[] = [
    ...BLOCKS.flatMap((filters) => [conv(filters), conv(filters), pool]),
    { kind: "dense", units: CLASSES, activation: "linear", bias: true, batchNorm: false },
  ];
  return initialNetwork("small-vgg", { input: IMAGE, layers, init: "he" }, seed);
}

/** Images of normal noise, and classes drawn for them: what a step computes takes as long whatever it learns. */
export function noiseImages(samples: number, seed: number): MemoryDataset & { readonly values: Float32Array } {
  const draw = random(seed, "images");
  const features = IMAGE.reduce((product, size) => product * size, 1);
  return memoryDataset({
    name: "noise",
    shape: IMAGE,
    values: Float32Array.from({ length: samples * features }, () => draw.normal()),
    labels: Uint16Array.from({ length: samples }, () => draw.below(CLASSES)),
    classes: CLASSES,
    classNames: [],
  });
}
