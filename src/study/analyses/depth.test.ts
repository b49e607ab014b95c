import { describe, expect, test } from "vitest";
import type { DepthRecord, GroupsRecord } from "../analysis-records.ts";
import type { LayerSummary } from "../records.ts";
import type { Sweep } from "../study.ts";
import { rowsOfSweep, standIns } from "../sweep-rows.ts";
import { depth } from "./depth.ts";
import { type Ablated, inputOf, LAYERS } from "./input.test-support.ts";

const LABELS = Array.from({ length: 20 }, (_, n) => n % 2);
const right = (count: number) => "1".repeat(count) + "0".repeat(20 - count);
const FRACTION: Sweep = { ablate: "fraction", layers: "all", fractions: [0.25, 0.5], draws: 3, choose: "random" };
const options = { analyse: "depth" } as const;

/** Rows as they come: the layer's quarter three times, then its half. */
const ablations: Ablated[] = [
  { sites: [[0, 0]], right: right(16) },
  { sites: [[0, 1]], right: right(14) },
  { sites: [[0, 2]], right: right(12) },
  { sites: [[0, 0, 1]], right: right(8) },
  { sites: [[0, 0, 2]], right: right(12) },
  { sites: [[0, 1, 3]], right: right(7) },
  { sites: [[1, 0]], right: right(10) },
];
const input = (more: readonly Ablated[] = [], change: Partial<Ablated> = {}) =>
  inputOf(LABELS, right(18), [
    { sweep: FRACTION, ablations: [...ablations, ...more].map((a) => ({ ...a, ...change })) },
  ]);
const places = (record: DepthRecord | undefined) =>
  record!.points.map(({ layer, by, level, group, ablated, units, n }) => [layer, by, level, group, ablated, units, n]);

