import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { act, drawing, globalPool, join, net, plain, pool } from "../network/layers.fixture.ts";
import { type Layer, type Network, RELU } from "../network/network.ts";
import { heldParameters } from "./held-parameters.ts";

const { dense, conv, norm, scale } = drawing(random(1, "held parameters"));

/** Indices of what stands still in one array. */
function marked(
  network: Network,
  held: string,
  units: readonly number[],
  layer: string,
  part: "weight" | "gamma" | "scale",
) {
  const found = heldParameters(network, [{ layer: held, units, values: units.map(() => 0) }]);
  return [...found.get(layer)![part]!.keys()].filter((at) => found.get(layer)![part]![at] === 1);
}

describe("heldParameters", () => {
  test("are a column into a unit and a row out of it", () => {
    const network = net([dense("a", "x", 3, 2), act("relu", "a", RELU), dense("b", "relu", 2, 4)]);
    expect(marked(network, "relu", [1], "a", "weight")).toEqual([1, 3, 5]);
    expect(marked(network, "relu", [1], "b", "weight")).toEqual([4, 5, 6, 7]);
    expect(marked(network, "a", [1], "b", "weight")).toEqual([4, 5, 6, 7]);
  });

  test("take in the norms and scales on the way back, and those further on", () => {
    const layers = [conv("a", "x", 1, 3), norm("n", "a", 3), act("relu", "n", RELU), scale("s", "relu", 3)];
    const network = net([...layers, conv("b", "s", 3, 2)], undefined, [2, 2, 1]);
    expect(marked(network, "relu", [2], "n", "gamma")).toEqual([2]);
    expect(marked(network, "relu", [2], "a", "weight")).toEqual([2]);
    expect(marked(network, "relu", [2], "s", "scale")).toEqual([2]);
    expect(marked(network, "relu", [2], "b", "weight")).toEqual([4, 5]);
  });

  test("go through pools and flatten to all positions of a channel", () => {
    const layers: Layer[] = [conv("a", "x", 1, 2), pool("p", "a", 2, { stride: [2, 2] }), plain("flatten", "f", "p")];
    const network = net([...layers, dense("b", "f", 4, 1)], undefined, [2, 4, 1]);
    expect(marked(network, "a", [1], "b", "weight")).toEqual([1, 3]);
  });

  test("are counted from an input's place in a concatenation, and by group", () => {
    const joined: Layer = { kind: "concat", name: "c", inputs: ["x", "a"], axis: 2 };
    const grouped = conv("b", "c", 4, 4, { groups: 2 });
    const network = net([conv("a", "x", 2, 2), joined, grouped], undefined, [3, 3, 2]);
    // Channel 3 of the four is the second of the second group, whose outputs are the columns 2 and 3.
    expect(marked(network, "a", [1], "b", "weight")).toEqual([6, 7]);
  });

  test("end where channels are added up, and begin at a layer that others read too", () => {
    const layers: Layer[] = [
      conv("a", "x", 2, 2),
      act("relu", "a", RELU),
      join("sum", ["relu", "a"]),
      globalPool("m", "sum"),
    ];
    const network = net([...layers, dense("b", "m", 2, 1)], undefined, [3, 3, 2]);
    expect(marked(network, "relu", [0], "a", "weight")).toEqual([]);
    expect(marked(network, "a", [0], "a", "weight")).toEqual([0, 2]);
    expect(marked(network, "a", [0], "b", "weight")).toEqual([]);
    expect(marked(network, "sum", [0], "b", "weight")).toEqual([0]);
  });
});
