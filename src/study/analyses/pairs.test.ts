/** Redundancy and interactions of two units: worked by hand, against samples one by one, and on the paper's network. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../e2e/shared-data.ts";
import { readIdxPair } from "../../data/idx-pair.ts";
import { transformedValues } from "../../data/transform.ts";
import { readOnnx } from "../../formats/onnx/read.ts";
import { denseChain } from "../../network/dense-chain.ts";
import { evaluate, forward, logitsOf } from "../../reference/oracle.ts";
import type { Sweep } from "../study.ts";
import { type Ablated, EACH_UNIT, inputOf, PAIRS } from "./input.test-support.ts";
import { interactions } from "./interactions.ts";
import { MOST_PAIRS, redundancy } from "./redundancy.ts";
import { MOST_UNITS } from "./single-units.ts";

const ALL = { layers: "all" } as const;
const redundancyOf = (input: Parameters<typeof redundancy>[0]) => redundancy(input, { analyse: "redundancy", ...ALL });
const interactionsOf = (input: Parameters<typeof interactions>[0]) =>
  interactions(input, { analyse: "interactions", ...ALL });

/** Ten samples of three classes, six of class 0; the last class is never right intact. */
const LABELS = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];
const INTACT = "1111101100";
const ALONE: readonly Ablated[] = [
  { sites: [[0, 0]], right: "1110011110" },
  { sites: [[0, 1]], right: "1100101100" },
  { sites: [[1, 2]], right: "0111111100" },
];
const TOGETHER: readonly Ablated[] = [
  { sites: [[0, 0, 1]], right: "1000000110" },
  {
    sites: [
      [0, 0],
      [1, 2],
    ],
    right: "0110001101",
  },
  { sites: [[0, 0, 3]], right: "0000000000" },
];
const ACROSS: Sweep = { ablate: "pairs", layers: "all", across: true };
const SETS: Sweep = { ablate: "sets", sets: [] };

describe("redundancy", () => {
  const found = redundancyOf(
    inputOf(LABELS, INTACT, [
      { sweep: EACH_UNIT, ablations: ALONE },
      { sweep: ACROSS, ablations: TOGETHER },
    ]),
  );

  test("worked by hand, pairs without both single units left out", () => {
    // Pair 0, 1: right with either, wrong with both: samples 1 and 6. R_0 = 1/5, R_1 = 1/2; class 2 was never right.
    // Pair 0, 2: right with either: 1, 2, 5, 6, 7; wrong with both: 5, which was wrong intact too. R_0 = 1/5.
    expect(found.map(({ layer, units, classR, n }) => ({ layer, units, classR, n }))).toEqual([
      { layer: "first", units: [0, 1], classR: [1 / 5, 1 / 2, null], n: 7 },
      { layer: null, units: [], classR: [1 / 5, 0, null], n: 7 },
    ]);
    expect(found[0]!.R).toBeCloseTo((6 / 9) * 0.2 + (3 / 9) * 0.5, 12);
    expect(found[1]!.R).toBeCloseTo((6 / 9) * 0.2, 12);
  });

  test("above 1 the interval still holds R", () => {
    // One sample is right intact; four others, wrong intact, are right without either unit and wrong without both.
    const alone = [0, 1].map((unit): Ablated => ({ sites: [[0, unit]], right: "11111" }));
    const together: Ablated = { sites: [[0, 0, 1]], right: "10000" };
    const [record] = redundancyOf(
      inputOf([0, 0, 0, 0, 0], "10000", [
        { sweep: EACH_UNIT, ablations: alone },
        { sweep: PAIRS, ablations: [together] },
      ]),
    );
    // Residuals are 1 four times, and -4: s^2 = 20.
    expect(record!.R).toBe(4);
    expect(record!.interval).toEqual([0, expect.closeTo(4 + 1.959963984540054 * Math.sqrt(20), 10)]);
  });

  test("its interval is that of strata, not below 0", () => {
    const half = 1.959963984540054 * Math.sqrt((6 / 9) ** 2 * ((0.2 * 0.8) / 5) + (3 / 9) ** 2 * ((0.5 * 0.5) / 2));
    expect(found[0]!.interval![0]).toBe(Math.max(0, found[0]!.R - half));
    expect(found[0]!.interval![1]).toBeCloseTo(found[0]!.R + half, 12);
    // The sample was not right intact, so its residuals are 1 and, of the five that were, -1/5 each.
    const outside = 1.959963984540054 * Math.sqrt((6 / 9) ** 2 * ((1 + 5 * 0.2 ** 2) / 25));
    expect(found[1]!.interval![1]).toBeCloseTo(found[1]!.R + outside, 12);
  });

  test("looks for its single units under the same replacement, in any sweep", () => {
    const scaled = TOGETHER.map((pair) => ({ ...pair, replacement: "mean" }));
    const singles = ALONE.map((single, i) => ({ ...single, replacement: i === 2 ? "zero" : "mean" }));
    const listed = redundancyOf(
      inputOf(LABELS, INTACT, [
        { sweep: SETS, ablations: [...singles, ...scaled, ...scaled] },
        { sweep: ACROSS, ablations: TOGETHER },
      ]),
    );
    expect(listed.map(({ replacement, R }) => [replacement, R])).toEqual([["mean", found[0]!.R]]);
  });

  test("needs all bits, samples of one number, and a chosen layer", () => {
    const ablations = [...ALONE, ...TOGETHER];
    const without = (change: Partial<Ablated>, at: number) =>
      redundancyOf(
        inputOf(LABELS, INTACT, [{ sweep: SETS, ablations: ablations.with(at, { ...ablations[at]!, ...change }) }]),
      );
    expect(without({ bitless: true }, 0)).toEqual([]);
    expect(without({ more: { samples: 5 } }, 1)).toHaveLength(1);
    const input = inputOf(LABELS, INTACT, [{ sweep: SETS, ablations }]);
    expect(redundancy(input, { analyse: "redundancy", layers: ["first"] })).toHaveLength(1);
    expect(redundancy(input, { analyse: "redundancy", layers: [0, 1] })).toHaveLength(2);
  });
});

