/**
 * Models on arrays, with the float64 oracle in the engine's place: names and order, shapes of both sides in errors,
 * ONNX's own axes.
 */
import { TensorProto_DataType as Type } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { readNpy } from "../data/npy.ts";
import { type NpyOutput, writeNpy } from "../data/npy-values.ts";
import { onnxFile } from "../formats/onnx/model.fixture.ts";
import { f32, safetensorsFile } from "../formats/safetensors.fixture.ts";
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import { type ModelRun, runModel } from "./run-model.ts";
import type { Evaluate } from "./runnable.ts";

const oracle: Evaluate = async (network, feeds, samples) => {
  const results = evaluateNetwork(network, feeds, samples);
  return new Map(network.outputs.map((name) => [name, Float32Array.from(results.get(name)!)]));
};

const architecture = {
  format: "lesion-architecture",
  version: 1,
  input: [1, 2, 2],
  layers: [
    { kind: "flatten", name: "flat" },
    { kind: "dense", name: "fc" },
    { kind: "activation", name: "out", activation: "relu" },
  ],
  outputs: ["fc", "out"],
};
const files: Readonly<Record<string, Uint8Array>> = {
  "m/net.safetensors": safetensorsFile({ "fc.weight": f32([1, 4], [1, 10, 100, -1000]) }),
  "m/net.json": new TextEncoder().encode(JSON.stringify(architecture)),
  "add.onnx": onnxFile({
    inputs: { a: [3, 2], b: [3, 2] },
    tensors: [],
    nodes: [{ op: "Sub", name: "minus", inputs: ["a", "b"], output: "y" }],
    outputs: ["y"],
  }),
  "typed.onnx": onnxFile({
    inputs: { x: [2, 2], starts: [1], ends: [1] },
    types: { starts: Type.INT64, ends: Type.INT64 },
    nodes: [
      { op: "Slice", inputs: ["x", "starts", "ends"], output: "part" },
      { op: "Shape", inputs: ["part"], output: "sizes" },
    ],
    outputs: ["part", "sizes", "starts"],
    outputTypes: { part: Type.FLOAT16, sizes: Type.FLOAT, starts: Type.UINT8 },
  }),
};
const fileSource = { available: Object.keys(files), bytesOf: async (path: string) => files[path]! };

/** Runs a model on arrays given as [name or null, array]. */
async function run(
  model: string,
  inputs: readonly (readonly [string | null, NpyOutput | Uint8Array])[],
  outputs: ModelRun["outputs"] = [{ name: null }],
) {
  const given = inputs.map(([name, array], at) => ({
    name,
    file: `in-${at}.npy`,
    bytes: array instanceof Uint8Array ? array : writeNpy(array),
  }));
  const results = await runModel({ model, files: fileSource, inputs: given, outputs }, oracle);
  return results.map(({ name, bytes }) => {
    const { dtype, dims, values } = readNpy(bytes, name);
    return { name, dtype, dims, values: Array.from(values as ArrayLike<number | bigint>, Number) };
  });
}
const array = (dims: number[], values: number[]): NpyOutput => ({ dtype: "f4", dims, values });

describe("runModel", () => {
  const samples = array([2, 1, 2, 2], [1, 2, 3, 4, 1, 1, 1, 1]);

  test("gives outputs in order, or by name", async () => {
    // Channels first: 1, 3, 2, 4.
    const fc = { name: "fc", dtype: "f4", dims: [2, 1], values: [1 + 30 + 200 - 4000, -889] };
    const out = { name: "out", dtype: "f4", dims: [2, 1], values: [0, 0] };
    const model = "m/net.safetensors";
    expect(await run(model, [[null, samples]])).toEqual([fc]);
    expect(await run(model, [["input", samples]], [{ name: null }, { name: null }])).toEqual([fc, out]);
    expect(await run(model, [[null, samples]], [{ name: null }, { name: "fc" }])).toEqual([out, fc]);
  });

  test("takes arrays of any number", async () => {
    const [result] = await run("m/net.safetensors", [
      [null, { dtype: "i8", dims: [1, 1, 2, 2], values: [1, 1, 1, 1] }],
    ]);
    expect(result!.values).toEqual([-889]);
  });

  test("runs an ONNX model in its own order of axes", async () => {
    const [a, b] = [array([3, 2], [9, 8, 7, 6, 5, 4]), array([3, 2], [1, 2, 3, 4, 5, 6])];
    const y = { name: "y", dtype: "f4", dims: [3, 2], values: [8, 6, 4, 2, 0, -2] };
    expect(
      await run("add.onnx", [
        [null, a],
        [null, b],
      ]),
    ).toEqual([y]);
    expect(
      await run(
        "add.onnx",
        [
          ["b", b],
          [null, a],
        ],
        [{ name: "y" }],
      ),
    ).toEqual([y]);
  });

  test("gives arrays of the type that an ONNX model declares, unless it cannot be; the end of an axis may be any", async () => {
    const integers = (value: bigint) => {
      const bytes = writeNpy({ dtype: "i8", dims: [1], values: [0] });
      new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(bytes.length - 8, value, true);
      return bytes;
    };
    const given = [
      [null, array([2, 2], [0.1, 2, 3, 4])],
      [null, integers(0n)],
      [null, integers(2n ** 63n - 1n)],
    ] as const;
    expect(await run("typed.onnx", given, [{ name: null }, { name: null }, { name: null }])).toEqual([
      { name: "part", dtype: "f2", dims: [2, 2], values: [0.0999755859375, 2, 3, 4] },
      { name: "sizes", dtype: "i8", dims: [2], values: [2, 2] },
      { name: "starts", dtype: "u1", dims: [1], values: [0] },
    ]);
  });

  const model = "m/net.safetensors";
  test.each<[string, Parameters<typeof run>, string, RegExp]>([
    ["no array", [model, []], "bad-data", /the input "input", \[samples, 1, 2, 2\], is given no array/],
    [
      "another shape",
      [model, [[null, array([1, 2, 2], [1, 2, 3, 4])]]],
      "bad-data",
      /in-0\.npy has the shape \[1, 2, 2\].*takes \[samples, 1, 2, 2\]/,
    ],
    ["no samples", [model, [[null, array([0, 1, 2, 2], [])]]], "bad-data", /\[0, 1, 2, 2\]/],
    ["an unknown input", [model, [["inptu", samples]]], "usage", /no input "inptu"/],
    [
      "too many inputs",
      [
        model,
        [
          [null, samples],
          [null, samples],
        ],
      ],
      "usage",
      /2 inputs are given, and the model has 1/,
    ],
    [
      "an input twice",
      [
        model,
        [
          ["input", samples],
          ["input", samples],
        ],
      ],
      "usage",
      /"input" is given twice/,
    ],
    ["an unknown output", [model, [[null, samples]], [{ name: "x" }]], "usage", /no output "x"/],
    [
      "too many outputs",
      [model, [[null, samples]], [{ name: null }, { name: null }, { name: null }]],
      "usage",
      /3 outputs.*has 2/,
    ],
    ["bytes that are no array", [model, [[null, new Uint8Array(9)]]], "bad-file", /in-0\.npy is no NumPy array/],
  ])("refuses %s", async (_, given, code, message) => {
    await expect(run(...given)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      where: expect.any(String),
      fix: expect.any(String),
    });
  });
});
