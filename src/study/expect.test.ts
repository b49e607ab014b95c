import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { evaluateExpectation, evaluateMeasure, parseExpectation, parseMeasure } from "./expect.ts";
import type { AnalysisRecord } from "./records.ts";
import { resultsOf } from "./results.ts";
import {
  sampleAblations,
  sampleBaseline,
  sampleRecords,
  sampleRecoveries,
  sampleRun,
} from "./sample-run.test-support.ts";

const results = resultsOf(sampleRecords);
const evaluate = (text: string, of = results) => evaluateExpectation(parseExpectation(text), of);
const failure = (run: () => unknown): LesionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

test.each([
  ["baseline.correct >= 8", true, 8, 8],
  ["baseline.correct>8", false, 8, 8],
  ["accuracy >= 0.93", false, 0.8, 0.93],
  ["8e-1 == baseline.accuracy", true, 0.8, 0.8],
  ["count == 4", true, 4, 4],
  ["failures < 1", true, 0, 1],
  ["correct(dense_0: 0) == 6", true, 6, 6],
  ["correct( 0 : 0 ) != 6", false, 6, 6],
  ["drop(dense_0:0) > 19.9", true, 20, 19.9],
  ["lost(0:0) <= gained(0:0)", false, 3, 1],
  ["loss(dense_0: 2 + 0, 1: 1) == 0.125", true, 0.125, 0.125],
  ["top5(0:0) < top5", true, 9, 10],
  ["drop(1:1,0:0+2) < -9", true, -10, -9],
])("%s: %s", (text, passed, left, right) => {
  const result = evaluate(text);
  expect(result).toMatchObject({ text, passed });
  expect(result.left).toBeCloseTo(left, 10);
  expect(result.right).toBeCloseTo(right, 10);
});

test("what an arm regained is its median: one network that had lost next to nothing does not decide", () => {
  const analysis = {
    type: "analysis",
    name: "recovery",
    arm: "all",
    ...{ n: 2, diverged: 0, pearson: null, spearman: null },
    interval: { pearson: null, spearman: null },
    regained: { n: 2, mean: 5.375, median: 0.75 },
  } as const;
  const results = resultsOf([...sampleRecords, ...sampleRecoveries, analysis]);
  expect(evaluate("recovery.all.regained < 1", results)).toMatchObject({ passed: true, left: 0.75 });
  expect(evaluate("recovery.all.mean > 5", results)).toMatchObject({ passed: true, left: 5.375 });
});

describe("training and recovery", () => {
  const seen = { samples: 20, correct: 12, loss: 0.5 };
  const epoch = (number: number, network?: number) =>
    ({
      type: "train",
      epoch: number,
      epochs: 2,
      ...(network === undefined ? {} : { network }),
      ...seen,
      correct: 12 + number,
      test: { samples: 10, correct: 7 + number - (network ?? 0), loss: null },
      ms: 1,
    }) as const;
  const [run, ...others] = sampleRecords;
  const trained = resultsOf([run, epoch(1), epoch(2), ...others, ...sampleRecoveries]);

  test.each([
    ["train.epochs == 2", 2],
    ["train.accuracy == 0.7", 0.7],
    ["train.test.correct == 9", 9],
    ["recovery.control.correct == 9", 9],
    ["recovery.control.change > 9.9", 10],
    ["recovery.all.n == 1", 1],
    ["recovery.all.regained >= 0.5", 0.5],
    ["recovery.all.diverged < 1", 0],
  ])("%s", (text, left) => {
    const result = evaluate(text, trained);
    expect(result.passed).toBe(true);
    expect(result.left).toBeCloseTo(left, 10);
  });

  test("of several networks, the first is meant", () => {
    const several = resultsOf([run, epoch(2, 0), epoch(2, 1), ...others]);
    expect(evaluate("train.test.correct == 9", several).passed).toBe(true);
  });

  test.each([
    ["train.test.loss < 1", trained, "train.test.loss was not measured"],
    ["train.epochs > 0", results, "train.epochs was not measured"],
    ["recovery.layer.n > 0", trained, "recovery.layer.n was not measured"],
    ["recovery.all.pearson > 0", trained, "recovery.all.pearson was not measured"],
    ["recovery.control.loss > 0", results, "recovery.control.loss was not measured"],
  ])("%s: not measured", (text, of, message) => {
    expect(failure(() => evaluate(text, of))).toMatchObject({
      code: "usage",
      message: expect.stringContaining(message),
    });
  });

  test("a wrong name is told with the nearest, and those of its kind", () => {
    const { message, fix } = failure(() => evaluate("recovery.all.regaind > 0.5"));
    expect(message).toContain('no measure "recovery.all.regaind" at column 1');
    expect(fix).toMatch(/Did you mean "recovery\.all\.regained"\?/);
    expect(fix).not.toContain("failures");
  });
});