describe("interactions", () => {
  const sweeps = (sweep: Sweep, ablations: readonly Ablated[]) => [
    { sweep, ablations },
    { sweep: EACH_UNIT, ablations: ALONE },
  ];

  test("worked by hand", () => {
    // 7 right intact, 7 and 5 alone, 3 together: 40 - 0 - 20 pp.
    const [record, ...others] = interactionsOf(inputOf(LABELS, INTACT, sweeps(PAIRS, TOGETHER.slice(0, 1))));
    expect(others).toEqual([]);
    expect(record!.units).toEqual([
      { layerIndex: 0, layer: "first", unit: 0 },
      { layerIndex: 0, layer: "first", unit: 1 },
    ]);
    expect(record!.matrix[0]).toEqual([null, expect.closeTo(20, 10)]);
    expect(record!.matrix[1]![0]).toBe(record!.matrix[0]![1]);
    // Class 0: 5 intact, 4 and 3 alone, 1 together.
    expect(record!.classes![0]![0]![1]).toBeCloseTo((100 * (4 + 3 - 1 - 5)) / 6, 10);
    expect([...record!.order].sort()).toEqual([0, 1]);
  });

  test("half-widths are those of the samples' own values", () => {
    const right = fc.array(fc.constantFrom("0", "1"), { minLength: 40, maxLength: 40 }).map((bits) => bits.join(""));
    fc.assert(
      fc.property(right, right, right, right, (intact, i, j, both) => {
        const labels = Array.from({ length: 40 }, (_, n) => n % 2);
        const ablations: Ablated[] = [
          { sites: [[0, 0]], right: i },
          { sites: [[0, 1]], right: j },
        ];
        const [record] = interactionsOf(
          inputOf(labels, intact, [
            { sweep: EACH_UNIT, ablations },
            { sweep: PAIRS, ablations: [{ sites: [[0, 0, 1]], right: both }] },
          ]),
        );
        const values = labels.map((_, n) => {
          const drop = (after: string) => Number(intact[n]) - Number(after[n]);
          return drop(both) - drop(i) - drop(j);
        });
        const mean = values.reduce((sum, value) => sum + value, 0) / 40;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 39;
        expect(record!.matrix[0]![1]).toBeCloseTo(100 * mean, 10);
        expect(record!.halfWidth[0]![1]).toBeCloseTo(100 * 1.959963984540054 * Math.sqrt(variance / 40), 10);
      }),
      { numRuns: 40 },
    );
  });

  test("across layers one record of all units; missing rows and bits are null", () => {
    const [record, ...others] = interactionsOf(inputOf(LABELS, INTACT, sweeps(ACROSS, TOGETHER)));
    expect(others).toEqual([]);
    expect(record!.units.map(({ layerIndex, unit }) => [layerIndex, unit])).toEqual([
      [0, 0],
      [0, 1],
      [0, 3],
      [1, 2],
    ]);
    expect(record!.matrix.map((row) => row.map((value) => value !== null))).toEqual([
      [false, true, false, true],
      [true, false, false, false],
      [false, false, false, false],
      [true, false, false, false],
    ]);
    const [bitless] = interactionsOf(
      inputOf(
        LABELS,
        INTACT,
        sweeps(
          ACROSS,
          TOGETHER.map((pair) => ({ ...pair, bitless: true })),
        ),
      ),
    );
    expect(bitless!.matrix).toEqual(record!.matrix);
    expect(bitless!.halfWidth.flat().every((value) => value === null)).toBe(true);
  });

  test("of each layer, and of each replacement, there is one", () => {
    const pairs: Ablated[] = [
      { sites: [[0, 0, 1]], right: INTACT },
      { sites: [[1, 0, 1]], right: INTACT },
      { sites: [[0, 0, 1]], right: INTACT, replacement: "mean" },
    ];
    const records = interactionsOf(inputOf(LABELS, INTACT, [{ sweep: PAIRS, ablations: pairs }]));
    expect(records.map(({ units, replacement }) => [units[0]!.layer, replacement])).toEqual([
      ["first", "zero"],
      ["second", "zero"],
      ["first", "mean"],
    ]);
  });

  test("units that interact alike are neighbours", () => {
    const alone: Ablated[] = [0, 1, 2, 3].map((unit) => ({ sites: [[0, unit]], right: "1".repeat(8) }));
    const pair = (a: number, b: number, right: string): Ablated => ({ sites: [[0, a, b]], right });
    // 0 and 2 both interact with 1 and with 3, which do not interact with each other.
    const pairs = [
      pair(0, 1, "00001111"),
      pair(0, 2, "11111111"),
      pair(0, 3, "00001111"),
      pair(1, 2, "00001111"),
      pair(1, 3, "11111111"),
      pair(2, 3, "00001111"),
    ];
    const labels = Array.from({ length: 8 }, () => 0);
    const [record] = interactionsOf(
      inputOf(labels, "1".repeat(8), [
        { sweep: EACH_UNIT, ablations: alone },
        { sweep: PAIRS, ablations: pairs },
      ]),
    );
    const place = (unit: number) => record!.order.indexOf(unit);
    expect(Math.abs(place(0) - place(2))).toBe(1);
    expect(Math.abs(place(1) - place(3))).toBe(1);
  });
});

