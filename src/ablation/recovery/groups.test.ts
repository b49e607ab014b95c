import { expect, test } from "vitest";
import { initialNetwork } from "../../engine/initial.ts";
import { formOf } from "../../engine/training/training-graph.ts";
import type { Ablation } from "../ablation.ts";
import { type Member, partsOf, recoveryGroups } from "./groups.ts";
import { heldUnits } from "./held-units.ts";

const dense = { kind: "dense", activation: "relu", bias: true, batchNorm: false } as const;
const form = formOf(
  initialNetwork("net", { input: [6], layers: [4, 5, 3].map((units) => ({ ...dense, units })), init: "he" }, 1),
);
const layers = ["dense_0", "dense_1", "dense_2"];
const ablation = (row: number, ...indices: number[]): Ablation => ({
  sweep: 0,
  index: row,
  row,
  sites: indices.map((layerIndex) => ({ layerIndex, units: [0, 2] })),
  replacement: { kind: "zero" },
});
const told = (members: readonly Member[]) => members.map(({ ablation: of, arm }) => `${of?.row ?? "intact"} ${arm}`);

test("those in which the same layers train go together, the control with all", () => {
  const ablations = [ablation(3, 0), ablation(5, 1), ablation(6, 0, 1), ablation(8, 0)];
  const arms = ["layer", "control", "after", "all"] as const;
  const { groups, skipped } = recoveryGroups(form, { layers, ablations, arms, control: true });
  expect(groups.map(({ name, members }) => [name, told(members)])).toEqual([
    ["all", ["intact control", "3 all", "5 all", "6 all", "8 all"]],
    // After 0 and after 0 with 1 the same layers train.
    ["after-0", ["3 after", "6 after", "8 after"]],
    ["after-1", ["5 after"]],
    ["layer-0", ["3 layer", "8 layer"]],
    ["layer-1", ["5 layer"]],
    ["layer-0_1", ["6 layer"]],
  ]);
  expect(groups.map(({ trained }) => trained && [...trained])).toEqual([
    null,
    ["dense_1", "dense_2"],
    ["dense_2"],
    ["dense_0"],
    ["dense_1"],
    ["dense_0", "dense_1"],
  ]);
  expect(skipped).toEqual([]);
});

test("an arm in which nothing would train is left out, and the control where it is another's", () => {
  const ablations = [ablation(0, 2), ablation(1, 2), ablation(2, 1)];
  const { groups, skipped } = recoveryGroups(form, { layers, ablations, arms: ["after", "control"], control: false });
  expect(groups.map(({ members }) => told(members))).toEqual([["2 after"]]);
  expect(skipped).toEqual(["after of dense_2"]);
});

test("parts are named after their ends, whatever lies between", () => {
  const ablations = [0, 1, 2, 3].map((row) => ablation(row, 0));
  const [group] = recoveryGroups(form, { layers, ablations, arms: ["all", "control"], control: true }).groups;
  expect(partsOf(group!, 2).map(({ name, members }) => [name, members.length])).toEqual([
    ["all-control-0", 2],
    ["all-1-2", 2],
    ["all-3", 1],
  ]);
  expect(partsOf(group!, 9).map(({ name }) => name)).toEqual(["all-control-3"]);
});

test("units are held at what their sweep replaced them by", () => {
  const held = (replacement: Ablation["replacement"]) =>
    heldUnits({ ...ablation(0, 0, 2), replacement }, layers, (layer, unit) => 10 * layer + unit);
  expect(held({ kind: "mean" })).toEqual([
    { layer: "dense_0", units: [0, 2], values: [0, 2] },
    { layer: "dense_2", units: [0, 2], values: [20, 22] },
  ]);
  expect(held({ kind: "constant", value: 0.5 })[0]!.values).toEqual([0.5, 0.5]);
  expect(held({ kind: "zero" })[0]!.values).toEqual([0, 0]);
  expect(() => held({ kind: "scale", factor: 2 })).toThrow(/cannot be held at "scale"/);
  const before = { ...ablation(0, 0), site: "pre-activation" as const };
  expect(() => heldUnits(before, layers, () => 0)).toThrow(/before the activation/);
});
