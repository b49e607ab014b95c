/** The rows of each kind of sweep, worked out by hand, and that any one of them can be made alone. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expand } from "./expand.ts";
import type { LayerSummary } from "./records.ts";
import { parseStudy } from "./schema.ts";
import { pointsOf, type SweepMaterials } from "./sweep-rows.ts";

const layers: readonly LayerSummary[] = [
  { layer: "first", layerIndex: 0, units: 5 },
  { layer: "second", layerIndex: 1, units: 3 },
];
/** What matters most first: of layer 0 by class 0 [3, 0, 4, 1, 2]; each next class begins one later. */
const ORDERS: Readonly<Record<number, readonly number[]>> = { 0: [3, 0, 4, 1, 2], 1: [2, 0, 1] };
const materials: SweepMaterials = {
  order: (_, { layerIndex }, path) => {
    const order = ORDERS[layerIndex]!;
    return order.map((_, i) => order[(i + path) % order.length]!);
  },
  groups: (_, { layerIndex }) => [{ units: [layerIndex, layerIndex + 1] }, { units: [0, 2] }],
};

function list(sweep: object, { classes = 1, seed = 7, of = layers } = {}) {
  return expand(parseStudy({ sweeps: [sweep], seed }), of, classes, materials);
}
const textOf = (sites: ReturnType<ReturnType<typeof list>["at"]>["sites"]) =>
  sites.map(({ layerIndex, units }) => `${layerIndex}: ${units.join(" ")}`).join(", ");
const textsOf = (ablations: ReturnType<typeof list>) =>
  Array.from({ length: ablations.count }, (_, row) => textOf(ablations.at(row).sites));

describe("cumulative", () => {
  test("from most: the order's first units, one more with each row", () => {
    expect(textsOf(list({ ablate: "cumulative", order: "measured", layers: [0] }))).toEqual([
      "0: 3",
      "0: 0 3",
      "0: 0 3 4",
      "0: 0 1 3 4",
      "0: 0 1 2 3 4",
    ]);
  });

  test("from least: the order's last units", () => {
    expect(textsOf(list({ ablate: "cumulative", order: "weight-l1", from: "least", layers: [0, 1] }))).toEqual([
      ...["0: 2", "0: 1 2", "0: 1 2 4", "0: 0 1 2 4", "0: 0 1 2 3 4"],
      ...["1: 1", "1: 0 1", "1: 0 1 2"],
    ]);
  });

  test.each(["greedy-least", "greedy-most"])("%s: its own order, whichever end is asked for", (order) => {
    for (const from of ["most", "least"])
      expect(textsOf(list({ ablate: "cumulative", order, from, layers: [1] }))).toEqual(["1: 2", "1: 0 2", "1: 0 1 2"]);
  });

  test("so many points: rounded shares of the layer, the last of them all units", () => {
    const sweep = { ablate: "cumulative", order: "measured", points: 2 };
    // 5 / 2 and 3 / 2 are rounded up.
    expect(textsOf(list(sweep))).toEqual(["0: 0 3 4", "0: 0 1 2 3 4", "1: 0 2", "1: 0 1 2"]);
    expect(list({ ...sweep, points: 100 }).count).toBe(5 + 3);
  });

  test("by class: a path each, class after class", () => {
    const rows = textsOf(list({ ablate: "cumulative", order: "measured-class", layers: [1] }, { classes: 3 }));
    expect(rows).toEqual([
      ...["1: 2", "1: 0 2", "1: 0 1 2"],
      ...["1: 0", "1: 0 1", "1: 0 1 2"],
      ...["1: 1", "1: 1 2", "1: 0 1 2"],
    ]);
  });

  test("at random: paths of nested sets, other ones for each draw and seed, drawn without materials", () => {
    const sweep = { ablate: "cumulative", order: "random", draws: 4 };
    const wide = [{ layer: "wide", layerIndex: 0, units: 30 }];
    const ablations = list(sweep, { of: wide });
    expect(ablations.count).toBe(120);
    for (let draw = 0; draw < 4; draw++) {
      const sets = Array.from({ length: 30 }, (_, i) => new Set(ablations.at(30 * draw + i).sites[0]!.units));
      sets.forEach((set, i) => {
        expect(set.size).toBe(i + 1);
        for (const unit of sets[i - 1] ?? []) expect(set.has(unit)).toBe(true);
      });
    }
    const firsts = [0, 1, 2, 3].map((draw) => textOf(ablations.at(30 * draw + 9).sites));
    expect(new Set(firsts).size).toBe(4);
    expect(textsOf(list(sweep, { of: wide, seed: 8 }))).not.toEqual(textsOf(ablations));
  });

  test("points never repeat and end with all units", () => {
    const sweep = { ablate: "cumulative", layers: "all", order: "random", from: "most", draws: 1 } as const;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3000 }), (units, points) => {
        const found = pointsOf({ ...sweep, points }, units);
        expect(found.length).toBe(Math.min(units, points));
        expect(found.at(-1)).toBe(units);
        expect(found.every((point, i) => point > (found[i - 1] ?? 0))).toBe(true);
      }),
    );
  });
});

