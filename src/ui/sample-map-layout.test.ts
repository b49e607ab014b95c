import { expect, test } from "vitest";
import { groupsByClass, groupsByStatus, mapLayout, sampleAt } from "./sample-map-layout.ts";

// A plane 4 wide and 2 high.
const POINTS = [-2, -1, 2, 1, 0, 0, 2, -1];

test("both axes have one scale, the second upwards, and what lies within the margins is as wide as there is room", () => {
  const { x, y, width, height } = mapLayout(POINTS, 420);
  expect([...x]).toEqual([10, 410, 210, 410]);
  expect([...y]).toEqual([210, 10, 110, 210]);
  expect([width, height]).toEqual([420, 220]);
});

test("one sample, or none, has a place", () => {
  expect([...mapLayout([5, 5], 300).x]).toEqual([150]);
  expect(mapLayout([], 300).height).toBe(20);
});

test("the nearest sample within reach", () => {
  const layout = mapLayout(POINTS, 420);
  expect(sampleAt(layout, { x: 212, y: 105 })).toBe(2);
  expect(sampleAt(layout, { x: 300, y: 105 })).toBeNull();
});

test("classes have colours in their own order; of more than ten the largest nine, and the others together", () => {
  const few = groupsByClass({ labels: [2, 0, 2] }, ["a", "b", "c"]);
  expect([few.names, few.colours, few.counts, [...few.groupOf]]).toEqual([
    ["a", "c"],
    ["c0", "c1"],
    [1, 2],
    [1, 0, 1],
  ]);
  const many = groupsByClass({ labels: Array.from({ length: 23 }, (_, i) => (i < 12 ? i : 11)) }, []);
  expect(many.names).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "11", "other classes"]);
  expect(many.counts).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 12, 3]);
  expect([many.groupOf[11], many.groupOf[8]]).toEqual([8, 9]);
});

test("lost and gained samples are drawn on the others", () => {
  const { names, counts, order } = groupsByStatus(Uint8Array.of(0, 1, 0, 3));
  expect([names, counts]).toEqual([
    ["kept", "lost", "gained", "wrong"],
    [2, 1, 0, 1],
  ]);
  expect(order.slice(2).map((group) => names[group])).toEqual(["lost", "gained"]);
});
