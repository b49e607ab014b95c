/**
 * Weights in every form they are kept in give the same results: ready or made ready on the way, whole or in parts, floats or
 * bytes; and a plan says to the byte what uploading them takes.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { largestError } from "../../kernels/run.fixture.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import { type Layer, LINEAR, type Network, type QuantizedWeight, RELU } from "../../network/network.ts";
import { evaluateNetwork } from "../../reference/evaluate-network.ts";
import { compileGraph } from "./compiled-graph.ts";
import { constantTensor, openGraph } from "./open-graph.ts";
import { openPass, planPass, roundFloats, stepsOf } from "./pass.ts";
import { padded } from "./run-network.ts";
import { planWeights } from "./weights.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const draw = random(5, "weights");
const bytes = (count: number, deviation: number): QuantizedWeight => ({
  values: Uint8Array.from({ length: count }, () => draw.below(256)),
  scale: deviation / 74,
  min: (-127.5 * deviation) / 74,
});
const layers: readonly Layer[] = [
  {
    kind: "conv2d",
    name: "conv",
    inputs: ["x"],
    inChannels: 8,
    outChannels: 12,
    groups: 1,
    kernel: [3, 3],
    stride: [1, 1],
    dilation: [1, 1],
    padding: { top: 1, left: 1, bottom: 1, right: 1 },
    weight: bytes(9 * 8 * 12, 0.2),
    bias: new Float32Array(12).fill(0.1),
    activation: RELU,
  },
  { kind: "flatten", name: "flat", inputs: ["conv"] },
  {
    kind: "dense",
    name: "wide",
    inputs: ["flat"],
    inFeatures: 8 * 8 * 12,
    outFeatures: 160,
    weight: bytes(8 * 8 * 12 * 160, 0.05),
    bias: Float32Array.from({ length: 160 }, () => draw.normal()),
    activation: RELU,
  },
  {
    kind: "dense",
    name: "last",
    inputs: ["wide"],
    inFeatures: 160,
    outFeatures: 7,
    weight: Float32Array.from({ length: 160 * 7 }, () => 0.1 * draw.normal()),
    bias: null,
    activation: LINEAR,
  },
];
const network: Network = { name: "n", inputs: [{ name: "x", shape: [8, 8, 8] }], layers, outputs: ["last"] };
const ROWS = 3;

test.each([
  ["all ready, in whole", 2 ** 30, 2 ** 30],
  ["all ready, columns in parts", 2 ** 30, 2 ** 18],
  ["made ready on the way, columns in parts", 0, 2 ** 18],
] as const)("%s", async (_, budgetBytes, bindingBytes) => {
  const graph = compileGraph(network);
  const plan = planWeights(graph, budgetBytes, bindingBytes);
  const wide = plan.kept.get("wide")!;
  expect(wide.expanded).toBe(budgetBytes > 0);
  expect(wide.parts.map(({ start4, count4 }) => [start4, count4])).toEqual(
    bindingBytes === 2 ** 30
      ? [[0, 40]]
      : [
          [0, 16],
          [16, 16],
          [32, 8],
        ],
  );
  expect(plan.kept.get("conv")!.transformed).toBe(budgetBytes > 0);

  using arena = gpu.arena.scope();
  const before = arena.allocatedBytes;
  const device = await openGraph(gpu, arena, graph, plan, { inputs: 0, products: 0 });
  // The empty intermediate tensors take 16 bytes each.
  expect(arena.allocatedBytes - before).toBe(plan.bytes + 32);

  const round = roundFloats(graph, graph.network.layers, ROWS, gpu.isProcessor);
  const ready = {
    ...device,
    inputs: arena.storage("inputs", round.inputs * 4),
    products: arena.storage("products", round.products * 4),
  };
  const values = Float32Array.from({ length: ROWS * 8 * 8 * 8 }, () => draw.normal());
  const x = arena.upload("x", padded(values, 0, ROWS, [8, 8, 8]));
  const y = arena.storage("y", tensorFloats(ROWS, [7]) * 4);
  const pass = openPass(
    gpu,
    arena,
    ready,
    planPass(graph, stepsOf(graph, graph.network.layers), new Set(["last"])),
    ROWS,
    {
      outside: (name) => (name === "x" ? { buffer: x, shape: [8, 8, 8], rows: "own" } : constantTensor(ready, name)),
      kept: new Map([["last", y]]),
    },
  );
  (await pass.prepare(ROWS))();
  const [written] = await gpu.read({ buffer: y, sizeBytes: ROWS * 8 * 4 });
  const results = new Float32Array(written!).filter((_, i) => i % 8 < 7);
  const expected = evaluateNetwork(network, new Map([["x", values]]), ROWS).get("last")!;
  expect(largestError(results, expected)).toBeLessThan(2e-5);
});