const model = sharedData("models/mlp-20-10-trained.onnx");
const mnist = sharedData("mnist");

test.skipIf(model === null || mnist === null)("pairs of the paper's network, sample by sample", () => {
  const { stages } = denseChain(readOnnx(new Uint8Array(readFileSync(model!)), "mlp"));
  const bytes = (name: string) => new Uint8Array(readFileSync(`${mnist}/${name}`));
  const names = { dataset: "mnist", images: "t10k-images-idx3-ubyte.gz", labels: "t10k-labels-idx1-ubyte.gz" };
  const { values, labels, samples } = readIdxPair(bytes(names.images), bytes(names.labels), names);
  const inputs = transformedValues(values, 1, { scale: 255, mean: [0.5], std: [0.5], threshold: null });
  const intact = forward(stages, inputs, samples);
  const rightWithout = (units: readonly number[]) => {
    const changes = units.map((unit) => ({ layerIndex: 0, unit, scale: 0, shift: 0 }));
    const { ranks } = evaluate(logitsOf(forward(stages, inputs, samples, changes, intact)), labels);
    return Array.from(ranks, (rank) => (rank === 0 ? "1" : "0")).join("");
  };
  const ablated = (...units: number[]): Ablated => ({ sites: [[0, ...units]], right: rightWithout(units) });
  const alone = [0, 1, 18, 19].map((unit) => ablated(unit));
  const together = [ablated(0, 1), ablated(18, 19)];
  const before = rightWithout([]);
  const input = inputOf(
    Array.from(labels),
    before,
    [
      { sweep: EACH_UNIT, ablations: alone },
      { sweep: PAIRS, ablations: together },
    ],
    [{ layer: "first", layerIndex: 0, units: 20 }],
  );

  const [matrix] = interactionsOf(input);
  // Correct counts of the paper's network: 9464 intact, 8741, 9127 and 8034; 8545, 8398 and 6845.
  expect(matrix!.matrix[0]![1]).toBeCloseTo((8741 + 9127 - 8034 - 9464) / 100, 8);
  expect(matrix!.matrix[2]![3]).toBeCloseTo((8545 + 8398 - 6845 - 9464) / 100, 8);
  expect(matrix!.matrix[0]![2]).toBeNull();

  const records = redundancyOf(input);
  expect(records.map(({ units }) => units)).toEqual([
    [0, 1],
    [18, 19],
  ]);
  for (const [p, record] of records.entries()) {
    const right = [alone[2 * p]!.right, alone[2 * p + 1]!.right, together[p]!.right];
    let expected = 0;
    for (let c = 0; c < 10; c++) {
      const inClass = [...labels.keys()].filter((n) => labels[n] === c);
      const both = inClass.filter((n) => right[0]![n] === "1" && right[1]![n] === "1" && right[2]![n] === "0").length;
      const intactRight = inClass.filter((n) => before[n] === "1").length;
      expect(record.classR[c]).toBeCloseTo(both / intactRight, 12);
      expected += ((inClass.length / samples) * both) / intactRight;
    }
    expect(record.R).toBeCloseTo(expected, 12);
    expect(record.interval![0]).toBeLessThan(record.R);
    expect(record.interval![1]).toBeGreaterThan(record.R);
  }
});

