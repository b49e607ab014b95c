import { describe, expect, test } from "vitest";
import { completeSplits, idxRole, sortFiles } from "./dropped-files.ts";

test("MNIST's names, plain, dotted or gzipped, say what they hold", () => {
  expect(idxRole("t10k-images-idx3-ubyte.gz")).toEqual({ split: "test", content: "images" });
  expect(idxRole("train-labels.idx1-ubyte")).toEqual({ split: "train", content: "labels" });
  expect(idxRole("my-test-images.idx")).toEqual({ split: "test", content: "images" });
  expect([idxRole("images.png"), idxRole("labels.csv"), idxRole("holiday-images.zip")]).toEqual([null, null, null]);
});

test("sortFiles tells models, studies and data apart and keeps what it does not know", () => {
  const names = ["a.onnx", "b.ONNX", "t10k-labels-idx1-ubyte", "study.json", "notes.txt"];
  const sorted = sortFiles(names.map((name) => ({ name })));
  expect(sorted.model?.name).toBe("b.ONNX");
  expect(sorted.study?.name).toBe("study.json");
  expect(sorted.idx.map(({ name }) => name)).toEqual(["t10k-labels-idx1-ubyte"]);
  expect(sorted.unknown.map(({ name }) => name)).toEqual(["notes.txt"]);
});

test.each([
  [["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"], "model.json", 2],
  [["net.safetensors", "net.json"], "net.safetensors", 1],
  [["architecture.json", "net.safetensors", "study.json"], "net.safetensors", 1],
  [["net.onnx", "net.onnx.data"], "net.onnx", 1],
  [["net.onnx", "net.onnx_data"], "net.onnx", 1],
  [["net.keras"], "net.keras", 0],
  [["net.h5", "study.json"], "net.h5", 0],
])("%s is the model %s and what belongs to it", (names, model, companions) => {
  const sorted = sortFiles(names.map((name) => ({ name })));
  expect(sorted.model?.name).toBe(model);
  expect(sorted.companions).toHaveLength(companions);
  expect(sorted.study?.name).toBe(names.find((name) => name === "study.json"));
  expect(sorted.unknown).toEqual([]);
});

describe("completeSplits", () => {
  const file = new Blob();
  test("needs images and labels of the same split", () => {
    const files = { "idx/t10k-images-idx3-ubyte": file, "idx/train-labels-idx1-ubyte.gz": file };
    expect(completeSplits(files)).toEqual([]);
    expect(completeSplits({ ...files, "idx/t10k-labels-idx1-ubyte": file })).toEqual(["test"]);
  });
});
