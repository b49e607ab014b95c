/** Maps of data sets, by each method, and what cannot be mapped. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDataset } from "../../data/dataset.ts";
import { makeDigits } from "../../data/digits.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { type EmbeddingSettings, embed } from "./embed.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const always = async () => true;
const digits = makeDigits({ split: "test", samples: 320 });
const settings: EmbeddingSettings = {
  ...{ method: "tsne", perplexity: 20, neighbors: 10, iterations: 120 },
  ...{ components: 20, points: 301 },
};

/** Share of points whose nearest neighbour on the map has their label. */
function agreement(points: readonly number[], labels: Uint16Array): number {
  const n = points.length / 2;
  let alike = 0;
  for (let i = 0; i < n; i++) {
    const distance = (j: number) =>
      Math.hypot(points[2 * i]! - points[2 * j]!, points[2 * i + 1]! - points[2 * j + 1]!);
    const others = [...Array(n).keys()].filter((j) => j !== i).sort((a, b) => distance(a) - distance(b));
    if (labels[others[0]!] === labels[i]) alike++;
  }
  return alike / n;
}

// Chance is a tenth. Measured: 0.76, 0.61 and 0.26; t-SNE is held to the pixels' own neighbours in src/engine/tsne.gpu.test.ts.
test.each([
  ["tsne", 0.65],
  ["umap", 0.5],
  ["pca", 0.15],
] as const)("%s places the first digits, centred and rounded, the same way each time", async (method, least) => {
  const map = (await embed(gpu, digits, { ...settings, method }, 3, always))!;
  expect(map.n).toBe(301);
  expect(map.points).toHaveLength(602);
  for (const axis of [0, 1]) {
    const sum = map.points.reduce((total, value, at) => total + (at % 2 === axis ? value : 0), 0);
    expect(Math.abs(sum / 301)).toBeLessThan(1e-4);
  }
  for (const value of map.points) expect(value).toBe(Math.round(value * 1e4) / 1e4);
  expect(agreement(map.points, digits.labels)).toBeGreaterThan(least);
  expect(map).toMatchObject(method === "pca" ? { components: 2, iterations: 0 } : { components: 20, iterations: 120 });
  expect(map.explained).toBeGreaterThan(method === "pca" ? 0.1 : 0.6);
  expect(map.explained).toBeLessThan(1);
  expect(map.divergence === null).toBe(method !== "tsne");
  expect(await embed(gpu, digits, { ...settings, method }, 3, always)).toEqual(map);
});

/** `samples` samples of some numbers each, 0 unless given. */
function floats(samples: number, features: number, value: (sample: number) => number = () => 0) {
  const values = Float32Array.from({ length: samples * features }, (_, at) => value(Math.floor(at / features)));
  const labels = new Uint16Array(samples);
  return memoryDataset({ name: "floats", shape: [features], values, labels, classes: 1, classNames: ["one"] });
}

test("fewer features than components, and more points than samples, are all there is", async () => {
  const map = await embed(
    gpu,
    floats(70, 3, (sample) => sample % 7),
    { ...settings, iterations: 20 },
    3,
    always,
  );
  expect(map).toMatchObject({ n: 70, components: 3 });
  expect(map!.explained).toBeCloseTo(1, 6);
  expect(map!.points.every(Number.isFinite)).toBe(true);
});

test.each([1, 2, 3, 4])("a stop is heard the %i. time it is asked for", async (last) => {
  let asked = 0;
  expect(await embed(gpu, digits, { ...settings, iterations: 100_000 }, 3, async () => ++asked < last)).toBeNull();
  expect(asked).toBe(last);
});

describe("what cannot be mapped is told, with what to do", () => {
  test.each([
    ["samples all the same", floats(70, 3, () => 0.1), {}, "bad-data", /70 samples .* same/],
    [
      "a number that is none",
      floats(70, 3, (sample) => (sample === 9 ? Number.NaN : sample)),
      {},
      "bad-data",
      /sample 9/,
    ],
    ["a perplexity beyond a third of the samples", digits, { points: 60 }, "bad-study", /20 .* 60 points/],
    [
      "as many neighbours as samples",
      digits,
      { method: "umap", points: 10 },
      "bad-study",
      /10 neighbours .* 10 samples/,
    ],
  ] as const)("%s", async (_, dataset, changes, code, message) => {
    const attempt = embed(gpu, dataset, { ...settings, ...changes }, 3, always);
    await expect(attempt).rejects.toMatchObject({
      ...{ code, message: expect.stringMatching(message), fix: expect.any(String), where: expect.any(String) },
    });
  });
});