describe("depth", () => {
  const [record, ...others] = depth(input(), options);

  test("mean drops by layer and the share that was asked for, worked by hand", () => {
    expect(others).toEqual([]);
    expect(record).toMatchObject({ sweep: 0, samples: 20 });
    expect(places(record)).toEqual([
      ["first", "share", 0.25, "", [1, 1], 4, 3],
      ["first", "share", 0.5, "", [2, 2], 4, 3],
      ["second", "share", 0.25, "", [1, 1], 3, 1],
    ]);
    // 18 right intact.
    expect(record!.points.map(({ dropPp }) => Math.round(dropPp))).toEqual([20, 45, 40]);
    // Samples alternate between the classes: 9 of each intact, 8, 7 and 6 after.
    expect(record!.points[0]!.classDropsPp).toEqual([expect.closeTo(20, 10), expect.closeTo(20, 10)]);
    expect(record!.points[0]!.top5DropPp).toBeNull();
  });

  test("intervals: Student's of several within what can be lost, Wilson's of one", () => {
    const [quarter, half, one] = record!.points;
    // Drops 10, 20, 30: s = 10, t of two degrees 4.302653. Drops 50, 30, 55: s^2 = 175.
    const student = (mean: number, s: number, t: number, n: number) => [
      mean - (t * s) / Math.sqrt(n),
      mean + (t * s) / Math.sqrt(n),
    ];
    const [low, high] = student(20, 10, 4.30265273, 3);
    expect(quarter!.interval).toEqual([expect.closeTo(low!, 6), expect.closeTo(high!, 6)]);
    expect(half!.interval).toEqual([
      expect.closeTo(student(45, Math.sqrt(175), 4.30265273, 3)[0]!, 6),
      expect.closeTo(77.862, 3),
    ]);
    // Wilson's of 10 of 20 is 0.5 -+ h, h = z / (2 sqrt(20 + z^2)).
    const wilson = 1.959963984540054 / (2 * Math.sqrt(20 + 1.959963984540054 ** 2));
    expect(one!.interval).toEqual([expect.closeTo(100 * (0.4 - wilson), 8), expect.closeTo(100 * (0.4 + wilson), 8)]);
    const two = depth(input([{ sites: [[1, 1]], right: right(2) }]), options)[0]!.points[2]!;
    // Drops 40 and 80; t of one degree 12.706: no more than all that is right, and no less than all that is wrong, can change.
    expect(two).toMatchObject({ n: 2, interval: [-10, 90] });
  });

  test("top-5 where both sides have it", () => {
    const known = input([], { more: { correctTop5: 15, classCorrectTop5: [9, 6] } });
    const withTop5 = { ...known, baseline: { ...known.baseline, correctTop5: 20, classCorrectTop5: [10, 10] } };
    const top5Of = (of: typeof known) =>
      depth(of, options)[0]!.points.map(({ top5DropPp, classTop5DropsPp }) => [top5DropPp, classTop5DropsPp]);
    expect(top5Of(withTop5)).toEqual(new Array(3).fill([25, [10, 40]]));
    expect(top5Of(known)).toEqual(new Array(3).fill([null, null]));
  });

  test("replacements are records of their own", () => {
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

/** Every row of a sweep over these layers, as it would be measured, under each replacement. */
function rowsOf(sweep: Sweep, layers: readonly LayerSummary[], groups: readonly GroupsRecord[] = []) {
  const groupsOf = (_: number, layer: LayerSummary) =>
    groups.find(({ layerIndex }) => layerIndex === layer.layerIndex)?.groups ?? [];
  const parts = rowsOfSweep(sweep, 0, 1, layers, 2, { ...standIns, groups: groupsOf });
  return (sweep.replacements ?? [{ kind: "zero" }]).flatMap(({ kind: replacement }) =>
    parts.flatMap(({ count, sitesAt }) =>
      Array.from({ length: count }, (_, i): Ablated => {
        const sites = sitesAt(i).map(({ layerIndex, units }) => [layerIndex, ...units] as const);
        return { sites, right: right(9), replacement, bitless: true };
      }),
    ),
  );
}

describe("the level asked for", () => {
  const layers = [64, 128, 256, 512].map((units, layerIndex) => ({ layer: `conv${layerIndex}`, layerIndex, units }));
  const levelsOf = (sweep: Sweep, over: readonly LayerSummary[] = layers, groups: readonly GroupsRecord[] = []) =>
    depth(inputOf(LABELS, right(18), [{ sweep, ablations: rowsOf(sweep, over, groups) }], over), options, groups);

  test("one fraction is one series, however wide the layers", () => {
    const sweep: Sweep = { ablate: "fraction", layers: "all", fractions: [0.01, 0.1], draws: 3, choose: "random" };
    const [record] = levelsOf(sweep);
    expect(places(record).filter(([, , level]) => level === 0.01)).toEqual(
      layers.map(({ layer, units }, i) => [layer, "share", 0.01, "", Array(2).fill([1, 1, 3, 5][i]), units, 3]),
    );
    expect(record!.points.filter(({ level }) => level === 0.1).map(({ ablated }) => ablated[0])).toEqual([
      6, 13, 26, 51,
    ]);
    const both = levelsOf({ ...sweep, replacements: [{ kind: "zero" }, { kind: "mean" }] });
    expect(both.map((one) => places(one))).toEqual([places(record), places(record)]);
  });

  test.each<[string, Sweep, string[]]>([
    ["each unit", { ablate: "each-unit", layers: "all" }, ["units 1 x4", "units 1 x3"]],
    ["pairs", { ablate: "pairs", layers: "all", across: false }, ["units 2 x6", "units 2 x3"]],
    ["whole layers", { ablate: "whole-layer", layers: "all" }, ["share 1 x1", "share 1 x1"]],
    [
      "some points of an order",
      { ablate: "cumulative", layers: "all", order: "random", from: "most", draws: 2, points: 2 },
      ["share 0.5 x2", "share 1 x2", "share 0.5 x2", "share 1 x2"],
    ],
    [
      "every point of an order",
      { ablate: "cumulative", layers: "all", order: "random", from: "most", draws: 1, points: null },
      ["units 1 x1", "units 2 x1", "units 3 x1", "units 4 x1", "units 1 x1", "units 2 x1", "units 3 x1"],
    ],
    [
      "units that are kept",
      { ablate: "keep-only", layers: "all", order: "random", keep: [1], draws: 2 },
      ["kept 1 x2", "kept 1 x2"],
    ],
  ])("of %s", (_, sweep, expected) => {
    const [record] = levelsOf(sweep, LAYERS);
    expect(record!.points.map(({ by, level, n }) => `${by} ${level} x${n}`)).toEqual(expected);
  });

  const groupsOf = (layerIndex: number, groups: GroupsRecord["groups"]): GroupsRecord => ({
    type: "analysis",
    name: "groups",
    layer: LAYERS[layerIndex]!.layer,
    layerIndex,
    sweep: 0,
    similarity: "weights-cosine",
    grouping: "",
    groups,
    n: 1,
  });
  const group = (kind: "similar" | "random", share: number | null, ...units: number[]) => ({
    kind,
    share,
    units,
    within: null,
  });
  const SIMILAR = { ablate: "similar", layers: "all", similarity: "weights-cosine", controls: ["random"] } as const;

  test("of clusters is their mean share, whatever their size; controls are apart", () => {
    const sweep: Sweep = { ...SIMILAR, grouping: { kind: "k-medoids" }, fractions: [0.5] };
    const groups = [
      groupsOf(1, [
        group("similar", 0.5, 1, 2),
        group("random", 0.5, 0, 1),
        group("similar", 0.5, 0),
        group("random", 0.5, 2),
      ]),
      groupsOf(0, [
        group("similar", 0.5, 0, 1, 2),
        group("random", 0.5, 1, 2, 3),
        group("similar", 0.5, 3),
        group("random", 0.5, 0),
      ]),
    ];
    const [record, ...rest] = levelsOf(
      { ...sweep, replacements: [{ kind: "zero" }, { kind: "mean" }] },
      LAYERS,
      groups,
    );
    expect(places(record)).toEqual([
      ["first", "share", 0.5, "similar", [1, 3], 4, 2],
      ["first", "share", 0.5, "random", [1, 3], 4, 2],
      ["second", "share", 0.5, "similar", [1, 2], 3, 2],
      ["second", "share", 0.5, "random", [1, 2], 3, 2],
    ]);
    expect(rest.map((one) => places(one))).toEqual([places(record)]);
  });

  test("of a group that stands for several shares is each of them", () => {
    const sweep: Sweep = {
      ...SIMILAR,
      controls: [],
      grouping: { kind: "nearest", seeds: 1 },
      fractions: [0.1, 0.3, 0.6],
    };
    const groups = [0, 1].map((layer) =>
      groupsOf(layer, [{ ...group("similar", 0.1, 0), shares: [0.1, 0.3] }, group("similar", 0.6, 0, 1)]),
    );
    const [record] = levelsOf(sweep, LAYERS, groups);
    expect(record!.points.map(({ layer, level, ablated, n }) => [layer, level, ablated, n])).toEqual(
      ["first", "second"].flatMap((layer) => [
        [layer, 0.1, [1, 1], 1],
        [layer, 0.3, [1, 1], 1],
        [layer, 0.6, [2, 2], 1],
      ]),
    );
  });

  test("of groups by threshold is the threshold", () => {
    const grouping = { kind: "threshold", thresholds: [0.9, 0.5], seeds: 1 } as const;
    const sweep: Sweep = { ...SIMILAR, controls: [], grouping, fractions: [] };
    const groups = [0, 1].map((layer) => groupsOf(layer, [group("similar", null, 0), group("similar", null, 0, 1)]));
    const [record] = levelsOf(sweep, LAYERS, groups);
    expect(record!.points.map(({ by, level, ablated }) => [by, level, ablated])).toEqual([
      ["threshold", 0.5, [2, 2]],
      ["threshold", 0.9, [1, 1]],
      ["threshold", 0.5, [2, 2]],
      ["threshold", 0.9, [1, 1]],
    ]);
  });
});