describe("very many pairs", () => {
  // A hundred and one units of which each pair costs another number of samples; a network of as many classes as two.
  const UNITS = 101;
  const wide = [{ layer: "wide", layerIndex: 0, units: UNITS }];
  const right = (lost: number) => "0".repeat(lost).padEnd(LABELS.length, "1");
  const alone = Array.from({ length: UNITS }, (_, unit): Ablated => ({ sites: [[0, unit]], right: right(0) }));
  const both = alone.flatMap((_, i) =>
    alone.slice(i + 1).map((_, j): Ablated => ({ sites: [[0, i, i + 1 + j]], right: right((i + j) % 7) })),
  );
  const input = inputOf(
    LABELS,
    right(0),
    [
      { sweep: EACH_UNIT, ablations: alone },
      { sweep: PAIRS, ablations: both },
    ],
    wide,
  );

  test("those of greatest redundancy have records, which say of how many they are", () => {
    const found = redundancyOf(input);
    expect(both.length).toBe(5050);
    expect(found).toHaveLength(MOST_PAIRS);
    expect(found.every(({ pairs }) => pairs === 5050)).toBe(true);
    // 100 of the pairs that cost nothing are left out: R of all others is above 0.
    const costly = both.filter((pair) => pair.right.startsWith("0")).length;
    expect(found.filter(({ R }) => R > 0)).toHaveLength(costly);
    const places = found.map(({ units: [i, j] }) => i! * UNITS + j!);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const fewer = {
      ...input,
      sweeps: [input.sweeps[0]!, { ...input.sweeps[1]!, ablations: input.sweeps[1]!.ablations.slice(0, MOST_PAIRS) }],
    };
    expect(redundancyOf(fewer).every(({ pairs }) => pairs === undefined)).toBe(true);
  });

  test("interactions of more units than a matrix shows are left out, with a warning", () => {
    const warnings: string[] = [];
    const of = (units: number) => {
      const chain = Array.from({ length: units - 1 }, (_, i): Ablated => ({ sites: [[0, i, i + 1]], right: right(1) }));
      const sweeps = [{ sweep: PAIRS, ablations: chain }];
      const layers = [{ layer: "wide", layerIndex: 0, units }];
      return interactions(inputOf(LABELS, right(0), sweeps, layers), { analyse: "interactions", ...ALL }, (text) =>
        warnings.push(text),
      );
    };
    expect(of(MOST_UNITS)).toHaveLength(1);
    expect(warnings).toEqual([]);
    expect(of(MOST_UNITS + 1)).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("513 units")]);
  });
});
