import { expect, test } from "vitest";
import { type Ablated, EACH_UNIT, inputOf } from "./input.test-support.ts";
import { overlap } from "./overlap.ts";
import { MOST_UNITS } from "./single-units.ts";

const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0];
const INTACT = "11111100";
const options = { analyse: "overlap", layers: "all" } as const;

test("Jaccard indices of lost samples, worked by hand; what was wrong already is not lost", () => {
  const ablations: Ablated[] = [
    { sites: [[0, 0]], right: "00001100" },
    { sites: [[0, 1]], right: "11111111" },
    { sites: [[0, 2]], right: "11000000" },
    { sites: [[0, 3]], right: "00011111" },
    { sites: [[1, 1]], right: "01111100" },
    { sites: [[1, 2]], right: "01111100", bitless: true },
    { sites: [[0, 0, 1]], right: "00000000" },
  ];
  // Lost: 0..3; none; 2..5; 0..2.
  const [first, second, ...others] = overlap(inputOf(ZEROS, INTACT, [{ sweep: EACH_UNIT, ablations }]), options);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ layer: "first", sweep: 0, replacement: "zero", units: [0, 1, 2, 3], n: 6 });
  expect(first!.lost).toEqual([4, 0, 4, 3]);
  expect(first!.jaccard).toEqual([
    [1, 0, 2 / 6, 3 / 4],
    [0, null, 0, 0],
    [2 / 6, 0, 1, 1 / 6],
    [3 / 4, 0, 1 / 6, 1],
  ]);
  // 0 and 3 meet first.
  expect(Math.abs(first!.order.indexOf(0) - first!.order.indexOf(3))).toBe(1);
  expect(second).toMatchObject({ layer: "second", units: [1], jaccard: [[1]], order: [0] });
});

test("replacements are apart, a layer is chosen, ablations in part of the samples and of several units are left out", () => {
  const input = inputOf(ZEROS, INTACT, [
    {
      sweep: { ablate: "sets", sets: [] },
      ablations: [
        { sites: [[0, 2]], right: "01111100", replacement: "mean" },
        { sites: [[0, 2]], right: "00111100" },
        { sites: [[0, 2]], right: "00000000" },
        { sites: [[0, 1]], right: "00111100", more: { samples: 4 } },
        { sites: [[1, 0]], right: "00111100" },
      ],
    },
    { sweep: { ablate: "whole-layer", layers: "all" }, ablations: [{ sites: [[0, 0]], right: INTACT }] },
  ]);
  const records = overlap(input, { ...options, layers: ["first"] });
  expect(records.map(({ replacement, units, lost }) => [replacement, units, lost])).toEqual([
    ["mean", [2], [1]],
    ["zero", [2], [2]],
  ]);
});

test("of a wide layer the units that lose most are shown", () => {
  const wide = Array.from({ length: MOST_UNITS + 8 }, (_, unit): Ablated => {
    return { sites: [[0, unit]], right: unit % 65 === 3 ? INTACT : "01111100" };
  });
  const layers = [{ layer: "wide", layerIndex: 0, units: wide.length }];
  const input = inputOf(ZEROS, INTACT, [{ sweep: EACH_UNIT, ablations: wide }], layers);
  const [record] = overlap(input, options);
  expect(record!.units).toHaveLength(MOST_UNITS);
  expect(record!.units.filter((unit) => unit % 65 === 3)).toEqual([]);
});
