/** TensorFlow.js models: how weights are kept, through files that end anywhere, and what is wrong with them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { floatsOf } from "../network/weight.ts";
import { resultOf, sequential, type TestLayer } from "./keras/model.test-support.ts";
import { filesOf } from "./model-files.test-support.ts";
import { readTfjsLayers } from "./tfjs-layers.ts";

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: string;
  readonly quantization?: object;
}
const kernel: Entry = { name: "dense/kernel", shape: [2, 2] };
const bias: Entry = { name: "dense/bias", shape: [2] };
const DENSE: TestLayer = ["Dense", { units: 2 }];

function modelJson(entries: readonly Entry[], paths: readonly string[], layer = DENSE, more: object = {}) {
  const weights = entries.map((entry) => ({ dtype: "float32", ...entry }));
  const modelTopology = { keras_version: "tfjs-layers 4.22.0", model_config: sequential([2], layer) };
  return { format: "layers-model", modelTopology, weightsManifest: [{ paths, weights }], ...more };
}
const bytes = (...arrays: readonly ArrayBufferView<ArrayBuffer>[]) =>
  Uint8Array.from(
    arrays.flatMap(({ buffer, byteOffset, byteLength }) => [...new Uint8Array(buffer, byteOffset, byteLength)]),
  );
const KERNEL = Float32Array.of(1, 2, 3, 4);
const BIAS = Float32Array.of(10, 20);
const read = (json: object, files: Readonly<Record<string, Uint8Array>>) =>
  readTfjsLayers(json as never, "m/model.json", filesOf(files), "net");

test.each<[string, Entry["dtype"], object | undefined, ArrayBufferView<ArrayBuffer>, number[]]>([
  ["uint8", "float32", { dtype: "uint8", scale: 0.5, min: -1 }, Uint8Array.of(0, 2, 4, 255), [-1, 0, 1, 126.5]],
  ["uint16", "float32", { dtype: "uint16", scale: 2, min: 1 }, Uint16Array.of(0, 1, 2, 65_535), [1, 3, 5, 131_071]],
  [
    "float16",
    "float32",
    { dtype: "float16" },
    Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff),
    [1, -2, 2 ** -24, 65_504],
  ],
  ["int32", "int32", undefined, Int32Array.of(-1, 2, 3, 4), [-1, 2, 3, 4]],
  ["bool", "bool", undefined, Uint8Array.of(0, 1, 1, 0), [0, 1, 1, 0]],
])("weights kept as %s", async (type, dtype, quantization, values, expected) => {
  const entry = {
    ...kernel,
    ...(dtype === undefined ? {} : { dtype }),
    ...(quantization === undefined ? {} : { quantization }),
  };
  const network = await read(modelJson([entry, bias], ["w.bin"]), { "m/w.bin": bytes(values, BIAS) });
  const [layer] = network.layers;
  if (layer?.kind !== "dense") throw new Error("no dense layer");
  expect([...floatsOf(layer.weight)]).toEqual(expected);
  expect(layer.weight instanceof Float32Array).toBe(!type.startsWith("uint"));
  expect(layer.bias).toEqual(BIAS);
});

test("kernels of depthwise convolutions stay quantised", async () => {
  const layer: TestLayer = ["DepthwiseConv2D", { name: "d", kernel_size: 1, use_bias: false, depth_multiplier: 2 }];
  const entry = { name: "d/depthwise_kernel", shape: [1, 1, 2, 2], quantization: { dtype: "uint8", scale: 1, min: 0 } };
  const json = modelJson([entry], ["w.bin"], layer);
  Object.assign(json.modelTopology.model_config.config.layers[0]!.config, { batch_input_shape: [null, 1, 1, 2] });
  const network = await read(json, { "m/w.bin": Uint8Array.of(1, 2, 3, 4) });
  expect(network.layers[0]).toMatchObject({ weight: { values: Uint8Array.of(1, 2, 3, 4), scale: 1, min: 0 } });
  expect(resultOf(network, [10, 100])).toEqual([10, 20, 300, 400]);
});

test("weights run on from file to file, wherever these end", async () => {
  const whole = bytes(KERNEL, BIAS);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 6 }), async (cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const parts = ends.slice(1).map((end, i) => [`${i}.bin`, whole.slice(ends[i], end)] as const);
      const files = Object.fromEntries(parts.map(([name, part]) => [`m/${name}`, part]));
      // Files without bytes make no difference, but at the end they are one too many.
      const kept = parts.filter(([, part]) => part.length > 0);
      const network = await read(
        modelJson(
          [kernel, bias],
          kept.map(([name]) => name),
        ),
        files,
      );
      expect(resultOf(network, [1, 1])).toEqual([14, 26]);
    }),
    { seed: 1337, numRuns: 60 },
  );
});

test.each(["model/dense/kernel", "dense/kernel:0", "a/b/dense/kernel_1:0"])(
  "a weight named %s is the kernel",
  async (name) => {
    const json = modelJson(
      [
        { ...kernel, name },
        { ...bias, name: name.replace("kernel", "bias") },
      ],
      ["w.bin"],
    );
    expect(resultOf(await read(json, { "m/w.bin": bytes(KERNEL, BIAS) }), [1, 1])).toEqual([14, 26]);
  },
);

test("the topology may stand without Keras' wrapping", async () => {
  const json = modelJson([kernel, bias], ["w.bin"]);
  const bare = { modelTopology: json.modelTopology.model_config, weightsManifest: json.weightsManifest };
  expect(resultOf(await read(bare, { "m/w.bin": bytes(KERNEL, BIAS) }), [1, 1])).toEqual([14, 26]);
});

describe("models that cannot be read", () => {
  const good = bytes(KERNEL, BIAS);
  const both = [kernel, bias];
  test.each<[string, object, Readonly<Record<string, Uint8Array>>, LesionError["code"], RegExp]>([
    ["a graph model", { format: "graph-model", modelTopology: { node: [] } }, {}, "unsupported", /graph model/],
    ["no manifest", { modelTopology: sequential([2], DENSE) }, {}, "bad-model", /weightsManifest is undefined/],
    ["a missing file", modelJson(both, ["a.bin", "b.bin"]), { "m/a.bin": good.slice(0, 8) }, "not-found", /"b\.bin"/],
    [
      "a file that ends early",
      modelJson(both, ["a.bin"]),
      { "m/a.bin": good.slice(0, 20) },
      "bad-file",
      /after 20 bytes.*dense\/bias.*4 more/,
    ],
    ["bytes left over", modelJson([kernel], ["a.bin"]), { "m/a.bin": good }, "bad-file", /8 bytes more/],
    [
      "files left over",
      modelJson(both, ["a.bin", "b.bin"]),
      { "m/a.bin": good, "m/b.bin": good },
      "bad-file",
      /1 files more/,
    ],
    ["a file elsewhere", modelJson(both, ["../w.bin"]), { "w.bin": good }, "bad-model", /"\.\.\/w\.bin"/],
    ["a file on a server", modelJson(both, ["https://a.b/w.bin"]), {}, "bad-model", /https/],
    [
      "a size beyond counting",
      modelJson([{ ...kernel, shape: [2 ** 40, 2 ** 40] }], ["a.bin"]),
      {},
      "bad-model",
      /has the shape/,
    ],
    [
      "more numbers than bytes",
      modelJson([{ ...kernel, shape: [2 ** 40] }], ["a.bin"]),
      { "m/a.bin": good },
      "bad-file",
      /after 24 bytes/,
    ],
    ["text as weights", modelJson([{ ...kernel, dtype: "string" }], ["a.bin"]), {}, "unsupported", /"string"/],
    [
      "a scale that is none",
      modelJson([{ ...kernel, quantization: { dtype: "uint8", min: 0 } }], ["a.bin"]),
      {},
      "bad-model",
      /quantised by/,
    ],
    [
      "a weight twice",
      modelJson([kernel, kernel], ["a.bin"]),
      { "m/a.bin": bytes(KERNEL, KERNEL) },
      "bad-model",
      /twice/,
    ],
    [
      "a weight missing",
      modelJson([kernel], ["a.bin"]),
      { "m/a.bin": bytes(KERNEL) },
      "bad-model",
      /no "bias" for layer "dense"/,
    ],
  ])("%s", async (_, json, files, code, says) => {
    const outcome = read(json, files);
    await expect(outcome).rejects.toBeInstanceOf(LesionError);
    await expect(outcome).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
      fix: expect.any(String),
    });
  });
});