describe("analyses", () => {
  const layer = { type: "analysis", layer: "dense_0", layerIndex: 0 } as const;
  const none = { pearson: null, spearman: null, kendall: null };
  const curve = {
    ...layer,
    name: "degradation",
    sweep: 0,
    measure: "accuracy",
    replacement: "zero",
    units: 3,
    ablated: [0, 3],
    accuracy: [0.8, 0.4],
    interval: [null, null],
    draws: 1,
    aucInterval: null,
    halfDamageInterval: null,
    chance: 0.4,
    baseline: 0.8,
    n: 10,
  } as const;
  const analyses: readonly AnalysisRecord[] = [
    {
      ...layer,
      name: "redundancy",
      sites: [{ layer: "dense_0", layerIndex: 0, units: [1, 2] }],
      units: [1, 2],
      R: 0.25,
      classR: [],
      n: 8,
      interval: null,
    },
    {
      ...layer,
      name: "mann-whitney",
      sweep: 0,
      p: [0.5, null, 2.5e-11],
      u: [],
      n: 3,
      ...none,
      spearman: -0.5,
      interval: none,
    },
    ...(
      [
        ["dense_0", 0, 0.75],
        [null, null, 0.5],
      ] as const
    ).map(
      ([layer, layerIndex, pearson]): AnalysisRecord => ({
        type: "analysis",
        layer,
        layerIndex,
        name: "importance",
        sweep: 0,
        predictor: "weight-l1",
        values: [],
        n: 3,
        ...none,
        pearson,
        interval: none,
      }),
    ),
    {
      ...layer,
      name: "shapley",
      units: [2, 0],
      values: [7, -1],
      intervals: [],
      counts: [40, 30],
      m2: [],
      permutations: 40,
      evaluations: 1,
      truncated: 0,
      top: [],
      settled: true,
      confidence: 0.95,
      final: true,
    },
    { ...curve, order: "random", auc: 0.625, halfDamage: 0.5 },
    { ...curve, order: "keep random", auc: 0.5, halfDamage: null },
  ];
  const analysed = { ...results, analyses };

  test.each([
    ["R(dense_0: 2+1)", 0.25, 8],
    ["p(dense_0: 2)", 2.5e-11, null],
    ["shapley(0: 0)", -1, 30],
    ["pearson(importance weight-l1, dense_0)", 0.75, 3],
    ["pearson( importance  weight-l1 )", 0.5, 3],
    ["spearman(mann-whitney, 0)", -0.5, 3],
    ["auc(random, dense_0)", 0.625, 10],
    ["auc(keep random, 0)", 0.5, 10],
    ["half(random, dense_0)", 0.5, 10],
    ["drop(0: 0)", 20, 10],
    ["baseline.correct", 8, 10],
    ["count", 4, null],
  ])("%s", (text, value, n) => {
    const found = evaluateMeasure(parseMeasure(text), analysed, text);
    expect(found.value).toBeCloseTo(value, 12);
    expect(found.n).toBe(n);
    expect(evaluate(`${text} <= ${value + 1e-9}`, analysed).passed).toBe(true);
  });

  test.each([
    "R(dense_0: 0+1)",
    "p(dense_0: 1)",
    "p(dense_0: 1+2)",
    "shapley(0: 1)",
    "kendall(importance weight-l1, dense_0)",
    "pearson(importance apoz, dense_0)",
    "pearson(mann-whitney weight-l1, dense_0)",
    "auc(random)",
    "half(keep random, 0)",
  ])("%s was not measured", (text) => {
    const error = failure(() => evaluateMeasure(parseMeasure(text), analysed, text));
    expect(error).toMatchObject({ code: "usage", message: `${text} was not measured in this run`, where: text });
    expect(error.fix).toContain('"analyses"');
  });

  test.each([
    ["auc() > 1", 5, "what it is of is missing"],
    ["auc(random, ) > 1", 13, "a layer is missing"],
    ["auc(random, 0 > 1", 18, '")" is missing'],
    ["R(random) > 1", 3, "a layer is missing"],
    ["aux(random) > 1", 1, 'no measure "aux"'],
  ])("%j at column %i: %s", (text, column, message) => {
    const error = failure(() => parseExpectation(text));
    expect(error.message).toContain(message);
    expect(error.detail).toEqual({ text, column });
  });

  test("a measure by itself is not called an expectation", () => {
    expect(failure(() => parseMeasure("count > 1")).message).toMatch(/^the measure "count > 1": something follows/);
  });
});

