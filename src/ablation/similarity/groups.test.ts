import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { clusterCount, countGroups, groupSize, type UnitGrouping } from "./group-sizes.ts";
import { type GroupOptions, groupsOf, type UnitGroup } from "./groups.ts";
import { type SimilarityMatrix, weightSimilarity } from "./similarity.ts";

const draws = { seed: 5, label: "conv1" };

/** Units at points of a line, alike as they are near. */
const line = (...points: number[]): SimilarityMatrix =>
  weightSimilarity("weights-l2", { incoming: Float32Array.from(points), units: points.length, length: 1 });

const options = (grouping: UnitGrouping, more: Partial<GroupOptions> = {}): GroupOptions => ({
  grouping,
  fractions: [0.5],
  controls: [],
  ...more,
});

describe("groupsOf", () => {
  const matrix = line(0, 1, 3, 10, 12, 30);

  test("nearest: each seed with its most similar units; against it the least similar", () => {
    const grouping = { kind: "nearest", seeds: "all" } as const;
    expect(groupsOf(matrix, options(grouping, { fractions: [0.34, 0.5], controls: ["dissimilar"] }), draws)).toEqual([
      { kind: "similar", share: 0.34, seed: 0, units: [0, 1], within: -1 },
      { kind: "dissimilar", share: 0.34, seed: 0, units: [0, 5], within: -30 },
      { kind: "similar", share: 0.34, seed: 1, units: [0, 1], within: -1 },
      { kind: "dissimilar", share: 0.34, seed: 1, units: [1, 5], within: -29 },
      { kind: "similar", share: 0.34, seed: 2, units: [1, 2], within: -2 },
      { kind: "dissimilar", share: 0.34, seed: 2, units: [2, 5], within: -27 },
      { kind: "similar", share: 0.34, seed: 3, units: [3, 4], within: -2 },
      { kind: "dissimilar", share: 0.34, seed: 3, units: [3, 5], within: -20 },
      { kind: "similar", share: 0.34, seed: 4, units: [3, 4], within: -2 },
      { kind: "dissimilar", share: 0.34, seed: 4, units: [4, 5], within: -18 },
      { kind: "similar", share: 0.34, seed: 5, units: [4, 5], within: -18 },
      { kind: "dissimilar", share: 0.34, seed: 5, units: [0, 5], within: -30 },
      { kind: "similar", share: 0.5, seed: 0, units: [0, 1, 2], within: -2 },
      { kind: "dissimilar", share: 0.5, seed: 0, units: [0, 4, 5], within: -20 },
      { kind: "similar", share: 0.5, seed: 1, units: [0, 1, 2], within: -2 },
      { kind: "dissimilar", share: 0.5, seed: 1, units: [1, 4, 5], within: (-11 - 29 - 18) / 3 },
      { kind: "similar", share: 0.5, seed: 2, units: [0, 1, 2], within: -2 },
      // 3 is 9 from 12, and 7 from 10.
      { kind: "dissimilar", share: 0.5, seed: 2, units: [2, 4, 5], within: (-9 - 27 - 18) / 3 },
      { kind: "similar", share: 0.5, seed: 3, units: [2, 3, 4], within: (-7 - 9 - 2) / 3 },
      { kind: "dissimilar", share: 0.5, seed: 3, units: [0, 3, 5], within: -20 },
      { kind: "similar", share: 0.5, seed: 4, units: [2, 3, 4], within: (-7 - 9 - 2) / 3 },
      { kind: "dissimilar", share: 0.5, seed: 4, units: [0, 4, 5], within: -20 },
      { kind: "similar", share: 0.5, seed: 5, units: [3, 4, 5], within: (-2 - 20 - 18) / 3 },
      { kind: "dissimilar", share: 0.5, seed: 5, units: [0, 1, 5], within: -20 },
    ]);
  });

  test("nearest: the lower of equally similar units", () => {
    const grouping = { kind: "nearest", seeds: "all" } as const;
    const found = groupsOf(line(0, 1, 2, 1), options(grouping, { controls: ["dissimilar"] }), draws);
    expect(found.map(({ units }) => units)).toEqual([
      [0, 1],
      [0, 2],
      [1, 3],
      [0, 1],
      [1, 2],
      [0, 2],
      [1, 3],
      [0, 3],
    ]);
  });

  test.each<UnitGrouping>([
    { kind: "agglomerative", linkage: "average" },
    { kind: "agglomerative", linkage: "complete" },
    { kind: "agglomerative", linkage: "ward" },
    { kind: "k-medoids" },
  ])("$kind: clusters, and from each medoid the units least similar to those chosen", (grouping) => {
    const found = groupsOf(matrix, options(grouping, { fractions: [1 / 3], controls: ["dissimilar"] }), draws);
    expect(found).toEqual([
      { kind: "similar", share: 1 / 3, units: [0, 1, 2], within: -2 },
      // From 1: 30 is 29 away; then 0 is 1 + 30 away, 10 is 9 + 20, 12 is 11 + 18, 3 is 2 + 27.
      { kind: "dissimilar", share: 1 / 3, units: [0, 1, 5], within: -20 },
      { kind: "similar", share: 1 / 3, units: [3, 4], within: -2 },
      { kind: "dissimilar", share: 1 / 3, units: [3, 5], within: -20 },
      { kind: "similar", share: 1 / 3, units: [5], within: null },
      { kind: "dissimilar", share: 1 / 3, units: [5], within: null },
    ]);
  });

  test("threshold: what hangs together with a seed", () => {
    const grouping: UnitGrouping = { kind: "threshold", thresholds: [-2, -1], seeds: "all" };
    const found = groupsOf(matrix, options(grouping, { controls: ["dissimilar"] }), draws);
    const similar = found.filter(({ kind }) => kind === "similar");
    expect(found.every(({ share }) => share === null)).toBe(true);
    expect(similar.map(({ units }) => units)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
      [3, 4],
      [3, 4],
      [5],
      [0, 1],
      [0, 1],
      [2],
      [3],
      [4],
      [5],
    ]);
    expect(found[7]).toEqual({ kind: "dissimilar", share: null, seed: 3, units: [3, 5], within: -20 });
  });

  test("seeds are drawn without replacement, ascending, the same for each share", () => {
    const many = line(...Array.from({ length: 40 }, (_, unit) => unit ** 2));
    const grouping: UnitGrouping = { kind: "nearest", seeds: 7 };
    const found = groupsOf(many, options(grouping, { fractions: [0.01, 0.05] }), draws).map(({ units }) => units);
    const [seeds, pairs] = [found.slice(0, 7).map(([seed]) => seed!), found.slice(7)];
    expect(found.length).toBe(14);
    expect(pairs.every((units, i) => units.includes(seeds[i]!))).toBe(true);
    expect(seeds).toEqual([...new Set(seeds)].sort((a, b) => a - b));
    const elsewhere = groupsOf(many, options(grouping, { fractions: [0.01] }), { ...draws, label: "conv2" });
    expect(elsewhere.map(({ units }) => units[0]!)).not.toEqual(seeds);
  });

  test.each<[UnitGrouping, readonly number[], readonly (readonly number[])[]]>([
    // Of 6 units: 1, 1, 1 and 3.
    [{ kind: "nearest", seeds: 1 }, [0.01, 0.05, 0.2, 0.5], [[0.01, 0.05, 0.2], [0.5]]],
    // 6, 6 and 2 clusters.
    [{ kind: "k-medoids" }, [0.01, 0.5, 0.1], [...Array.from({ length: 6 }, () => [0.01, 0.1]), [0.5], [0.5]]],
  ])("$kind: shares that come to the same are made once, and named together", (grouping, fractions, shares) => {
    const found = groupsOf(matrix, options(grouping, { fractions }), draws);
    expect(found.map(({ share, shares }) => shares ?? [share])).toEqual(shares);
    expect(countGroups(grouping, 6, fractions)).toBe(shares.length);
  });

  test("random controls: each its own draw, of the group's size", () => {
    const many = line(...Array.from({ length: 40 }, (_, unit) => unit ** 2));
    const grouping: UnitGrouping = { kind: "nearest", seeds: "all" };
    const found = groupsOf(many, options(grouping, { fractions: [0.1], controls: ["random"] }), draws);
    const drawn = found.filter(({ kind }) => kind === "random").map(({ units }) => units.join());
    expect(new Set(drawn).size).toBeGreaterThan(35);
    // 40 draws of 4 of 40: each unit 4 times on average, none of them never but with a chance of (9/10)^40 each.
    expect(new Set(drawn.flatMap((units) => units.split(","))).size).toBeGreaterThan(34);
  });

  const groupings: readonly UnitGrouping[] = [
    { kind: "nearest", seeds: "all" },
    { kind: "nearest", seeds: 3 },
    { kind: "agglomerative", linkage: "average" },
    { kind: "agglomerative", linkage: "complete" },
    { kind: "agglomerative", linkage: "ward" },
    { kind: "k-medoids" },
    { kind: "threshold", thresholds: [-0.3, -1], seeds: "all" },
    { kind: "threshold", thresholds: [0], seeds: 2 },
  ];

  test("as many as counted, of the sizes promised, the same each time; ties and all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 13 }),
        fc.array(fc.constantFrom(0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...groupings),
        fc.subarray(["random", "dissimilar"] as const),
        (points, fractions, grouping, controls) => {
          const units = points.length;
          const found = groupsOf(line(...points), { grouping, fractions, controls }, draws);
          expect(found).toEqual(groupsOf(line(...points), { grouping, fractions, controls }, draws));
          expect(found).toHaveLength(countGroups(grouping, units, fractions) * (1 + controls.length));
          for (let at = 0; at < found.length; at += 1 + controls.length) {
            const together = found.slice(at, at + 1 + controls.length);
            expect(together.map(({ kind }) => kind)).toEqual(["similar", ...controls]);
            for (const group of together) {
              expect([group.share, group.shares]).toEqual([together[0]!.share, together[0]!.shares]);
              expect(group.units).toHaveLength(together[0]!.units.length);
              expect(group.units).toEqual([...new Set(group.units)].sort((a, b) => a - b));
              expect(group.units.every((unit) => unit >= 0 && unit < units)).toBe(true);
              expect(group.within === null).toBe(group.units.length === 1);
              if (grouping.kind === "nearest")
                for (const share of group.shares ?? [group.share!])
                  expect(group.units).toHaveLength(groupSize(share, units));
            }
          }
          if (grouping.kind !== "agglomerative" && grouping.kind !== "k-medoids") return;
          const similar = found.filter(({ kind }) => kind === "similar");
          const counts = new Set(fractions.map((share) => clusterCount(share, units)));
          const each = [...counts].flatMap(() => points.map((_, unit) => unit));
          expect(similar.flatMap((group) => group.units).sort((a, b) => a - b)).toEqual(each.sort((a, b) => a - b));
        },
      ),
    );
  });

  test("units of one kind are found, more alike than drawn ones, and those than dissimilar ones", () => {
    const { normal } = random(2, "alike");
    // Five kinds of unit, six of each, a little noise.
    const kinds = Array.from({ length: 5 }, () => Array.from({ length: 8 }, normal));
    const vectors = Array.from({ length: 30 }, (_, unit) => kinds[unit % 5]!.map((value) => value + 0.1 * normal()));
    const weights = { incoming: Float32Array.from(vectors.flat()), units: 30, length: 8 };
    const grouping: UnitGrouping = { kind: "k-medoids" };
    const found = groupsOf(
      weightSimilarity("weights-cosine", weights),
      { grouping, fractions: [0.2], controls: ["random", "dissimilar"] },
      draws,
    );
    for (let at = 0; at < found.length; at += 3) {
      const [similar, drawn, apart] = found.slice(at, at + 3) as [UnitGroup, UnitGroup, UnitGroup];
      expect(new Set(similar.units.map((unit) => unit % 5)).size).toBe(1);
      expect(similar.within).toBeGreaterThan(drawn.within!);
      expect(drawn.within).toBeGreaterThan(apart.within!);
    }
  });
});

