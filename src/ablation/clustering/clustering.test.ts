import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { connectedComponents } from "./components.ts";
import { agglomerate, cut, type Distance, type Linkage, leafOrder, MOST_ITEMS, type Tree } from "./hierarchical.ts";
import { kMedoids } from "./k-medoids.ts";
import { membersOf, numberedBySize } from "./labels.ts";
import { silhouette } from "./silhouette.ts";

const LINKAGES: readonly Linkage[] = ["single", "average", "complete", "ward"];

/** Distances of points on a line. */
const line =
  (points: readonly number[]): Distance =>
  (i, j) =>
    Math.abs(points[i]! - points[j]!);

/** Distances of points drawn in a cube, no two alike. */
function drawn(seed: number, n: number): { readonly points: readonly number[][]; readonly distance: Distance } {
  const { uniform } = random(seed, "clustering");
  const points = Array.from({ length: n }, () => [uniform(), uniform(), uniform()]);
  return { points, distance: (i, j) => Math.hypot(...points[i]!.map((x, axis) => x - points[j]![axis]!)) };
}

const heights = ({ joints }: Tree) => joints.map(({ height }) => height);

describe("labels", () => {
  test("are given by size, then by the smallest member", () => {
    expect(numberedBySize([7, 3, 3, 9, 7, 3, 5])).toEqual([1, 0, 0, 2, 1, 0, 3]);
    expect(numberedBySize([])).toEqual([]);
    expect(membersOf([1, 0, 0, 2, 1])).toEqual([[1, 2], [0, 4], [3]]);
  });
});

describe("agglomerate", () => {
  // Points 0, 1, 3, 7 on a line: {0, 1}, then {0, 1, 3}, then all, by every linkage.
  test.each<[Linkage, readonly number[]]>([
    ["single", [1, 2, 4]],
    ["average", [1, (3 + 2) / 2, (7 + 6 + 4) / 3]],
    ["complete", [1, 3, 7]],
    // Twice the growth of the sum of squares: 2 n m / (n + m) d^2 of the means.
    ["ward", [1, Math.sqrt(((2 * 2) / 3) * 2.5 ** 2), Math.sqrt(((2 * 3) / 4) * (7 - 4 / 3) ** 2)]],
  ])("%s: hand-worked heights", (linkage, expected) => {
    const tree = agglomerate(4, line([0, 1, 3, 7]), linkage);
    expect(heights(tree).map((height, i) => height / expected[i]!)).toEqual(expected.map(() => expect.closeTo(1, 12)));
    expect(tree.joints.map(({ left, right }) => [left, right].sort((a, b) => a - b))).toEqual([
      [0, 1],
      [2, 4],
      [3, 5],
    ]);
  });

  test.each(LINKAGES)("%s: as a naive search over all pairs of clusters finds it", (linkage) => {
    for (const [seed, n] of [
      [1, 2],
      [2, 9],
      [3, 24],
      [4, 33],
    ] as const) {
      const { points, distance } = drawn(seed, n);
      const tree = agglomerate(n, distance, linkage);
      const naive = naivelyJoined(points, distance, linkage);
      expect(heights(tree)).toEqual(naive.heights.map((height) => expect.closeTo(height, 10)));
      for (let k = 1; k <= n; k++) expect(cut(tree, k)).toEqual(numberedBySize(naive.partitions[n - k]!));
    }
  });

  test("none, one and equal items", () => {
    for (const linkage of LINKAGES) {
      expect(agglomerate(0, line([]), linkage)).toEqual({ items: 0, joints: [] });
      expect(agglomerate(1, line([5]), linkage)).toEqual({ items: 1, joints: [] });
      const tree = agglomerate(5, line([4, 4, 4, 4, 4]), linkage);
      expect(heights(tree)).toEqual([0, 0, 0, 0]);
      expect(agglomerate(5, line([4, 4, 4, 4, 4]), linkage)).toEqual(tree);
      expect(new Set(cut(tree, 3)).size).toBe(3);
    }
    expect(cut(agglomerate(0, line([]), "single"), 3)).toEqual([]);
    expect(cut(agglomerate(1, line([5]), "single"), 3)).toEqual([0]);
    expect(leafOrder(agglomerate(0, line([]), "single"), line([]))).toEqual([]);
    expect(leafOrder(agglomerate(1, line([5]), "single"), line([5]))).toEqual([0]);
  });

  test("refuses more items than it can take, and distances that are none", () => {
    expect(() => agglomerate(MOST_ITEMS + 1, () => 1, "ward")).toThrow(
      expect.objectContaining({ code: "unsupported", fix: expect.stringContaining("k-medoids") }),
    );
    expect(() => agglomerate(3, () => Number.NaN, "ward")).toThrow(/items 1 and 0 is NaN/);
  });

  test("of tied distances a tree all the same: each item once, heights ascending", () => {
    const ties = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(ties, fc.constantFrom(...LINKAGES), fc.integer({ min: 1, max: 22 }), (points, linkage, k) => {
        const tree = agglomerate(points.length, line(points), linkage);
        expect(tree).toEqual(agglomerate(points.length, line(points), linkage));
        const nodes = tree.joints.flatMap(({ left, right }) => [left, right]).sort((a, b) => a - b);
        expect(nodes).toEqual(Array.from({ length: 2 * points.length - 2 }, (_, node) => node));
        expect(heights(tree)).toEqual(heights(tree).toSorted((a, b) => a - b));
        for (const [joint, { left, right }] of tree.joints.entries()) {
          expect(Math.max(left, right)).toBeLessThan(points.length + joint);
        }
        const clusters = cut(tree, k);
        const sizes = membersOf(clusters).map(({ length }) => length);
        expect(sizes).toHaveLength(Math.min(k, points.length));
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
        const order = leafOrder(tree, line(points));
        expect(order.toSorted((a, b) => a - b)).toEqual(points.map((_, item) => item));
        // Clusters stay together in the order.
        const changes = order.filter((item, at) => at > 0 && clusters[item] !== clusters[order[at - 1]!]);
        expect(changes).toHaveLength(sizes.length - 1);
      }),
    );
  });
});