test("layers by names with slashes, dots and colons", () => {
  const sites = [{ layer: "/fc1:0/MatMul.2", layerIndex: 4, units: [7] }];
  const named = resultsOf([sampleRun, sampleBaseline, { ...sampleAblations[0]!, sites }]);
  expect(evaluate("correct(/fc1:0/MatMul.2: 7) == 6", named).passed).toBe(true);
});

describe("mistakes", () => {
  test.each([
    ["", 1, "a number or a measure is missing"],
    ["count", 6, "a comparison is missing"],
    ["count = 4", 7, "a comparison is missing"],
    ["count == ", 10, "a number or a measure is missing"],
    ["count == 4 4", 12, "something follows"],
    ["cuont == 4", 1, 'no measure "cuont"'],
    ["baseline.corect > 1", 10, 'no measure "corect"'],
    ["1 < dorp(0:1)", 5, 'no measure "dorp"'],
    ["drop(0) > 1", 6, "a layer is missing"],
    ["drop(0:) > 1", 8, "units are missing"],
    ["drop(0:1 > 1", 10, '")" is missing'],
    ["drop(:1) > 1", 6, "a layer is missing"],
  ])("%j at column %i: %s", (text, column, message) => {
    const error = failure(() => parseExpectation(text));
    expect(error.code).toBe("usage");
    expect(error.message).toContain(message);
    expect(error.detail).toEqual({ text, column });
    expect(error.fix).toBeTruthy();
  });

  test("the fix names what was meant", () => {
    expect(failure(() => parseExpectation("dorp(0:1) > 1")).fix).toContain('Did you mean "drop"?');
  });

  test("no text throws anything else, or takes long", () => {
    const pieces = fc.constantFrom(
      "drop",
      "(",
      ")",
      "0",
      ":",
      "+",
      ",",
      " ",
      ">=",
      "=",
      "baseline",
      ".",
      "count",
      "é",
      "-",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            parseExpectation(text);
          } catch (error) {
            expect(error).toBeInstanceOf(LesionError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("what a run cannot answer", () => {
  test("an ablation that it does not have", () => {
    expect(failure(() => evaluate("correct(0:99) > 1")).message).toContain("none of the run's 4 ablations");
  });

  test("several ablations of the same units that differ; equal ones are one", () => {
    const with3 = (correct: number) => {
      const other = { ...sampleAblations[0]!, row: 4, correct, replacement: "mean" };
      return resultsOf([...sampleRecords.slice(0, -1), other]);
    };
    expect(failure(() => evaluate("correct(0:0) > 1", with3(5))).message).toContain("rows 0, 4");
    expect(evaluate("correct(0:0) == 6", with3(6)).passed).toBe(true);
  });

  test("what was not measured", () => {
    const { loss: _, ...bare } = sampleBaseline;
    const error = failure(() => evaluate("loss < 1", resultsOf([sampleRun, bare])));
    expect(error.message).toContain("baseline.loss was not measured");
    expect(error.fix).toContain('"measure"');
  });
});
