/** Formats told apart, and real models read: their published accuracies are the check. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { denseChain } from "../network/dense-chain.ts";
import { describeModel } from "../network/describe.ts";
import { evaluate } from "../network/evaluate.fixture.ts";
import type { Network } from "../network/network.ts";
import { simplify } from "../network/simplify.ts";
import { floats, onnxFile } from "./onnx/model.fixture.ts";
import { readOnnx } from "./onnx/read.ts";
import { writeOnnx } from "./onnx/write.ts";
import { readModel } from "./read-model.ts";

const text = (characters: string) => Uint8Array.from([...characters].map((character) => character.charCodeAt(0)));

describe("formats", () => {
  const bytes = onnxFile({
    inputs: { x: ["n", 1] },
    tensors: [floats("w", [1, 2], [1, 2])],
    nodes: [{ op: "MatMul", inputs: ["x", "w"], output: "y" }],
    outputs: ["y"],
  });

  test.each([
    ["models/small.onnx", "small"],
    ["C:\\models\\small.ONNX", "small"],
    ["small.bin", "small.bin"],
  ])("%s is read as ONNX", (file, name) => {
    expect(readModel(bytes, file).name).toBe(name);
  });

  test.each([
    ["empty.onnx", "", "bad-file", /0 bytes/],
    ["model.h5", "\x89HDF\r\n\x1a\n", "unsupported", /HDF5.*ONNX/],
    ["model.onnx", "\x89HDF\r\n\x1a\n", "unsupported", /HDF5/],
    ["model.pt", "PK\x03\x04....", "unsupported", /zip/],
    ["model.json", '{"format":"layers-model"}', "unsupported", /JSON/],
    ["model.safetensors", '\x10\x00\x00\x00\x00\x00\x00\x00{"a":1}', "unsupported", /safetensors/],
    ["model.onnx", "version https://git-lfs.github.com/spec/v1", "bad-file", /Git LFS/],
    ["model.onnx", "<!DOCTYPE html>", "bad-file", /web page/],
    ["model.onnx.gz", "\x1f\x8b\x08", "unsupported", /gzip/],
    ["model.weights", "????", "unsupported", /no known format.*ONNX/],
    ["model.onnx", "????", "bad-file", /byte/],
  ])("%s with other content is refused", (file, content, code, says) => {
    expect(() => readModel(text(content), file)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(says), fix: expect.any(String) }),
    );
  });
});

const trained = sharedData("models/mlp-20-10-trained.onnx");
const wide = sharedData("models/mnist-mlp-256x2.onnx");
const mnist = sharedData("mnist");

/** The first `count` images of MNIST's test set that the network puts into their class; x = pixel * scale + shift. */
function correctOf(network: Network, folder: string, count: number, scale: number, shift: number): number {
  const images = gunzipSync(readFileSync(join(folder, "t10k-images-idx3-ubyte.gz"))).subarray(16);
  const labels = gunzipSync(readFileSync(join(folder, "t10k-labels-idx1-ubyte.gz"))).subarray(8);
  const simple = simplify(network);
  let correct = 0;
  for (let n = 0; n < count; n++) {
    const sample = Float32Array.from(images.subarray(n * 784, (n + 1) * 784), (pixel) => pixel * scale + shift);
    const scores = evaluate(simple, sample);
    if (scores.indexOf(Math.max(...scores)) === labels[n]) correct++;
  }
  return correct;
}

describe.skipIf(trained === null || wide === null || mnist === null)("real models", () => {
  const read = (path: string | null) => readModel(readFileSync(path ?? ""), path ?? "");

  test("784-20-10-10 without biases has 9464 of 10,000 test images right", () => {
    const network = read(trained);
    const chain = denseChain(network);
    expect(chain).toMatchObject({ features: 784, output: "log-softmax" });
    expect(chain.stages.map(({ outFeatures, bias, activation }) => [outFeatures, bias, activation.kind])).toEqual([
      [20, null, "relu"],
      [10, null, "relu"],
      [10, null, "linear"],
    ]);
    expect(chain.ablatable.map(({ units }) => units)).toEqual([20, 10]);
    expect(Math.abs(correctOf(network, mnist ?? "", 10_000, 2 / 255, -1) - 9464)).toBeLessThanOrEqual(2);
  }, 60_000);

  test("784-256-256-10 with biases, made for one image at a time, is right about 98 % of the images", () => {
    const network = read(wide);
    expect(network.inputs[0]?.shape).toEqual([784, 1]);
    expect(describeModel(network)).toMatchObject({ parameters: 269_322, macs: 268_800, bytes: 1_077_288 });
    expect(correctOf(network, mnist ?? "", 500, 1 / 255, 0)).toBeGreaterThan(480);
  }, 60_000);

  test.each([trained, wide])("written and read again they are the same", (path) => {
    const network = read(path);
    expect(readOnnx(writeOnnx(network), network.name)).toEqual(network);
  });
});

test.skipIf(wide === null)("a real model with weights cut off is refused with the byte", () => {
  const bytes = readFileSync(wide ?? "");
  for (const share of [0.1, 0.5, 0.9, 0.999]) {
    const cut = bytes.subarray(0, Math.floor(bytes.length * share));
    expect(() => readModel(cut, "cut.onnx")).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringMatching(/byte \d+/) }),
    );
  }
});

const convolutional = ["resnet20-cifar10", "squeezenet1.1-imagenet"].map((name) => sharedData(`models/${name}.onnx`));

test.skipIf(convolutional.includes(null)).each(convolutional)("%s is refused by the name of its first Conv", (path) => {
  expect(() => readModel(readFileSync(path ?? ""), path ?? "")).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringContaining('"Conv"') }),
  );
});
