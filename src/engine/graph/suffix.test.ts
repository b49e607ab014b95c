/** What damage makes necessary: how far channels keep apart, where layers are entered, what is shared. */
import { describe, expect, test } from "vitest";
import { type Layer, LINEAR, type Network, RELU } from "../../network/network.ts";
import { compileGraph } from "./compiled-graph.ts";
import { rootsOf, type Suffix, suffixOf } from "./suffix.ts";

const SAME = { top: 1, left: 1, bottom: 1, right: 1 };
const conv = (name: string, input: string, inChannels: number, outChannels: number, groups = 1): Layer => ({
  kind: "conv2d",
  name,
  inputs: [input],
  inChannels,
  outChannels,
  groups,
  kernel: [3, 3],
  stride: [1, 1],
  dilation: [1, 1],
  padding: SAME,
  weight: new Float32Array((9 * inChannels * outChannels) / groups).fill(0.1),
  bias: null,
  activation: RELU,
});
const pool = (name: string, input: string): Layer => ({
  kind: "pool2d",
  name,
  inputs: [input],
  pool: "max",
  kernel: [2, 2],
  stride: [2, 2],
  dilation: [1, 1],
  padding: { top: 0, left: 0, bottom: 0, right: 0 },
  ceilMode: false,
  countIncludePad: false,
});
const add = (name: string, a: string, b: string): Layer => ({
  kind: "binary",
  name,
  inputs: [a, b],
  operator: "add",
  activation: RELU,
});
const dense = (name: string, input: string, inFeatures: number, outFeatures: number): Layer => ({
  kind: "dense",
  name,
  inputs: [input],
  inFeatures,
  outFeatures,
  weight: new Float32Array(inFeatures * outFeatures).fill(0.1),
  bias: null,
  activation: LINEAR,
});
const flatten = (name: string, input: string): Layer => ({ kind: "flatten", name, inputs: [input] });

function suffixIn(layers: readonly Layer[], first: string, deeper: readonly string[] = []): Suffix {
  const output = layers.at(-1)!.name;
  const network: Network = { name: "n", inputs: [{ name: "x", shape: [8, 8, 4] }], layers, outputs: [output] };
  const graph = compileGraph(network);
  return suffixOf(graph, first, new Set(deeper), graph.network.outputs[0]!);
}
const names = (items: Iterable<{ readonly name: string }>) => [...items].map(({ name }) => name);

describe("a chain", () => {
  const chain = [
    conv("c1", "x", 4, 4),
    pool("p1", "c1"),
    conv("c2", "p1", 4, 4),
    pool("p2", "c2"),
    flatten("f", "p2"),
    dense("d", "f", 16, 5),
  ];

  test("the pool after the damage is computed once, and the convolution after it entered by a difference", () => {
    const suffix = suffixIn(chain, "c1");
    expect(names(suffix.replaced)).toEqual(["p1"]);
    expect([...suffix.entries.keys()]).toEqual(["c2"]);
    expect(suffix.entries.get("c2")!.from).toMatchObject({ name: "p1", channelStart: 0 });
    expect(names(suffix.steps)).toEqual(["c2", "p2", "f", "d"]);
    expect([...suffix.preActivations]).toEqual(["c1", "c2"]);
  });

  test("a dense layer is entered through the flatten, from the map as it lay before", () => {
    const suffix = suffixIn(chain, "c2");
    expect(suffix.entries.get("d")!.from).toMatchObject({ name: "p2", shape: [2, 2, 4] });
    expect(names(suffix.steps)).toEqual(["d"]);
  });

  test("a further masked layer is masked where it is computed", () => {
    const suffix = suffixIn(chain, "c1", ["c2"]);
    expect([...suffix.masked]).toEqual(["c2"]);
    expect(names(suffix.steps)).toEqual(["c2", "p2", "f", "d"]);
  });
});