describe("keep-only", () => {
  test("keeps the first of the order; the fewest ablated come first", () => {
    // Kept: 3 and 0 and 4; then 3.
    expect(textsOf(list({ ablate: "keep-only", order: "measured", keep: [1, 3], layers: [0] }))).toEqual([
      "0: 1 2",
      "0: 0 1 2 4",
    ]);
  });

  test("as many units as a layer has, and more, leave nothing to ablate and are left out", () => {
    const rows = textsOf(list({ ablate: "keep-only", order: "fisher", keep: [0, 3, 4, 9] }));
    expect(rows).toEqual(["0: 2", "0: 1 2", "0: 0 1 2 3 4", "1: 0 1 2"]);
    expect(() => list({ ablate: "keep-only", keep: [5], layers: [0] })).toThrow("names no ablation");
  });

  test("of greedy orders: what least damage takes first goes, what most damage takes first stays", () => {
    const rows = (order: string) => textsOf(list({ ablate: "keep-only", order, keep: [2], layers: [0] }));
    expect(rows("greedy-least")).toEqual(["0: 0 3 4"]);
    expect(rows("greedy-most")).toEqual(["0: 1 2 4"]);
  });

  test("by class, and at random", () => {
    const byClass = list({ ablate: "keep-only", order: "measured-class", keep: [1, 2], layers: [1] }, { classes: 2 });
    // Of class 0 the order is 2 0 1, of class 1 it is 0 1 2.
    expect(textsOf(byClass)).toEqual(["1: 1", "1: 0 1", "1: 2", "1: 1 2"]);
    expect(list({ ablate: "keep-only", order: "random", keep: [1, 4], draws: 6 }).count).toBe(6 * 2 + 6);
  });
});

