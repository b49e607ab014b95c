import { expect, test } from "vitest";
import { classDamage, entropyOf, selectivityOf } from "./class-damage.ts";
import { type Ablated, EACH_UNIT, inputOf } from "./input.test-support.ts";

test("entropy and selectivity, worked by hand", () => {
  expect(entropyOf([10, 0, 0, 0])).toBe(0);
  expect(entropyOf([5, 5, 5, 5])).toBeCloseTo(1, 12);
  // Two of four classes: log 2 / log 4.
  expect(entropyOf([5, 0, 5, 0])).toBeCloseTo(0.5, 12);
  expect(entropyOf([0, 0])).toBeNull();
  expect(entropyOf([3])).toBe(0);
  expect(selectivityOf([10, 0, 0, 0])).toBe(1);
  expect(selectivityOf([5, 5, 5, 5])).toBe(0);
  expect(selectivityOf([9, 1, 2, 3])).toBeCloseTo((9 - 2) / (9 + 2), 12);
  expect(selectivityOf([0, 0])).toBeNull();
});

test("the atlas of a layer", () => {
  // Classes 0, 1, 2 of four samples each, and class 4; class 3 has none.
  const labels = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4];
  const intact = "1110111111111100";
  const ablations: Ablated[] = [
    { sites: [[0, 3]], right: "0110011101110100" },
    { sites: [[0, 0]], right: "1110000011111100" },
    { sites: [[0, 1]], right: "1111111111111111", bitless: true },
  ];
  const [record, ...others] = classDamage(inputOf(labels, intact, [{ sweep: EACH_UNIT, ablations }]), {
    analyse: "class-damage",
    layers: "all",
  });
  expect(others).toEqual([]);
  expect(record).toMatchObject({ layer: "first", sweep: 0, replacement: "zero", units: [0, 1, 3], n: 16 });
  expect(record!.drops).toEqual([
    [0, 100, 0, 0, 0],
    [-25, 0, 0, 0, -50],
    [25, 25, 25, 0, 25],
  ]);
  expect(record!.kind).toEqual(["selective", "none", "global"]);
  expect(record!.entropy).toEqual([0, null, 1]);
  expect(record!.selectivity).toEqual([1, null, 0]);
  expect(record!.classSamples).toEqual([4, 4, 4, 0, 4]);
  expect([...record!.order].sort()).toEqual([0, 1, 2]);
  expect([...record!.classOrder].sort()).toEqual([0, 1, 2, 3, 4]);
});

test("drops of less than a percentage point are no effect", () => {
  const labels = Array.from({ length: 202 }, (_, n) => n % 2);
  const ablations: Ablated[] = [{ sites: [[0, 0]], right: `0${"1".repeat(201)}` }];
  const input = inputOf(labels, "1".repeat(202), [{ sweep: EACH_UNIT, ablations }]);
  const [record] = classDamage(input, { analyse: "class-damage", layers: "all" });
  expect(record!.drops[0]![0]).toBeCloseTo(100 / 101, 10);
  expect(record).toMatchObject({ kind: ["none"], entropy: [0] });
});
