import { describe, expect, test } from "vitest";
import type { LesionError } from "../core/errors.ts";
import { parseExpectation } from "./expect.ts";
import { assertExpected } from "./measurable.ts";
import { parseStudy } from "./schema.ts";

const layers = [
  { layer: "dense_0", layerIndex: 0, units: 8 },
  { layer: "dense_1", layerIndex: 1, units: 5 },
];
const SWEEPS = [
  { ablate: "each-unit", layers: [0] },
  { ablate: "pairs", layers: [0] },
  {
    ablate: "sets",
    sets: [
      [{ layer: 1, units: [3, 0, 1, 2] }],
      [
        { layer: 0, units: [1] },
        { layer: "dense_1", units: [2] },
      ],
    ],
  },
  { ablate: "cumulative", layers: [1], from: "least", order: "weight-l1", points: 2 },
  { ablate: "keep-only", layers: [1], order: "measured-class", keep: [1] },
];
const ANALYSES = [
  { analyse: "redundancy", layers: [0] },
  { analyse: "shapley", layers: [1] },
  { analyse: "importance", layers: [0], predictors: ["weight-l1"] },
  "degradation",
];
const STUDY = { model: { build: {}, train: {} }, sweeps: SWEEPS, analyses: ANALYSES };

function refusal(text: string, change: object = {}): { message: string; fix: string } | null {
  try {
    assertExpected([parseExpectation(text)], parseStudy({ ...STUDY, ...change }), layers);
    return null;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: "usage", where: `--expect "${text}"` });
    return thrown as LesionError as { message: string; fix: string };
  }
}

describe("an expectation that a run can judge is accepted", () => {
  test.each([
    "count == 3",
    "baseline.top5 > loss",
    "train.accuracy > train.test.accuracy",
    "drop(dense_0: 7) > lost(0: 1)",
    "drop(0: 1+7) > correct(dense_1: 0+1+2+3)",
    "gained(1: 2, dense_0: 1) == 0",
    "drop(dense_1: 1+2+4) > 0", // Perhaps the first three of its order.
    "R(dense_0: 0+1) > 0",
    "shapley(dense_1: 4) > 0",
    "spearman(importance weight-l1, 0) > 0",
    "auc(weight-l1-least-first, dense_1) > half(keep-measured-class-own-class, 1)",
  ])("%s", (text) => {
    expect(refusal(text)).toBeNull();
  });
});

describe("what no run can judge is refused, with a remedy", () => {
  test.each([
    ["drop(dense_0: 99) > 1", 'layer "dense_0" has no unit 99', "0 to 7"],
    ["drop(dens_0: 1) > 1", 'no ablatable layer "dens_0"', 'Did you mean "dense_0"?'],
    ["1 < drop(dense_1: 1)", "no ablation of the study is of these units", "add a sweep"],
    ["drop(0: 1, 1: 3) > 0", "no ablation of the study is of these units", "add a sweep"],
    ["R(dense_1: 0+1) > 0", 'no analysis "redundancy"', "of this layer"],
    ["R(dense_0: 0) > 0", "R is of a pair of units, and 1 are named", "Name a pair"],
    ["p(dense_0: 0) > 0", 'no analysis "mann-whitney"', 'Add the analysis "mann-whitney"'],
    ["shapley(dense_0: 0) > 0", 'no analysis "shapley"', "of this layer"],
    ["spearman(importance taylor, 0) > 0", 'no analysis "importance"', "Add the analysis"],
    ["spearman(importence taylor, 0) > 0", 'no correlations of "importence taylor"', "importance PREDICTOR"],
    ["auc(random, dense_1) > 0", 'no curve "random"', "weight-l1-least-first"],
    ["auc(random) > 0", "of one layer, and none is named", "Name a layer"],
    ["recovery.all.n > 1", 'no recovery in the arm "all"', '"recover"'],
  ])("%s", (text, message, fix) => {
    const found = refusal(text);
    expect(found?.message).toContain(message);
    expect(found?.fix).toContain(fix);
  });

  test("what the study does not measure, train, or ask for", () => {
    const measure = { measure: ["accuracy"] };
    expect(refusal("top5 > 1", measure)?.fix).toContain('Add "top5"');
    expect(refusal("lost(0: 1) > 1", measure)?.fix).toContain('Add "status"');
    expect(refusal("train.accuracy > 1", { model: { file: "net.onnx" } })?.message).toContain("trains no network");
    expect(refusal("R(0: 0+1) > 0", { sweeps: [SWEEPS[1]] })?.message).toContain("needs a sweep over each unit");
    const recover = { sweeps: [SWEEPS[0]], recover: { arms: ["all"] } };
    expect(refusal("recovery.all.n > 1", recover)).toBeNull();
    expect(refusal("recovery.control.change > 1", recover)?.message).toContain('arm "control"');
  });
});
