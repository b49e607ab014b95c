import { expect, test } from "vitest";
import { type Ablated, EACH_UNIT, inputOf } from "./input.test-support.ts";
import { replacements } from "./replacements.ts";

const LABELS = Array.from({ length: 20 }, () => 0);
const right = (count: number) => "1".repeat(count) + "0".repeat(20 - count);
const options = { analyse: "replacements", layers: "all" } as const;
/** The first layer's units, right as counted; null: not measured. */
const layer = (replacement: string, counts: readonly (number | null)[], layerIndex = 0): Ablated[] =>
  counts.flatMap((count, unit) =>
    count === null ? [] : [{ sites: [[layerIndex, unit]], right: right(count), replacement, bitless: true }],
  );

test("drops and rank correlations of one sweep with several replacements, or of several sweeps", () => {
  const zero = layer("zero", [18, 12, 6, 10]);
  const mean = layer("mean", [19, 16, 12, 18]);
  const pre = layer("pre-activation zero", [6, 12, 18, 14]);
  const [record, ...others] = replacements(
    inputOf(LABELS, right(20), [
      { sweep: EACH_UNIT, ablations: [...zero, ...layer("zero", [1, 2, 3], 1), ...mean] },
      { sweep: EACH_UNIT, ablations: [...pre, ...layer("zero", [1, 1, 1, 1])] },
    ]),
    options,
  );
  expect(others).toEqual([]);
  expect(record).toMatchObject({
    layer: "first",
    replacements: ["zero", "mean", "pre-activation zero"],
    units: [0, 1, 2, 3],
    n: 4,
  });
  expect(record!.dropsPp[0]).toEqual([expect.closeTo(10, 10), 40, 70, 50]);
  // Ranks of right samples: 4 3 1 2, then 4 2 1 3: 1 - 6 * 2 / 60; and the reverse of the first.
  expect(record!.spearman).toEqual([
    [expect.closeTo(1, 12), expect.closeTo(0.8, 12), expect.closeTo(-1, 12)],
    [expect.closeTo(0.8, 12), expect.closeTo(1, 12), expect.closeTo(-0.8, 12)],
    [expect.closeTo(-1, 12), expect.closeTo(-0.8, 12), expect.closeTo(1, 12)],
  ]);
  // Of four units there is no interval.
  expect(record!.intervals.flat()).toEqual(Array(9).fill(null));
});

test("intervals stand as the coefficients do, none on the diagonal", () => {
  const layers = [{ layer: "wide", layerIndex: 0, units: 6 }];
  const counts = [18, 12, 6, 10, 4, 15];
  const opposite = counts.map((count) => 20 - count);
  const ablations = [...layer("zero", counts), ...layer("mean", opposite)];
  const [record] = replacements(inputOf(LABELS, right(20), [{ sweep: EACH_UNIT, ablations }], layers), options);
  const [zero, mean] = record!.intervals;
  expect([zero![0], mean![1]]).toEqual([null, null]);
  expect(zero![1]).toEqual([expect.closeTo(-1, 12), expect.closeTo(-1, 12)]);
  expect(mean![0]).toEqual(zero![1]);
});

test("units that one replacement lacks are left out; of two units there is no correlation", () => {
  const input = inputOf(LABELS, right(20), [
    { sweep: EACH_UNIT, ablations: [...layer("zero", [18, null, 6, 10]), ...layer("mean", [19, 16, null, 12])] },
  ]);
  const [record] = replacements(input, options);
  expect(record).toMatchObject({
    units: [0, 3],
    n: 2,
    spearman: [
      [null, null],
      [null, null],
    ],
  });
  expect(record!.dropsPp).toEqual([
    [expect.closeTo(10, 10), 50],
    [expect.closeTo(5, 10), 40],
  ]);
  expect(replacements(input, { ...options, layers: ["second"] })).toEqual([]);
});