describe("branches", () => {
  const residual = [
    conv("c1", "x", 4, 4),
    conv("c2", "c1", 4, 4),
    add("sum", "c2", "c1"),
    conv("c3", "sum", 4, 4),
    flatten("f", "c3"),
    dense("d", "f", 256, 5),
  ];

  test("added to what is intact, damage keeps to its channels", () => {
    const suffix = suffixIn(residual, "c2");
    expect(names(suffix.replaced)).toEqual(["sum"]);
    expect([...suffix.entries.keys()]).toEqual(["c3"]);
    expect(suffix.selected.size).toBe(0);
    expect([...suffix.intact].sort()).toEqual(["c1", "c2", "sum"]);
  });

  test("added to what follows from it, damage is spelled out for each row", () => {
    const suffix = suffixIn(residual, "c1");
    expect([...suffix.entries.keys()]).toEqual(["c2"]);
    expect([...suffix.selected.values()]).toMatchObject([{ name: "c1" }]);
    const sum = suffix.steps.find(({ name }) => name === "sum")!;
    expect(sum.reads).toEqual(["c2", "c1 (each row)"]);
  });

  test("joined behind others, damage moves to later channels", () => {
    const joined = [
      conv("c1", "x", 4, 4),
      conv("c2", "x", 4, 8),
      { kind: "concat", name: "cat", inputs: ["c2", "c1"], axis: 2 } as const,
      conv("c3", "cat", 12, 4),
      flatten("f", "c3"),
      dense("d", "f", 256, 5),
    ];
    expect(suffixIn(joined, "c1").entries.get("c3")!.from).toMatchObject({ name: "cat", channelStart: 8 });
    expect(suffixIn(joined, "c2").entries.get("c3")!.from).toMatchObject({ name: "cat", channelStart: 0 });
  });

  test("a further masked layer that reads nothing damaged is copied for each row", () => {
    const parallel = [
      conv("c1", "x", 4, 4),
      conv("c2", "x", 4, 4),
      add("sum", "c1", "c2"),
      flatten("f", "sum"),
      dense("d", "f", 256, 5),
    ];
    const suffix = suffixIn(parallel, "c1", ["c2"]);
    expect([...suffix.spread]).toEqual([["c2", "c2"]]);
    expect(suffix.steps.find(({ name }) => name === "sum")!.reads).toEqual(["c1 (each row)", "c2"]);
  });
});

test("depthwise convolutions keep channels apart, grouped ones are computed whole", () => {
  const layers = [
    conv("c1", "x", 4, 4),
    conv("depthwise", "c1", 4, 4, 4),
    conv("grouped", "depthwise", 4, 8, 2),
    flatten("f", "grouped"),
    dense("d", "f", 512, 5),
  ];
  const suffix = suffixIn(layers, "c1");
  expect(names(suffix.replaced)).toEqual(["depthwise"]);
  expect(names(suffix.steps)).toEqual(["depthwise (each row)", "grouped", "f", "d"]);
});

test("a prefix keeps pre-activations and meetings of branches, and what lies between is computed again", () => {
  const layers = [
    conv("c1", "x", 4, 4),
    conv("c2", "c1", 4, 4),
    add("sum", "c2", "c1"),
    pool("p", "sum"),
    conv("c3", "p", 4, 4),
    pool("q", "c3"),
    conv("c4", "q", 4, 4),
    flatten("f", "c4"),
    dense("d", "f", 16, 5),
  ];
  const network: Network = { name: "n", inputs: [{ name: "x", shape: [8, 8, 4] }], layers, outputs: ["d"] };
  const graph = compileGraph(network);
  const roots = rootsOf(graph, suffixOf(graph, "c3", new Set(), "d"));
  expect([...roots.z].sort()).toEqual(["c3", "c4"]);
  expect([...roots.values]).toEqual([]);
  expect(names(roots.derived)).toEqual(["c3", "q"]);
  const before = rootsOf(graph, suffixOf(graph, "c2", new Set(), "d"));
  expect([...before.values]).toEqual(["sum"]);
  expect(names(before.derived)).toEqual(["c1", "c2", "p"]);
});