/** By definition: the distance of two clusters anew from their members, over all pairs; partitions after each joint. */
function naivelyJoined(points: readonly (readonly number[])[], distance: Distance, linkage: Linkage) {
  let clusters = points.map((_, item) => [item]);
  const mean = (items: readonly number[], axis: number) =>
    items.reduce((sum, item) => sum + points[item]![axis]!, 0) / items.length;
  const between = (a: readonly number[], b: readonly number[]): number => {
    const all = a.flatMap((i) => b.map((j) => distance(i, j)));
    if (linkage === "single") return Math.min(...all);
    if (linkage === "complete") return Math.max(...all);
    if (linkage === "average") return all.reduce((sum, each) => sum + each, 0) / all.length;
    const apart = Math.hypot(...[0, 1, 2].map((axis) => mean(a, axis) - mean(b, axis)));
    return Math.sqrt((2 * a.length * b.length) / (a.length + b.length)) * apart;
  };
  const heights: number[] = [];
  const partition = () => points.map((_, item) => clusters.findIndex((cluster) => cluster.includes(item)));
  const partitions = [partition()];
  while (clusters.length > 1) {
    const pairs = clusters.flatMap((a, i) => clusters.slice(0, i).map((b) => ({ a, b, height: between(a, b) })));
    const { a, b, height } = pairs.reduce((best, pair) => (pair.height < best.height ? pair : best));
    clusters = [...clusters.filter((cluster) => cluster !== a && cluster !== b), [...a, ...b]];
    heights.push(height);
    partitions.push(partition());
  }
  return { heights, partitions };
}

describe("leafOrder", () => {
  test("turns subtrees so that neighbours meet", () => {
    // {0, 1} at 10 and 9, {2, 3} at 0 and 1.5: 10, 9, 1.5, 0 or its reverse, whichever way round the pairs were joined.
    const distance = line([10, 9, 0, 1.5]);
    const order = leafOrder(agglomerate(4, distance, "average"), distance);
    expect(order[0] === 0 ? order : order.toReversed()).toEqual([0, 1, 3, 2]);
  });

  test("sorts what lies on a line", () => {
    const points = Array.from({ length: 40 }, (_, i) => ((i * 17) % 40) ** 1.5);
    const order = leafOrder(agglomerate(40, line(points), "single"), line(points)).map((item) => points[item]!);
    const ascending = order[0]! < order[1]! ? order : order.toReversed();
    expect(ascending).toEqual(points.toSorted((a, b) => a - b));
  });
});