describe("countGroups", () => {
  test.each<[UnitGrouping, number, readonly number[], number]>([
    [{ kind: "nearest", seeds: "all" }, 64, [0.1, 0.5], 128],
    [{ kind: "nearest", seeds: 100 }, 64, [0.1], 64],
    [{ kind: "nearest", seeds: 8 }, 64, [0.1, 0.2, 0.5], 24],
    [{ kind: "threshold", thresholds: [0.9, 0.8], seeds: 8 }, 64, [0.1, 0.2, 0.5], 16],
    // 100, 10, 4, 3 and 1 clusters, of 64 units 64 at most.
    [{ kind: "k-medoids" }, 64, [0.01, 0.1, 0.25, 0.3, 1], 64 + 10 + 4 + 3 + 1],
    [{ kind: "agglomerative", linkage: "ward" }, 64, [0.5], 2],
  ])("%j of %i units at %j: %i", (grouping, units, fractions, count) => {
    expect(countGroups(grouping, units, fractions)).toBe(count);
  });

  test("sizes are rounded, and never none", () => {
    expect([0.001, 0.05, 0.11, 0.5, 1].map((share) => groupSize(share, 20))).toEqual([1, 1, 2, 10, 20]);
    expect([0.001, 0.05, 0.4, 0.7, 1].map((share) => clusterCount(share, 20))).toEqual([20, 20, 3, 1, 1]);
  });
});
