/** Written weights and architectures read back as the network that they were written from. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { constant, join, net, plain } from "../network/layers.fixture.ts";
import type { Activation, Network } from "../network/network.ts";
import { floatsOf } from "../network/weight.ts";
import { writeArchitecture } from "./architecture-write.ts";
import { drawn, IMAGE_NETWORKS } from "./onnx/write.fixture.ts";
import { readModel } from "./read-model.ts";
import { writeNetworkFiles } from "./write-network.ts";

const { dense } = drawn;

/** Through the files, as a person would give them. */
async function readAgain({ safetensors, architecture }: ReturnType<typeof writeArchitecture>): Promise<Network> {
  const files = new Map([
    ["trained.safetensors", safetensors],
    ["trained.architecture.json", architecture],
  ]);
  return readModel("trained.safetensors", {
    available: [...files.keys()],
    bytesOf: async (path) => files.get(path)!,
  });
}

/** Weights as floats: what is quantised is written so. */
const expanded = (network: Network): Network => ({
  ...network,
  layers: network.layers.map((layer) => ("weight" in layer ? { ...layer, weight: floatsOf(layer.weight) } : layer)),
});

const ACTIVATIONS: readonly Activation[] = [
  { kind: "leaky-relu", alpha: 0.25 },
  { kind: "clip", alpha: -1, beta: 0.5 },
  { kind: "hard-sigmoid", alpha: 0.5, beta: 0.25 },
  { kind: "elu", alpha: 2 },
  { kind: "gelu-tanh", alpha: 0 },
];

describe("a written network is read as it was", () => {
  test.each(Object.entries(IMAGE_NETWORKS))("%s", async (_, network) => {
    expect(await readAgain(writeArchitecture(network))).toEqual(expanded(network));
  });

  test("with its activations' numbers", async () => {
    const layers = ACTIVATIONS.map((activation, i) => dense(`d${i}`, i === 0 ? "x" : `d${i - 1}`, 3, 3, activation));
    expect(await readAgain(writeArchitecture(net(layers)))).toEqual(net(layers));
  });

  test("where tensors would have one name, and a bias would be another layer's", async () => {
    const network = net([
      dense("a", "x", 3, 2),
      constant("a.bias", [2], [1, 2]),
      { ...dense("b", "a", 2, 2), bias: Float32Array.of(3, 4) },
      constant("b.bias", [2], [5, 6]),
      join("sum", ["b", "a.bias"]),
      join("more", ["sum", "b.bias"]),
      plain("identity", "out", "more"),
    ]);
    expect(await readAgain(writeArchitecture(network))).toEqual(network);
  });

  const published = sharedData("models/resnet20-cifar10.onnx");
  test.skipIf(published === null)("a published residual network", async () => {
    const bytes = new Uint8Array(readFileSync(published!));
    const network = await readModel("resnet.onnx", { available: ["resnet.onnx"], bytesOf: async () => bytes });
    expect(await readAgain(writeArchitecture(network))).toEqual(network);
  });
});

test("the tensors have PyTorch's names", () => {
  const { architecture } = writeArchitecture(IMAGE_NETWORKS["residual"]!);
  const document = JSON.parse(new TextDecoder().decode(architecture));
  expect(document).toMatchObject({ format: "lesion-architecture", inputName: "x", layout: "lesion" });
  expect(document.layers[1]).toEqual({ kind: "batch-norm", name: "norm1", epsilon: 1e-5 });
});

test("every file of a network holds it", async () => {
  const network = IMAGE_NETWORKS["residual"]!;
  const { onnx, ...files } = writeNetworkFiles(network);
  expect(await readAgain(files)).toEqual(network);
  const again = await readModel("n.onnx", { available: ["n.onnx"], bytesOf: async () => onnx });
  expect(again.layers.map(({ name }) => name)).toEqual(expect.arrayContaining(["conv1", "norm2", "classes"]));
});

test("a network of two inputs is refused", () => {
  const network = net([join("sum", ["x", "y"])]);
  const two = { ...network, inputs: [...network.inputs, { name: "y", shape: [3] }] };
  expect(() => writeArchitecture(two)).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringContaining('"x", "y"') }),
  );
});
