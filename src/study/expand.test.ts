import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { expand } from "./expand.ts";
import type { LayerSummary } from "./records.ts";
import { parseStudy } from "./schema.ts";
import { pairAt } from "./sweep-rows.ts";

const layers: readonly LayerSummary[] = [
  { layer: "dense_0", layerIndex: 0, units: 20 },
  { layer: "dense_1", layerIndex: 1, units: 7 },
  { layer: "/head/Gemm", layerIndex: 2, units: 1 },
];
const list = (sweeps: unknown[], more: object = {}, of = layers) => expand(parseStudy({ sweeps, ...more }), of);
const sitesOf = (ablations: ReturnType<typeof list>) =>
  Array.from({ length: ablations.count }, (_, row) => ablations.at(row).sites);
const failure = (sweeps: unknown[], of = layers): LesionError => {
  try {
    list(sweeps, {}, of);
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

describe("order", () => {
  test("rows count through the sweeps, indices within each", () => {
    const ablations = list([
      { ablate: "each-unit" },
      { ablate: "pairs", layers: ["dense_1"], replacement: { constant: 2 }, site: "pre-activation" },
    ]);
    expect(ablations.count).toBe(28 + 21);
    expect(ablations.sweeps).toEqual([
      { start: 0, count: 28 },
      { start: 28, count: 21 },
    ]);
    expect(ablations.at(0)).toEqual({
      sweep: 0,
      index: 0,
      row: 0,
      sites: [{ layerIndex: 0, units: [0] }],
      replacement: { kind: "zero" },
      site: "post-activation",
    });
    expect(ablations.at(27)).toMatchObject({ sweep: 0, index: 27, sites: [{ layerIndex: 2, units: [0] }] });
    expect(ablations.at(48)).toEqual({
      sweep: 1,
      index: 20,
      row: 48,
      sites: [{ layerIndex: 1, units: [5, 6] }],
      replacement: { kind: "constant", value: 2 },
      site: "pre-activation",
    });
  });

  test("layers ascend, however they are named; one of a single unit has no pairs", () => {
    const layerIndices = sitesOf(list([{ ablate: "each-unit", layers: [2, "dense_1"] }])).map(
      ([site]) => site?.layerIndex,
    );
    expect(layerIndices).toEqual([1, 1, 1, 1, 1, 1, 1, 2]);
    expect(list([{ ablate: "pairs" }]).count).toBe(190 + 21);
  });

  test("pairs are lexicographic", () => {
    const units = sitesOf(list([{ ablate: "pairs", layers: [1] }])).map(([site]) => site?.units.join());
    const expected = [0, 1, 2, 3, 4, 5, 6].flatMap((i) =>
      [0, 1, 2, 3, 4, 5, 6].filter((j) => j > i).map((j) => `${i},${j}`),
    );
    expect(units).toEqual(expected);
  });

  test("the position of a pair gives the pair, in layers of any width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (units, part) => {
        const count = (units * (units - 1)) / 2;
        const position = Math.min(count - 1, Math.floor(part * count));
        const [i, j] = pairAt(position, units);
        expect(0 <= i && i < j && j < units).toBe(true);
        expect((i * (2 * units - i - 1)) / 2 + j - i - 1).toBe(position);
      }),
    );
  });

  test("a sweep of ten billion pairs takes no memory", () => {
    const wide = [{ layer: "wide", layerIndex: 0, units: 150_001 }];
    const ablations = list([{ ablate: "pairs" }], {}, wide);
    expect(ablations.count).toBe((150_001 * 150_000) / 2);
    expect(ablations.at(ablations.count - 1).sites).toEqual([{ layerIndex: 0, units: [149_999, 150_000] }]);
  });

  test("a set's sites are sorted, and those of one layer become one", () => {
    const set = [
      { layer: 1, units: [3, 0] },
      { layer: "dense_0", units: [11] },
      { layer: "dense_1", units: [1] },
    ];
    expect(list([{ ablate: "sets", sets: [set] }]).at(0).sites).toEqual([
      { layerIndex: 0, units: [11] },
      { layerIndex: 1, units: [0, 1, 3] },
    ]);
  });

  test("no other row exists", () => {
    const ablations = list([{ ablate: "each-unit" }]);
    for (const row of [-1, 28, 0.5, Number.NaN]) expect(() => ablations.at(row)).toThrow(LesionError);
  });
});

