/** Methods are measured where it pays, any of them computes the same, and the winner is remembered. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { type Layer, type Network, RELU } from "../../network/network.ts";
import { Tuner } from "../tuner.ts";
import { compileGraph } from "./compiled-graph.ts";
import { candidatesOf, withQuickestMethods } from "./quickest-methods.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const draw = random(1, "weights");
const conv = (name: string, input: string, inChannels: number, kernel: number): Layer => ({
  kind: "conv2d",
  name,
  inputs: [input],
  inChannels,
  outChannels: 8,
  groups: 1,
  kernel: [kernel, kernel],
  stride: [1, 1],
  dilation: [1, 1],
  padding: { top: 1, left: 1, bottom: 1, right: 1 },
  weight: Float32Array.from({ length: kernel * kernel * inChannels * 8 }, () => draw.normal()),
  bias: null,
  activation: RELU,
});
const network: Network = {
  name: "n",
  inputs: [{ name: "x", shape: [12, 12, 3] }],
  layers: [conv("a", "x", 3, 3), conv("b", "a", 8, 3), conv("c", "b", 8, 5)],
  outputs: ["c"],
};
const graph = compileGraph(network);

test("candidates begin with the least counted work, and hold no tile that is too inexact", () => {
  const kinds = (name: string, widest: 0 | 2 | 4) =>
    candidatesOf(graph.convShape(name, 1), widest).map((method) => ("tile" in method ? method.tile : method.kind));
  expect(new Set(kinds("a", 4))).toEqual(new Set(["direct", 4, 2, "implicit"]));
  expect(kinds("a", 4)[0]).toBe("direct");
  expect(new Set(kinds("b", 2))).toEqual(new Set([2, "implicit"]));
  expect(kinds("b", 0)).toEqual(["implicit"]);
  expect(kinds("c", 4)).toEqual(["implicit"]);
});

test("a short study takes the choice by counted work, a long one the quickest, which is remembered", async () => {
  const brief = new Tuner(gpu, {});
  const chosen = await withQuickestMethods(gpu, brief, graph, new Map(), () => 1);
  expect(chosen.methods).toEqual(graph.methods);
  expect(brief.tuning).toEqual({});

  const tuning = {};
  const long = await withQuickestMethods(gpu, new Tuner(gpu, tuning), graph, new Map(), () => 1e12);
  expect(Object.keys(tuning)).toHaveLength(2);
  const again = await withQuickestMethods(gpu, new Tuner(gpu, tuning), graph, new Map(), () => 1);
  expect(again.methods).toEqual(long.methods);
});
