import { expect, test } from "vitest";
import { sortFiles } from "./dropped-files.ts";

test("sortFiles tells models, studies and data apart and keeps what it does not know", () => {
  const names = ["a.onnx", "b.ONNX", "t10k-labels-idx1-ubyte", "study.json", "notes.txt"];
  const sorted = sortFiles(names.map((name) => ({ name })));
  expect(sorted.models.map(({ name }) => name)).toEqual(["a.onnx", "b.ONNX"]);
  expect(sorted.study?.name).toBe("study.json");
  expect(sorted.data.get("idx")?.map(({ name }) => name)).toEqual(["t10k-labels-idx1-ubyte"]);
  expect(sorted.unknown.map(({ name }) => name)).toEqual(["notes.txt"]);
});

test.each([
  [["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"], "model.json", 2],
  [["net.safetensors", "net.json"], "net.safetensors", 1],
  [["architecture.json", "net.safetensors", "study.json"], "net.safetensors", 1],
  [["net.onnx", "net.onnx.data"], "net.onnx", 1],
  [["net.onnx", "net.onnx_data"], "net.onnx", 1],
  [["tfjs/model.json", "tfjs/group1-shard1of1.bin"], "tfjs/model.json", 1],
  [["set/architecture.json", "set/net.safetensors"], "set/net.safetensors", 1],
  [["net.keras"], "net.keras", 0],
  [["net.h5", "study.json"], "net.h5", 0],
])("%s is the model %s and what belongs to it", (names, model, companions) => {
  const sorted = sortFiles(names.map((name) => ({ name })));
  expect(sorted.models.map(({ name }) => name)).toEqual([model]);
  expect(sorted.companions).toHaveLength(companions);
  expect(sorted.study?.name).toBe(names.find((name) => name === "study.json"));
  expect(sorted.unknown).toEqual([]);
});

test("batches of CIFAR-10 are no weights of a model", () => {
  const names = ["model.json", "weights.bin", "data_batch_1.bin", "test_batch.bin"];
  const { companions, data } = sortFiles(names.map((name) => ({ name })));
  expect(companions.map(({ name }) => name)).toEqual(["weights.bin"]);
  expect(data.get("cifar10")).toHaveLength(2);
});
