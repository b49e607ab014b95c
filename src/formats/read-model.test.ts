/** Formats told apart, files found beside the model, and real models read: their published accuracies are the check. */
import { readFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { zipSync } from "fflate";
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { denseChain } from "../network/dense-chain.ts";
import { describeModel } from "../network/describe.ts";
import type { Network } from "../network/network.ts";
import { correctOfMnist, filesOf, folderOf, mnist } from "./model-files.test-support.ts";
import { floats, onnxFile } from "./onnx/model.fixture.ts";
import { readOnnx } from "./onnx/read.ts";
import { writeOnnx } from "./onnx/write.ts";
import { readModel } from "./read-model.ts";

const text = (characters: string) => Uint8Array.from([...characters].map((character) => character.charCodeAt(0)));
const onnx = onnxFile({
  inputs: { x: ["n", 1] },
  tensors: [floats("w", [1, 2], [1, 2])],
  nodes: [{ op: "MatMul", inputs: ["x", "w"], output: "y" }],
  outputs: ["y"],
});
const LAYERS_MODEL = {
  format: "layers-model",
  modelTopology: {
    class_name: "Sequential",
    config: {
      name: "s",
      layers: [{ class_name: "Dense", config: { name: "d", units: 1, use_bias: false, batch_input_shape: [null, 1] } }],
    },
  },
  weightsManifest: [{ paths: ["w.bin"], weights: [{ name: "d/kernel", shape: [1, 1], dtype: "float32" }] }],
};
const tfjs = text(JSON.stringify(LAYERS_MODEL));
const one = new Uint8Array(Float32Array.of(1).buffer);

/** A safetensors file of one tensor "fc.weight" [1, 1], and its architecture. */
function safetensors(): Uint8Array {
  const header = JSON.stringify({ "fc.weight": { dtype: "F32", shape: [1, 1], data_offsets: [0, 4] } });
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  return Uint8Array.from([...length, ...text(header), ...one]);
}
const architecture = (more: object = {}) =>
  text(
    JSON.stringify({
      format: "lesion-architecture",
      version: 1,
      input: [1],
      layout: "lesion",
      layers: [{ kind: "dense", name: "fc", weight: "fc.weight", bias: null }],
      ...more,
    }),
  );

/** The ONNX file above with its weights in a file of their own. */
function externalOnnx(location: string): Uint8Array {
  const model = fromBinary(ModelProtoSchema, onnx);
  const tensor = model.graph!.initializer[0]!;
  tensor.floatData = [];
  tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor.externalData = [create(StringStringEntryProtoSchema, { key: "location", value: location })];
  return toBinary(ModelProtoSchema, model);
}

describe("formats", () => {
  const weights = new Uint8Array(Float32Array.of(1, 2).buffer);
  test.each<[model: string, name: string, files: Readonly<Record<string, Uint8Array>>]>([
    ["models/small.onnx", "small", { "models/small.onnx": onnx }],
    ["C:\\models\\small.ONNX", "small", { "C:\\models\\small.ONNX": onnx }],
    ["small.bin", "small.bin", { "small.bin": onnx }],
    ["a/b.onnx", "b", { "a/b.onnx": externalOnnx("b.data"), "a/b.data": weights }],
    ["a/b.onnx", "b", { "a/b.onnx": externalOnnx("w/0"), "a/w/0": weights }],
    ["small/model.json", "small", { "small/model.json": tfjs, "small/w.bin": one }],
    ["models/small/", "small", { "models/small/model.json": tfjs, "models/small/w.bin": one }],
    ["models/small", "small", { "models/small/model.json": tfjs, "models/small/w.bin": one }],
    [
      "model.json",
      "model",
      {
        "model.json": text(`\ufeff \n${JSON.stringify(LAYERS_MODEL)}`.replace("\ufeff", "\xef\xbb\xbf")),
        "w.bin": one,
      },
    ],
    ["a/net.safetensors", "net", { "a/net.safetensors": safetensors(), "a/net.json": architecture() }],
    ["net.safetensors", "net", { "net.safetensors": safetensors(), "architecture.json": architecture() }],
    ["a/net.json", "net", { "a/net.json": architecture(), "a/net.safetensors": safetensors() }],
    ["a/x.json", "x", { "a/x.json": architecture({ tensors: "y.safetensors" }), "a/y.safetensors": safetensors() }],
  ])("%s is read as %s, with what lies beside it and nothing else", async (model, name, files) => {
    const given = filesOf({ ...files, "other.json": text("{}"), "a/other.bin": one });
    expect((await readModel(model, given)).name).toBe(name);
    expect([...given.read].sort()).toEqual(Object.keys(files).sort());
  });

  test.each([
    ["empty.onnx", "", "bad-file", /0 bytes/],
    ["model.h5", "\x89HDF\r\n\x1a\n", "bad-file", /HDF5 file is damaged/],
    ["model.onnx", "\x89HDF\r\n\x1a\n", "bad-file", /HDF5/],
    ["model.keras", "PK\x03\x04....", "bad-file", /zip archive is damaged/],
    ["model.json", '{"format":"graph-model"}', "unsupported", /graph model/],
    ["config.json", '{"class_name":"Sequential","config":{}}', "unsupported", /without weights/],
    ["study.json", '{"version":1}', "unsupported", /no model.*ONNX/],
    ["model.json", '{"format":"layers-mod', "bad-file", /no intact JSON/],
    ["model.safetensors", '\x10\x00\x00\x00\x00\x00\x00\x00{"a":1}', "not-found", /architecture/],
    ["model.onnx", "version https://git-lfs.github.com/spec/v1", "bad-file", /Git LFS/],
    ["model.onnx", "<!DOCTYPE html>", "bad-file", /web page/],
    ["model.onnx.gz", "\x1f\x8b\x08", "unsupported", /gzip/],
    ["model.pt", "\x80\x02ctorch", "unsupported", /pickle/],
    ["model.weights", "????", "unsupported", /no known format.*ONNX.*Keras/],
    ["model.onnx", "????", "bad-file", /byte/],
  ])("%s with other content is refused", async (file, content, code, says) => {
    await expect(readModel(`a/${file}`, filesOf({ [`a/${file}`]: text(content) }))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
      where: expect.stringContaining(file),
      fix: expect.any(String),
    });
  });

  test("an archive without a model is refused", async () => {
    const files = filesOf({ "model.pt": zipSync({ "archive/data.pkl": one }) });
    await expect(readModel("model.pt", files)).rejects.toMatchObject({ code: "unsupported", where: "model.pt" });
  });

  test.each<[string, string, Uint8Array, string]>([
    ["ONNX tensors", "a.onnx", externalOnnx("w.data"), "w.data"],
    ["weights of TensorFlow.js", "model.json", tfjs, "w.bin"],
    ["tensors of an architecture", "a.json", architecture(), "a.safetensors"],
  ])("%s that were not given are named", async (_, model, bytes, missing) => {
    await expect(readModel(model, filesOf({ [model]: bytes }))).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(missing),
      where: model,
    });
  });

  test("a file outside of the model's folder is not opened", async () => {
    const files = filesOf({ "a/b.onnx": externalOnnx("../secret"), secret: one });
    await expect(readModel("a/b.onnx", files)).rejects.toMatchObject({ code: "bad-model" });
    expect(files.read).toEqual(["a/b.onnx"]);
  });
});

