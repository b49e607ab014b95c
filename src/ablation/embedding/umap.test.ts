/** UMAP as it is asked for: clusters stay together, the seed decides, and a stop is heard. */
import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { embedUmap } from "./umap.ts";

const [points, dims] = [120, 6];
const draw = random(2, "umap test");
/** Three clusters, ten deviations apart. */
const scores = Float32Array.from({ length: points * dims }, (_, at) => {
  const cluster = Math.floor(at / dims) % 3;
  return draw.normal() + (at % dims === cluster ? 10 : 0);
});
const options = { neighbors: 10, iterations: 100, seed: 5 };

test("a point's nearest neighbour is of its cluster", async () => {
  const map = await embedUmap(scores, points, dims, options, async () => true);
  expect(map!.length).toBe(2 * points);
  for (let i = 0; i < points; i++) {
    const distance = (j: number) => Math.hypot(map![2 * i]! - map![2 * j]!, map![2 * i + 1]! - map![2 * j + 1]!);
    const others = [...Array(points).keys()].filter((j) => j !== i).sort((a, b) => distance(a) - distance(b));
    expect(others[0]! % 3).toBe(i % 3);
  }
});

test("the same seed gives the same map, another seed another", async () => {
  const map = (seed: number) => embedUmap(scores, points, dims, { ...options, seed }, async () => true);
  expect(await map(5)).toEqual(await map(5));
  expect(await map(6)).not.toEqual(await map(5));
});

test("stops when it is told to", async () => {
  const seen: number[] = [];
  const map = await embedUmap(scores, points, dims, { ...options, iterations: 100_000 }, async (epoch, total) => {
    expect(total).toBe(100_000);
    return seen.push(epoch) < 3;
  });
  expect(map).toBeNull();
  expect(seen).toHaveLength(3);
  expect(seen[2]).toBeGreaterThan(seen[0]!);
});
