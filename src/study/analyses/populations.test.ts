import { describe, expect, test } from "vitest";
import { type Ablated, EACH_UNIT, inputOf } from "./input.test-support.ts";
import { populations } from "./populations.ts";

const LABELS = Array.from({ length: 40 }, (_, n) => Math.floor(n / 10));
const INTACT = "1".repeat(40);
/** As many samples wrong of each class. */
const losing = (...lost: number[]) => lost.map((count) => "0".repeat(count) + "1".repeat(10 - count)).join("");
const LAYER = [{ layer: "only", layerIndex: 0, units: 7 }];
/** Two units of class 0, three of class 2, two of hardly any effect. */
const RIGHT = [
  losing(9, 0, 0, 0),
  losing(0, 0, 8, 0),
  losing(0, 0, 0, 0),
  losing(0, 1, 9, 0),
  losing(8, 1, 0, 0),
  losing(0, 0, 7, 0),
  losing(0, 0, 0, 1),
];
const ablations = RIGHT.map((right, unit): Ablated => ({ sites: [[0, unit]], right, bitless: true }));
const input = inputOf(LABELS, INTACT, [{ sweep: EACH_UNIT, ablations }], LAYER);
const options = { analyse: "populations", layers: "all", by: ["effect"], clusters: null } as const;

describe("by effect", () => {
  test("as many as the silhouette likes best, the largest first", () => {
    const [record, ...others] = populations(input, options);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ by: "effect", layer: "only", k: 3, n: 7, clusters: [1, 0, 2, 0, 1, 0, 2] });
    expect(record!.silhouettes).toHaveLength(5);
    expect(record!.silhouette).toBe(record!.silhouettes[1]);
    expect(record!.silhouette).toBe(Math.max(...record!.silhouettes.map((value) => value!)));
    expect(record!.profiles[0]!.map((drop) => Math.round(drop))).toEqual([0, 3, 80, 0]);
    expect(record!.profiles[1]!.map((drop) => Math.round(drop))).toEqual([85, 5, 0, 0]);
    const inOrder = record!.order.map((unit) => record!.clusters[unit]);
    expect(inOrder.filter((cluster, i) => cluster !== inOrder[i - 1])).toHaveLength(3);
  });

  test("or as many as are wished for", () => {
    expect(populations(input, { ...options, clusters: 2 })[0]).toMatchObject({ k: 2 });
    expect(populations(input, { ...options, clusters: 99 })[0]).toMatchObject({ k: 7 });
  });

  test("of few units, or of alike ones, there is one", () => {
    const first = (count: number, right: string) =>
      populations(
        inputOf(
          LABELS,
          INTACT,
          [{ sweep: EACH_UNIT, ablations: ablations.slice(0, count).map((each) => ({ ...each, right })) }],
          LAYER,
        ),
        options,
      );
    expect(first(0, INTACT)).toEqual([]);
    expect(first(1, INTACT)).toMatchObject([{ k: 1, clusters: [0], silhouette: null, silhouettes: [], order: [0] }]);
    expect(first(2, INTACT)).toMatchObject([{ k: 1, clusters: [0, 0] }]);
    expect(first(5, INTACT)).toMatchObject([{ k: 1, clusters: [0, 0, 0, 0, 0] }]);
  });
});

describe("by activation", () => {
  const means = [
    [1, 0, 0.1],
    [100, 0, 9],
    [0, 3, 3],
    [0, 0.2, 0.2],
    [0, 0, 0],
  ];
  const both = { ...options, by: ["activation", "effect"] } as const;

  test("scale does not count, and profiles are activations", () => {
    const [record, effect] = populations(input, both, (layerIndex) => (layerIndex === 0 ? means : null));
    expect(effect!.by).toBe("effect");
    expect(record).toMatchObject({ by: "activation", units: [0, 1, 2, 3, 4], clusters: [0, 0, 1, 1, 2], k: 3 });
    expect(record!.profiles[1]!.map((mean) => Math.round(mean * 100))).toEqual([0, 160, 160]);
  });

  test("without activations, or of layers not chosen, there is none", () => {
    expect(populations(input, both)).toHaveLength(1);
    expect(populations(input, { ...both, layers: ["other"] }, () => means)).toEqual([]);
  });
});