const trained = sharedData("models/mlp-20-10-trained.onnx");
const wide = sharedData("models/mnist-mlp-256x2.onnx");
const small = sharedData("models/mnist-cnn-tfjs");

describe.skipIf(trained === null || wide === null || mnist === null)("real models", () => {
  const read = (path: string | null): Promise<Network> =>
    readModel(path ?? "", filesOf({ [path ?? ""]: new Uint8Array(readFileSync(path ?? "")) }));

  test("784-20-10-10 without biases has 9464 of 10,000 test images right", async () => {
    const network = await read(trained);
    const chain = denseChain(network);
    expect(chain).toMatchObject({ features: 784, output: "log-softmax" });
    expect(chain.stages.map(({ outFeatures, bias, activation }) => [outFeatures, bias, activation.kind])).toEqual([
      [20, null, "relu"],
      [10, null, "relu"],
      [10, null, "linear"],
    ]);
    expect(chain.ablatable.map(({ units }) => units)).toEqual([20, 10]);
    expect(Math.abs(correctOfMnist(network, 10_000, 2 / 255, -1) - 9464)).toBeLessThanOrEqual(2);
  }, 60_000);

  test("784-256-256-10 with biases, made for one image at a time, is right about 98 % of the images", async () => {
    const network = await read(wide);
    expect(network.inputs[0]?.shape).toEqual([784, 1]);
    expect(describeModel(network)).toMatchObject({ parameters: 269_322, macs: 268_800, bytes: 1_077_288 });
    expect(correctOfMnist(network, 500, 1 / 255)).toBeGreaterThan(480);
  }, 60_000);

  test.each([trained, wide])("written and read again they are the same", async (path) => {
    const network = await read(path);
    expect(readOnnx(writeOnnx(network), network.name)).toEqual(network);
  });
});

test.skipIf(small === null)("a folder of a TensorFlow.js model is read by its name", async () => {
  expect((await readModel("mnist-cnn-tfjs", folderOf(small ?? ""))).name).toBe("mnist-cnn-tfjs");
});

test.skipIf(wide === null)("a real model with weights cut off is refused with the byte", async () => {
  const bytes = readFileSync(wide ?? "");
  for (const share of [0.1, 0.5, 0.9, 0.999]) {
    const cut = new Uint8Array(bytes.subarray(0, Math.floor(bytes.length * share)));
    await expect(readModel("cut.onnx", filesOf({ "cut.onnx": cut }))).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/byte \d+/),
    });
  }
});