describe("silhouette", () => {
  test("by hand: 0, 1 and 5, 7, 9", () => {
    // a, b of each: 1, 7; 1, 6; 3, 4.5; 2, 6.5; 3, 8.5.
    const expected = (6 / 7 + 5 / 6 + 1.5 / 4.5 + 4.5 / 6.5 + 5.5 / 8.5) / 5;
    expect(silhouette(5, line([0, 1, 5, 7, 9]), [1, 1, 0, 0, 0])).toBeCloseTo(expected, 14);
  });

  test("0 of items alone and of equal ones, null of one cluster and of nothing", () => {
    // 0 and 1 against 5: 4 / 5 and 3 / 4; the third is alone.
    expect(silhouette(3, line([0, 1, 5]), [0, 0, 1])).toBeCloseTo((4 / 5 + 3 / 4) / 3, 14);
    expect(silhouette(4, line([2, 2, 2, 2]), [0, 0, 1, 1])).toBe(0);
    expect(silhouette(2, line([0, 1]), [0, 0])).toBeNull();
    expect(silhouette(0, line([]), [])).toBeNull();
  });
});

describe("kMedoids", () => {
  test("by hand: 0, 1, 2, 10, 11, 30", () => {
    const distance = line([0, 1, 2, 10, 11, 30]);
    expect(kMedoids(6, distance, 1)).toEqual([0, 0, 0, 0, 0, 0]);
    // About 2 and 30: 2 + 1 + 8 + 9 = 20, and no two others come to less.
    expect(kMedoids(6, distance, 2)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(kMedoids(6, distance, 3)).toEqual([0, 0, 0, 1, 1, 2]);
    expect(kMedoids(6, distance, 9)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(kMedoids(0, distance, 2)).toEqual([]);
    expect(kMedoids(1, distance, 2)).toEqual([0]);
  });

  test("equal items still make k clusters", () => {
    expect(kMedoids(4, line([3, 3, 3, 3]), 3)).toEqual([0, 1, 2, 0]);
  });

  test("no swap of a medoid with an item would bring items nearer", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 5 }), (seed, k) => {
        const { distance } = drawn(seed, 14);
        const clusters = kMedoids(14, distance, k);
        expect(clusters).toEqual(kMedoids(14, distance, k));
        const members = membersOf(clusters);
        expect(members).toHaveLength(k);
        // Either of two items may be their medoid: of one choice no swap is a gain.
        const cannotGain = (medoids: readonly number[]) => {
          const least = totalOf(14, medoids, distance) - 1e-9;
          const swaps = medoids.flatMap((_, place) =>
            Array.from({ length: 14 }, (_, item) => medoids.with(place, item)),
          );
          return swaps.every((swapped) => totalOf(14, swapped, distance) > least);
        };
        expect(choicesOf(members.map((each) => medoidsOf(each, distance))).some(cannotGain)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

/** The members that are nearest to all. */
const medoidsOf = (members: readonly number[], distance: Distance) => {
  const least = Math.min(...members.map((item) => sumTo(item, members, distance)));
  return members.filter((item) => sumTo(item, members, distance) < least + 1e-9);
};
/** All ways to take one of each. */
const choicesOf = (options: readonly (readonly number[])[]): number[][] =>
  options.reduce<number[][]>((some, next) => some.flatMap((taken) => next.map((item) => [...taken, item])), [[]]);
const sumTo = (item: number, members: readonly number[], distance: Distance) =>
  members.reduce((sum, other) => sum + distance(item, other), 0);
const totalOf = (n: number, medoids: readonly number[], distance: Distance) =>
  Array.from({ length: n }, (_, item) => Math.min(...medoids.map((medoid) => distance(item, medoid)))).reduce(
    (sum, nearest) => sum + nearest,
    0,
  );

describe("connectedComponents", () => {
  test("by hand, joined one way round or the other", () => {
    const joined = new Set(["0-4", "4-2", "1-3"]);
    expect(connectedComponents(6, (i, j) => joined.has(`${i}-${j}`))).toEqual([0, 1, 0, 1, 0, 2]);
    expect(connectedComponents(0, () => true)).toEqual([]);
    expect(connectedComponents(3, () => true)).toEqual([0, 0, 0]);
  });

  test("of a threshold are the single linkage cut there", () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.05, max: 0.8, noNaN: true }), (seed, most) => {
        const { distance } = drawn(seed, 20);
        const tree = agglomerate(20, distance, "single");
        const k = 20 - heights(tree).filter((height) => height <= most).length;
        expect(connectedComponents(20, (i, j) => distance(i, j) <= most)).toEqual(cut(tree, k));
      }),
      { numRuns: 30 },
    );
  });
});