describe("pairs, layers and groups", () => {
  test("across: pairs within each layer, then a unit of each of two layers", () => {
    const rows = textsOf(list({ ablate: "pairs", across: true }));
    expect(rows.length).toBe(10 + 3 + 15);
    expect(rows.slice(10, 17)).toEqual([
      "1: 0 1",
      "1: 0 2",
      "1: 1 2",
      "0: 0, 1: 0",
      "0: 0, 1: 1",
      "0: 0, 1: 2",
      "0: 1, 1: 0",
    ]);
    expect(rows.at(-1)).toBe("0: 4, 1: 2");
    expect(new Set(rows).size).toBe(28);
  });

  test("across three layers: each two once", () => {
    const three = [...layers, { layer: "third", layerIndex: 2, units: 2 }];
    expect(list({ ablate: "pairs", across: true }, { of: three }).count).toBe(10 + 3 + 1 + 5 * 3 + 5 * 2 + 3 * 2);
  });

  test("whole layers", () => {
    expect(textsOf(list({ ablate: "whole-layer" }))).toEqual(["0: 0 1 2 3 4", "1: 0 1 2"]);
  });

  test("similar: the groups that were found, layer after layer", () => {
    const sweep = {
      ablate: "similar",
      grouping: { kind: "nearest", seeds: 1 },
      fractions: [0.4],
      controls: ["random"],
    };
    expect(textsOf(list(sweep))).toEqual(["0: 0 1", "0: 0 2", "1: 1 2", "1: 0 2"]);
  });

  test("similar, before groups are known: as many, and as large", () => {
    const sweep = { ablate: "similar", grouping: { kind: "nearest", seeds: 2 }, fractions: [0.2, 0.6] };
    const ablations = expand(parseStudy({ sweeps: [sweep] }), layers);
    // Two fractions, two seeds, and two controls with each group: 12 a layer; of 5 units 1 and 3, of 3 units 1 and 2.
    const sizes = Array.from({ length: ablations.count }, (_, row) => ablations.at(row).sites[0]!.units.length);
    const six = (size: number) => Array.from({ length: 6 }, () => size);
    expect(sizes).toEqual([...six(1), ...six(3), ...six(1), ...six(2)]);
    // Of 3 units 0.2 and 0.3 are one: made once.
    const alike = { ...sweep, layers: [1], fractions: [0.2, 0.3, 0.6] };
    const merged = expand(parseStudy({ sweeps: [alike] }), layers);
    expect(Array.from({ length: merged.count }, (_, row) => merged.at(row).sites[0]!.units.length)).toEqual([
      ...six(1),
      ...six(2),
    ]);
  });

  test("an adaptive sweep has no rows, and those after it begin where it does", () => {
    const sweeps = [{ ablate: "each-unit", adaptive: { top: 2 } }, { ablate: "whole-layer" }];
    const ablations = expand(parseStudy({ sweeps }), layers);
    expect(ablations.sweeps).toEqual([
      { start: 0, count: 0 },
      { start: 0, count: 2 },
    ]);
    expect(ablations.at(0)).toMatchObject({ sweep: 1, index: 0, row: 0 });
  });
});

test("replacements are an axis: all rows of the first, then all of the next", () => {
  const replacements = ["zero", "mean", { constant: 2 }];
  const ablations = list({ ablate: "each-unit", layers: [1], replacements, site: "pre-activation" });
  const rows = Array.from({ length: ablations.count }, (_, row) => ablations.at(row));
  expect(rows.map(({ replacement, sites }) => `${replacement.kind} ${sites[0]!.units}`)).toEqual(
    ["zero", "mean", "constant"].flatMap((kind) => [`${kind} 0`, `${kind} 1`, `${kind} 2`]),
  );
  expect(rows.map(({ index, row, site }) => [index, row, site])).toEqual(
    rows.map((_, row) => [row, row, "pre-activation"]),
  );
});

test("any row can be made alone, and is the same again", () => {
  const sweeps = [
    { ablate: "cumulative", order: "random", draws: 3, points: 4 },
    { ablate: "keep-only", order: "measured-class", keep: [1, 2] },
    { ablate: "pairs", across: true, replacements: ["zero", "mean"] },
    { ablate: "fraction", fractions: [0.5], draws: 4 },
    { ablate: "whole-layer" },
  ];
  const make = () => expand(parseStudy({ sweeps }), layers, 3, materials);
  const whole = make();
  const all = Array.from({ length: whole.count }, (_, row) => whole.at(row));
  expect(all.map(({ row }) => row)).toEqual([...all.keys()]);
  for (const { sites } of all) {
    for (const { layerIndex, units } of sites) {
      expect(units).toEqual([...new Set(units)].sort((a, b) => a - b));
      expect(units.length).toBeGreaterThan(0);
      expect(units.at(-1)).toBeLessThan(layers[layerIndex]!.units);
    }
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.count - 1 }), (row) => {
      expect(make().at(row)).toEqual(all[row]);
    }),
  );
});
