/** Questions of a small graph: two branches from `a` that meet in `e`, and `z` that nothing reads. */
import { expect, test } from "vitest";
import { ancestorsOf, descendantsOf, layersByName, readCounts, readersOf, withoutUnread } from "./graph.ts";
import { join, net, plain } from "./layers.fixture.ts";

const layers = [
  plain("identity", "a", "x"),
  plain("identity", "b", "a"),
  plain("identity", "c", "a"),
  join("d", ["c", "c"]),
  join("e", ["b", "d"]),
  plain("identity", "z", "b"),
];
const graph = net(layers, ["e", "b"]);

test("readers", () => {
  const readers = Object.fromEntries(
    [...readersOf(graph)].map(([name, list]) => [name, list.map((layer) => layer.name)]),
  );
  expect(readers).toEqual({ x: ["a"], a: ["b", "c"], b: ["e", "z"], c: ["d"], d: ["e"], e: [], z: [] });
  expect(Object.fromEntries(readCounts(graph))).toEqual({ x: 1, a: 2, b: 3, c: 2, d: 1, e: 1 });
  expect(layersByName(graph).get("d")).toBe(layers[3]);
});

test("descendants and ancestors", () => {
  expect([...descendantsOf(graph, ["c"])]).toEqual(["d", "e"]);
  expect([...descendantsOf(graph, ["a", "b"])].sort()).toEqual(["b", "c", "d", "e", "z"]);
  expect([...ancestorsOf(graph, ["d"])].sort()).toEqual(["a", "c", "x"]);
});

test("what no output needs goes; a network without such layers stays the same object", () => {
  const needed = withoutUnread(graph);
  expect(needed.layers.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e"]);
  expect(withoutUnread(needed)).toBe(needed);
});