test.each([
  [
    "pairs of a layer of one unit",
    { ablate: "pairs" },
    [{ layer: "a", layerIndex: 0, units: 1 }],
    "at least two units",
  ],
  ["as many kept as there are", { ablate: "keep-only", keep: [7] }, [layers[1]!], "Keep fewer units"],
  ["a network of one layer", { ablate: "each-unit" }, [], "no layer to ablate"],
])("%s: no ablation, and how to get some", (_, sweep, of, fix) => {
  expect(failure([sweep], of).fix).toContain(fix);
});

describe("fractions", () => {
  const sweep = { ablate: "fraction", layers: [0, 1], fractions: [0.01, 0.25, 1], draws: 5 };

  test("go by layer, fraction, draw; sizes are rounded and at least 1", () => {
    const sizes = sitesOf(list([sweep])).map(([site]) => [site?.layerIndex, site?.units.length].join());
    const five = (text: string) => Array.from({ length: 5 }, () => text);
    expect(sizes).toEqual(["0,1", "0,5", "0,20", "1,1", "1,2", "1,7"].flatMap(five));
  });

  test("draws are distinct units in order, differ, and depend on the seed alone", () => {
    const first = list([sweep], { seed: 7 });
    const backwards = Array.from({ length: first.count }, (_, i) => first.at(first.count - 1 - i).sites).reverse();
    expect(backwards).toEqual(sitesOf(list([sweep], { seed: 7 })));
    expect(backwards).not.toEqual(sitesOf(list([sweep], { seed: 8 })));
    for (const [site] of backwards) {
      const units = site!.units;
      expect(units).toEqual([...new Set(units)].sort((a, b) => a - b));
      expect(units.at(-1)).toBeLessThan(layers[site!.layerIndex]!.units);
    }
    const quarter = backwards.slice(5, 10).map(([site]) => site!.units.join());
    expect(new Set(quarter).size).toBe(5);
  });

  test("every unit is drawn about as often", () => {
    const ablations = list([{ ablate: "fraction", layers: [1], fractions: [0.4], draws: 2000 }]);
    const drawn = new Array<number>(7).fill(0);
    for (const [site] of sitesOf(ablations)) for (const unit of site!.units) drawn[unit]!++;
    // 2000 draws of 3 of 7 units: 857 each, standard deviation 22.
    for (const count of drawn) expect(Math.abs(count - 857)).toBeLessThan(110);
  });
});

describe("mistakes", () => {
  test.each<[object, string, string, string]>([
    [
      { ablate: "pairs", layers: ["dens_0"] },
      "sweeps[0].layers[0]",
      'no ablatable layer "dens_0"',
      'Did you mean "dense_0"?',
    ],
    [{ ablate: "each-unit", layers: [0, 3] }, "sweeps[0].layers[1]", "no ablatable layer 3", '1 "dense_1" (7 units)'],
    [{ ablate: "each-unit", layers: [0, "dense_0"] }, "sweeps[0].layers", "named twice", "once"],
    [{ ablate: "pairs", layers: [2] }, "sweeps[0].layers", "names no ablation", "at least two units"],
    [
      { ablate: "sets", sets: [[{ layer: 1, units: [6, 7] }]] },
      "sweeps[0].sets[0][0].units[1]",
      "has no unit 7",
      "0 to 6",
    ],
    [
      {
        ablate: "sets",
        sets: [
          [{ layer: 1, units: [6] }],
          [
            { layer: 1, units: [2] },
            { layer: "dense_1", units: [2] },
          ],
        ],
      },
      "sweeps[0].sets[1][1].units[0]",
      'unit 2 of layer "dense_1" is named twice',
      "once",
    ],
  ])("%j", (sweep, where, message, fix) => {
    const error = failure([sweep]);
    expect(error.code).toBe("bad-study");
    expect(error.where).toBe(where);
    expect(error.message).toContain(message);
    expect(error.fix).toContain(fix);
  });

  test("an empty mask is refused though a program, and no document, wrote the study", () => {
    const study = {
      ...parseStudy({ sweeps: [] }),
      sweeps: [{ ablate: "sets" as const, sets: [[{ layer: 0, units: [] }]] }],
    };
    expect(() => expand(study, layers)).toThrow("empty mask");
  });

  test("a network without ablatable layers", () => {
    expect(failure([{ ablate: "each-unit" }], []).message).toContain("names no ablation");
  });
});
