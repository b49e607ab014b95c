import { expect, test } from "vitest";
import { initialNetwork } from "../../engine/initial.ts";
import { formOf } from "../../engine/training/training-graph.ts";
import { type RecoveryArm, trainedLayers } from "./arms.ts";

const weighted = { activation: "relu", bias: true, batchNorm: false } as const;
const conv = { kind: "conv", filters: 3, kernel: 3, stride: 1, padding: "same", ...weighted } as const;

/** conv_0, conv_0_bn, conv_1, pool_0, dense_0, dense_1. */
const form = formOf(
  initialNetwork(
    "net",
    {
      input: [6, 6, 2],
      layers: [
        { ...conv, batchNorm: true },
        conv,
        { kind: "pool", pool: "max", size: 2, stride: 2 },
        { kind: "dense", units: 5, ...weighted },
        { kind: "dense", units: 4, ...weighted, activation: "linear" },
      ],
      init: "he",
    },
    1,
  ),
);
const trained = (damaged: readonly string[], arm: RecoveryArm) => {
  const layers = trainedLayers(form, damaged, arm);
  return layers && [...layers];
};

test("all and control train every layer", () => {
  expect(trained(["conv_0"], "all")).toBeNull();
  expect(trained([], "control")).toBeNull();
});

test("after trains what depends on the damage, and not the damaged layer's batch norm", () => {
  expect(trained(["conv_0"], "after")).toEqual(["conv_1", "dense_0", "dense_1"]);
  expect(trained(["dense_0"], "after")).toEqual(["dense_1"]);
  expect(trained(["conv_1", "dense_0"], "after")).toEqual(["dense_0", "dense_1"]);
  expect(trained(["dense_1"], "after")).toEqual([]);
});

test("layer trains the damaged layers with their batch norms", () => {
  expect(trained(["conv_0"], "layer")).toEqual(["conv_0", "conv_0_bn"]);
  expect(trained(["conv_0", "dense_0"], "layer")).toEqual(["conv_0", "conv_0_bn", "dense_0"]);
});
