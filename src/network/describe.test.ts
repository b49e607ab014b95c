/** What `inspect` says of a network: rows of the simplified layers, totals of the file. */
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { describeModel } from "./describe.ts";
import { act, drawing, globalPool, join, net, plain, pool, window } from "./layers.fixture.ts";
import { LINEAR, RELU, RELU6 } from "./network.ts";

const { conv, dense, norm, quantized } = drawing(random(7, "describe"));

test("counts layers, parameters, MACs and bytes of a chain", () => {
  const layers = [
    plain("flatten", "f", "x"),
    dense("d1", "f", 3, 2, RELU),
    dense("d2", "d1", 2, 4),
    { kind: "softmax", name: "s", inputs: ["d2"], log: false } as const,
  ];
  const report = describeModel(net(layers, undefined, [3, 1]));
  expect(report).toMatchObject({ parameters: 14, macs: 14, bytes: 56, activations: 13, outputs: ["s"] });
  expect(report.layers.map(({ name, kind, activation, layerIndex }) => [name, kind, activation, layerIndex])).toEqual([
    ["f", "flatten", "", null],
    ["d1", "dense", "relu", 0],
    ["d2", "dense", "linear", null],
    ["s", "softmax", "softmax", null],
  ]);
});

test("describes windows, couplings and what was folded", () => {
  const same = { top: 1, left: 1, bottom: 1, right: 1 };
  const layers = [
    { ...conv("c1", "x", 4, 8, window(3, { stride: [2, 2], padding: same })), weight: quantized(288) },
    conv("c2", "c1", 8, 8, { ...window(3, { dilation: [1, 2], padding: { ...same, left: 2, right: 2 } }), groups: 4 }),
    norm("n", "c2", 8),
    join("add", ["c1", "n"]),
    act("a", "add", RELU6),
    pool("p", "a", 2, { pool: "max", kernel: [2, 3] }),
    globalPool("g", "p"),
    plain("flatten", "f", "g"),
    dense("d", "f", 8, 3),
  ];
  const { layers: rows, ...totals } = describeModel(net(layers, undefined, [9, 9, 4]));
  expect(rows.map(({ name, window, coupling, activation }) => [name, window, activation, coupling])).toEqual([
    ["c1", "3 x 3, stride 2, padding 1", "linear", "with c2 at add"],
    ["c2", "3 x 3, dilation 1 x 2, padding 1 2 1 2, groups 4", "linear", "with c1 at add"],
    ["add", "", "clip 0 to 6", ""],
    ["p", "max, 2 x 3", "", ""],
    ["g", "average", "", ""],
    ["f", "", "", ""],
    ["d", "", "linear", ""],
  ]);
  // The second convolution has 2 channels a group; its batch norm has become a bias.
  expect(rows[1]).toMatchObject({ shape: [5, 5, 8], parameters: 144 + 8, macs: 25 * 144, bytes: 4 * 152 });
  expect(rows[0]).toMatchObject({ parameters: 288, bytes: 288, macs: 25 * 288 });
  expect(totals).toMatchObject({ parameters: 288 + 144 + 32 + 24, bytes: 288 + 4 * 200, macs: 25 * 432 + 24 });
});

test("describes what cannot be ablated", () => {
  expect(describeModel(net([act("t", "x", RELU)]))).toMatchObject({ ablatable: [], layers: [{ activation: "relu" }] });
  expect(describeModel(net([act("t", "x", LINEAR)])).layers).toMatchObject([{ activation: "" }]);
});
