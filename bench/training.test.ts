import { expect, test } from "vitest";
import { formOf, trainingGraph } from "../src/engine/training/training-graph.ts";
import { layerCosts } from "../src/network/layer-costs.ts";
import { inferShapes } from "../src/network/shapes.ts";
import { cnnNetwork, noiseImages } from "./cnn.ts";
import { shareOf, summary } from "./measure.ts";
import { damages } from "./recover.ts";
import { partLines, type StepPart } from "./step-parts.ts";
import { agrees, lossDifference } from "./training-recipe.ts";

test("the damaged copies are every unit and every pair of the first layer, and every unit of the second", () => {
  const layer = (layerIndex: number, units: number) => ({
    ...{ layer: `dense_${layerIndex}`, layerIndex, units, kind: "dense" as const, coupled: null },
  });
  const found = damages({ ablatable: [layer(0, 20), layer(1, 10)] });
  expect(found).toHaveLength(20 + 190 + 10);
  expect(new Set(found.map(({ layer, units }) => `${layer}: ${units}`)).size).toBe(220);
  expect(found.filter(({ layer }) => layer === 1).map(({ units }) => units)).toEqual(
    Array.from({ length: 10 }, (_, unit) => [unit]),
  );
  expect(damages({ ablatable: [layer(0, 3)] })).toHaveLength(3 + 3);
});

test("the convolutional network trains whole, on images of 32 x 32", () => {
  const form = formOf(cnnNetwork(7));
  expect(form.layers.filter(({ kind }) => kind === "batch-norm")).toHaveLength(6);
  expect(form.layers.filter(({ kind }) => kind === "pool2d")).toHaveLength(3);
  const shapes = inferShapes(form);
  expect(shapes.get(form.outputs[0]!)).toEqual([10]);
  const { steps } = trainingGraph(form, { trained: null, held: new Set() });
  const trained = steps.filter((step) => step.trained).map(({ layer }) => layer!.kind);
  expect(trained).toEqual([...Array.from({ length: 6 }, () => ["conv2d", "batch-norm"]).flat(), "dense"]);
  const macs = [...layerCosts(form).values()].reduce((sum, cost) => sum + cost.macs, 0);
  // 9 x in x out at each position of six convolutions, and 4 x 4 x 128 x 10.
  const convolutions = 32 ** 2 * (3 * 32 + 32 * 32) + 16 ** 2 * (32 * 64 + 64 * 64) + 8 ** 2 * (64 * 128 + 128 * 128);
  expect(macs).toBeGreaterThanOrEqual(9 * convolutions + 20_480);
  expect(macs).toBeLessThan(1.02 * (9 * convolutions + 20_480));
});

test("noise is the same from the same seed", () => {
  const { values, labels } = noiseImages(3, 5);
  expect([values.length, labels.length]).toEqual([3 * 32 * 32 * 3, 3]);
  expect(noiseImages(3, 5).values).toEqual(values);
  expect(noiseImages(3, 6).values).not.toEqual(values);
});

test("trainings agree where their losses do, epoch by epoch", () => {
  expect(lossDifference([2, 1], [2.01, 1.001])).toBeCloseTo(0.005, 9);
  expect(lossDifference([2, 1, 9], [2, 1])).toBe(0);
  expect(agrees(lossDifference([2, 1], [2, 1.02]))).toBe(false);
  expect(agrees(lossDifference([2, 1], [2, Number.NaN]))).toBe(false);
  expect(agrees(lossDifference([], []))).toBe(false);
});

test("shareOf tells the same of each of equal parts", () => {
  expect(shareOf(summary([4, 1, 3, 2]), 2)).toEqual({
    ...{ runs: 4, medianMs: 1.25, lowerQuartileMs: 0.875, upperQuartileMs: 1.625 },
  });
});

test("partLines sums each part and leaves out what is short in it", () => {
  const part = (name: StepPart["part"], kernel: string, ms: number) => ({ part: name, kernel, dispatches: 2, ms });
  const lines = partLines([part("backward", "long", 30), part("forward", "only", 8), part("backward", "short", 1)]);
  expect(lines.map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
    "forward 8.00 ms",
    "only, 2 8.00 ms",
    "backward 31.0 ms",
    "long, 2 30.0 ms",
    "optimizer 0.00 ms",
  ]);
});
