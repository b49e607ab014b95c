import { describe, expect, test } from "vitest";
import type { Sweep } from "../study.ts";
import { depth } from "./depth.ts";
import { type Ablated, inputOf } from "./input.test-support.ts";

const LABELS = Array.from({ length: 20 }, (_, n) => n % 2);
const right = (count: number) => "1".repeat(count) + "0".repeat(20 - count);
const FRACTION: Sweep = { ablate: "fraction", layers: "all", fractions: [0.25, 0.5], draws: 3, choose: "random" };
const options = { analyse: "depth" } as const;

const ablations: Ablated[] = [
  { sites: [[0, 0]], right: right(16) },
  { sites: [[0, 1]], right: right(14) },
  { sites: [[0, 2]], right: right(12) },
  { sites: [[0, 0, 1]], right: right(8) },
  { sites: [[0, 0, 2]], right: right(12) },
  { sites: [[1, 0]], right: right(10) },
];
const input = (more: readonly Ablated[] = [], change: Partial<Ablated> = {}) =>
  inputOf(LABELS, right(18), [
    { sweep: FRACTION, ablations: [...ablations, ...more].map((a) => ({ ...a, ...change })) },
  ]);

describe("depth", () => {
  const [record, ...others] = depth(input(), options);

  test("mean drops by layer and share, worked by hand", () => {
    expect(others).toEqual([]);
    expect(record).toMatchObject({ sweep: 0, samples: 20 });
    const points = record!.points.map(({ layer, share, group, n, dropPp }) => [
      layer,
      share,
      group,
      n,
      Math.round(dropPp),
    ]);
    // 18 right intact; shares of 4 units, and of 3.
    expect(points).toEqual([
      ["first", 0.25, "", 3, 20],
      ["first", 0.5, "", 2, 40],
      ["second", 0.3333, "", 1, 40],
    ]);
    // Samples alternate between the classes: 9 of each intact, 8, 7 and 6 after.
    expect(record!.points[0]!.classDropsPp).toEqual([expect.closeTo(20, 10), expect.closeTo(20, 10)]);
    expect(record!.points[0]!.top5DropPp).toBeNull();
  });

  test("intervals: bootstrap of three, none of two, Wilson's of one", () => {
    const [three, two, one] = record!.points;
    expect(three!.interval).toEqual([expect.closeTo(10, 8), expect.closeTo(30, 8)]);
    expect(two!.interval).toBeNull();
    // Wilson's of 10 of 20 is 0.5 -+ h, h = z / (2 sqrt(20 + z^2)).
    const half = 1.959963984540054 / (2 * Math.sqrt(20 + 1.959963984540054 ** 2));
    expect(one!.interval).toEqual([expect.closeTo(100 * (0.4 - half), 8), expect.closeTo(100 * (0.4 + half), 8)]);
  });

  test("top-5 where both sides have it", () => {
    const known = input([], { more: { correctTop5: 15 } });
    const withTop5 = { ...known, baseline: { ...known.baseline, correctTop5: 20 } };
    expect(depth(withTop5, options)[0]!.points.map(({ top5DropPp }) => top5DropPp)).toEqual([25, 25, 25]);
    expect(depth(known, options)[0]!.points[0]!.top5DropPp).toBeNull();
  });

  test("groups are apart, replacements are records of their own", () => {
    const [grouped] = depth(input(), options, (row) => (row < 2 ? "similar" : "random"));
    expect(grouped!.points.map(({ share, group, n }) => [share, group, n])).toEqual([
      [0.25, "similar", 2],
      [0.25, "random", 1],
      [0.5, "random", 2],
      [0.3333, "random", 1],
    ]);
    const replaced = depth(input([{ sites: [[0, 1]], right: right(18), replacement: "mean" }]), options);
    expect(replaced.map(({ replacement, points }) => [replacement, points.length])).toEqual([
      ["zero", 3],
      ["mean", 1],
    ]);
  });

  test("a sweep with ablations across layers has none, and neither has one without ablations", () => {
    const across: Ablated = {
      sites: [
        [0, 0],
        [1, 0],
      ],
      right: right(3),
    };
    expect(depth(input([across]), options)).toEqual([]);
    expect(depth(inputOf(LABELS, right(18), [{ sweep: FRACTION, ablations: [] }]), options)).toEqual([]);
  });
});
