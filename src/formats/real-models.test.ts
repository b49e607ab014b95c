/** Models that others trained and published, read from the files as they are: structure, and accuracy on MNIST. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import type { Layer, Network } from "../network/network.ts";
import { inferShapes } from "../network/shapes.ts";
import { countOf } from "../network/weight.ts";
import { readKerasH5 } from "./keras/h5.ts";
import { correctOfMnist, folderOf, mnist } from "./model-files.test-support.ts";
import { readTfjsLayers } from "./tfjs-layers.ts";

const vgg = sharedData("models/vgg19-imagenet-uint8");
const small = sharedData("models/mnist-cnn-tfjs");
const batchNorm = sharedData("models/mnist-cnn-batchnorm.h5");

async function readFolder(folder: string): Promise<Network> {
  const files = folderOf(folder);
  const path = files.available.find((name) => name.endsWith("/model.json"))!;
  return readTfjsLayers(JSON.parse(new TextDecoder().decode(await files.bytesOf(path))), path, files, "model");
}

const kinds = (network: Network) => network.layers.map(({ kind }) => kind).join(" ");

function parametersOf(layer: Layer): number {
  if (layer.kind === "batch-norm") return 4 * layer.gamma.length;
  return "weight" in layer ? countOf(layer.weight) + (layer.bias?.length ?? 0) : 0;
}

test.skipIf(vgg === null)(
  "VGG-19, 138 files: 143,667,240 parameters, kernels still in 8 bits",
  async () => {
    const network = await readFolder(vgg ?? "");
    expect(network.layers.reduce((sum, layer) => sum + parametersOf(layer), 0)).toBe(143_667_240);
    expect(network.inputs).toEqual([{ name: "input_1", shape: [224, 224, 3] }]);
    expect(network.layers.filter(({ kind }) => kind === "conv2d")).toHaveLength(16);
    const first = network.layers[0]!;
    expect(first).toMatchObject({
      kind: "conv2d",
      name: "block1_conv1",
      inputs: ["input_1"],
      activation: { kind: "relu" },
    });
    expect(first.kind === "conv2d" && "values" in first.weight && first.weight.values).toBeInstanceOf(Uint8Array);
    const shapes = inferShapes(network);
    expect(shapes.get("block5_pool")).toEqual([7, 7, 512]);
    expect(network.outputs.map((name) => shapes.get(name))).toEqual([[1000]]);
  },
  60_000,
);

describe.skipIf(mnist === null)("on MNIST", () => {
  test.skipIf(small === null)(
    "a TensorFlow.js model of four convolutions",
    async () => {
      const network = await readFolder(small ?? "");
      expect(kinds(network)).toBe(
        "conv2d activation conv2d activation pool2d conv2d activation pool2d conv2d activation pool2d flatten dense softmax",
      );
      expect(network.layers.map(({ name }) => name).slice(-2)).toEqual(["dense_7", "dense_7/activation"]);
      expect(correctOfMnist(network, 50, 1)).toBeGreaterThanOrEqual(49);
    },
    60_000,
  );

  test.skipIf(batchNorm === null)(
    "a Keras 2.7 .h5 of six convolutions with batch norm",
    async () => {
      const network = await readKerasH5(new Uint8Array(readFileSync(batchNorm ?? "")), "model");
      expect(network.layers.filter(({ kind }) => kind === "batch-norm")).toHaveLength(5);
      // 5 x 5, stride 2, SAME over 9 x 9.
      expect(network.layers.find(({ name }) => name === "conv2d_5")).toMatchObject({
        stride: [2, 2],
        padding: { top: 2, left: 2, bottom: 2, right: 2 },
      });
      expect(correctOfMnist(network, 50, 1 / 255)).toBeGreaterThanOrEqual(49);
    },
    60_000,
  );
});
