/** Weights in files beside the model. */
import { create } from "@bufbuild/protobuf";
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType, TensorProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { floatsOf } from "../../network/weight.ts";
import { onnxFile } from "./model.fixture.ts";
import { externalFiles, readOnnx } from "./read.ts";

function external(name: string, entries: Readonly<Record<string, string>>): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [2n, 1n],
    dataType: TensorProto_DataType.FLOAT,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
}

/** x [n, 2] times w [2, 1]. */
function model(entries: Readonly<Record<string, string>>): Uint8Array {
  const nodes = [{ op: "MatMul", inputs: ["x", "w"], output: "y" }];
  return onnxFile({ inputs: { x: ["n", 2] }, tensors: [external("w", entries)], nodes, outputs: ["y"] });
}

function weight(entries: Readonly<Record<string, string>>, files: Readonly<Record<string, Uint8Array>>): number[] {
  const [layer] = readOnnx(model(entries), "m", { external: new Map(Object.entries(files)) }).layers;
  return layer?.kind === "dense" ? [...floatsOf(layer.weight)] : [];
}

const NUMBERS = new Uint8Array(Float32Array.of(1, 2, 3).buffer);

test("are found by name, offset and length", () => {
  expect(weight({ location: "data/w.bin", offset: "4", length: "8" }, { "data/w.bin": NUMBERS })).toEqual([2, 3]);
  expect(weight({ location: "w.bin", offset: "4" }, { "w.bin": NUMBERS })).toEqual([2, 3]);
  // At an address that is no multiple of 4.
  const shifted = new Uint8Array([0, ...NUMBERS]).subarray(1);
  expect(weight({ location: "./w.bin", length: "8" }, { "w.bin": shifted })).toEqual([1, 2]);
});

test("the files that a model needs are listed once", () => {
  const tensors = [
    external("w", { location: "a.bin" }),
    external("v", { location: "./a.bin" }),
    external("u", { location: "b" }),
  ];
  const nodes = [{ op: "MatMul", inputs: ["x", "w"], output: "y" }];
  expect(externalFiles(onnxFile({ inputs: { x: ["n", 2] }, tensors, nodes, outputs: ["y"] }))).toEqual(["a.bin", "b"]);
});

test.each(["/etc/passwd", "../w.bin", "a/../../w.bin", "C:\\w.bin", "c:w.bin", "a\\..\\w.bin", "", "a//b", "."])(
  "the location %j is refused",
  (location) => {
    const refusal = expect.objectContaining({
      code: "bad-model",
      message: expect.stringMatching(/no file in the model's folder/),
    });
    expect(() => externalFiles(model({ location }))).toThrow(refusal);
    expect(() => weight({ location }, { [location]: NUMBERS })).toThrow(refusal);
  },
);

test.each([
  ["a missing file", {}, {}, "not-found", /"w.bin", which is not here/],
  ["a short file", { offset: "8", length: "8" }, { "w.bin": NUMBERS }, "bad-file", /8 bytes from byte 8.*12 bytes/],
  ["an offset past the end", { offset: "16" }, { "w.bin": NUMBERS }, "bad-file", /from byte 16/],
  ["another length", { length: "12" }, { "w.bin": NUMBERS }, "bad-file", /12 bytes of data.*8 in all/],
  ["no number", { offset: "-4" }, { "w.bin": NUMBERS }, "bad-model", /offset "-4"/],
] as const)("%s is refused", (_, entries, files, code, says) => {
  expect(() => weight({ location: "w.bin", ...entries }, files)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(says) }),
  );
});
