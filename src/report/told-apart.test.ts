/** Where a run has several replacements, sweeps or analyses of a kind, what a report names is told apart; else names are short. */
import { describe, expect, test } from "vitest";
import type { StudyAnalysisRecord } from "../study/analysis-records.ts";
import type { AblationRecord, AnalysisRecord } from "../study/records.ts";
import { ablationNames, adaptiveNames } from "./ablation-names.ts";
import { buildReport } from "./build-report.ts";
import type { Section } from "./report.ts";
import { recordsOf, sample, sectionOf } from "./sample-sections.test-support.ts";

/** Everything that names something: captions, titles, first cells and the finding. */
const namesIn = ({ finding, tables, figures }: Section) => [
  finding,
  ...tables.map(({ caption }) => caption),
  ...figures.map(({ title }) => title),
];

const mixed = { sweeps: [{ ablate: "each-unit", replacements: ["zero", { scale: 1.5 }] }] };

describe("in a run with several replacements", () => {
  const twice = <R extends StudyAnalysisRecord>(record: R) =>
    ["zero", "scale 1.5"].map((replacement) => ({ ...record, replacement }));
  test.each(["class-damage", "overlap", "populations", "interactions"] as const)("%s names each", (name) => {
    const analyses = recordsOf(name).flatMap((record) => twice(record as StudyAnalysisRecord));
    const section = sectionOf(name, { analyses }, mixed);
    const titles = section.figures.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles.every((title) => /zero|scale 1\.5/.test(title))).toBe(true);
    const captions = section.tables.map(({ caption }) => caption);
    if (name !== "interactions") expect(new Set(captions).size).toBe(captions.length);
    if (name === "class-damage" || name === "populations") expect(section.finding).toContain("dense_0 (scale 1.5)");
  });

  test.each(["overlap", "interactions"] as const)("a pair of %s has a row for each, and says of which", (name) => {
    const analyses = recordsOf(name).flatMap((record) => twice(record as StudyAnalysisRecord));
    const [pairs] = sectionOf(name, { analyses }, mixed).tables;
    expect(new Set(pairs!.rows.map(([pair]) => pair)).size).toBe(pairs!.rows.length);
    expect(pairs!.rows[0]![0]).toMatch(/\((zero|scale 1\.5)\)/);
  });

  test("a rise is of an ablation by a replacement", () => {
    const ablations = sample.ablations.map(
      (one): AblationRecord => (one.row === 3 ? { ...one, replacement: "scale 1.5" } : one),
    );
    const { finding, tables } = sectionOf("positive-effects", { ablations }, mixed);
    expect(finding).toContain("dense_0: 3 (scale 1.5) raises");
    expect(tables[0]!.rows.map(([name]) => name)).toEqual(["dense_0: 3 (scale 1.5)", "dense_0: 4 (zero)"]);
    expect(sectionOf("recovery", { ablations }, mixed).tables[1]!.rows[0]![0]).toBe("dense_0: 17 (zero)");
  });

  test("predictors are measured against the first, which is said", () => {
    expect(sectionOf("importance", {}, mixed).tables[0]!.caption).toContain("sweep 0 (each-unit) (zero)");
    expect(sectionOf("mann-whitney", {}, mixed).finding).toContain("In dense_0 (zero)");
    expect(sectionOf("shapley", {}, { ...mixed, replacement: "mean" }).finding).toContain("In dense_0 (mean)");
  });

  test("in one with a single replacement names stay short", () => {
    const plain = { sweeps: [{ ablate: "each-unit" }] };
    for (const { title, tables, finding } of buildReport(sample, JSON.stringify(plain)).sections) {
      const captions = tables.map(({ caption }) => caption).join();
      if (title !== "Replacements") expect(captions + finding).not.toMatch(/\(zero|, zero\b/);
    }
  });
});

test("records of several sweeps say which", () => {
  for (const name of ["class-damage", "overlap", "mann-whitney"] as const) {
    const analyses = recordsOf(name).flatMap((record) => [record, { ...record, sweep: 4 } as AnalysisRecord]);
    const names = namesIn(sectionOf(name, { analyses })).join();
    expect(names, name).toContain("dense_0 (sweep 0)");
    expect(names, name).toContain("dense_0 (sweep 4)");
  }
});

describe("several analyses of a kind say what each was asked", () => {
  const asked = (name: AnalysisRecord["name"], ...options: object[]) => {
    const analyses = options.flatMap((_, analysis) =>
      recordsOf(name).map((record) => ({ ...record, analysis }) as AnalysisRecord),
    );
    return sectionOf(name, { analyses }, { analyses: options.map((one) => ({ analyse: name, ...one })) });
  };

  test("t-SNE its perplexity, the default too", () => {
    const { figures, finding } = asked("embedding", { perplexity: 5 }, {});
    expect(figures.map(({ title }) => title)).toEqual([
      "Samples by class, t-SNE (perplexity 5)",
      "Samples by class, t-SNE (perplexity 40)",
    ]);
    expect(finding).toContain("t-SNE (perplexity 5) and by t-SNE (perplexity 40)");
  });

  test("populations their k", () => {
    const { tables } = asked("populations", { clusters: 3 }, {});
    expect(tables.map(({ caption }) => /^dense_0 \(.*?\)/.exec(caption)?.[0])).toEqual([
      "dense_0 (clusters 3)",
      "dense_0 (clusters by silhouette)",
    ]);
  });

  test("predictors the samples that they were taken from", () => {
    const { tables, finding } = asked("importance", { samples: 100 }, { samples: null });
    expect(finding).toContain("(samples 100)");
    expect(finding).toContain("(samples all)");
    expect(new Set(tables.map(({ caption }) => caption)).size).toBe(tables.length);
  });

  test("Shapley values their permutations: neither is left out", () => {
    const { figures } = asked("shapley", { permutations: 50 }, { permutations: 500 });
    expect(figures.map(({ title }) => title.split(",")[1])).toEqual([
      " dense_0 (permutations 50)",
      " dense_0 (permutations 500)",
    ]);
  });

  test("rises their rate", () => {
    const [record] = recordsOf("positive-effects");
    const analyses = [0.005, 0.5].map((rate, analysis) => ({ ...record!, rate, analysis }));
    const { finding, tables } = sectionOf("positive-effects", { analyses });
    expect(finding).toContain("a false discovery rate of 0.5 %");
    expect(tables.map(({ caption }) => /at a rate of [\d.]+ %/.exec(caption)?.[0])).toEqual([
      "at a rate of 0.5 %",
      "at a rate of 50 %",
    ]);
  });

  test("searches what tells two of a method apart", () => {
    const rows = asked("gain-search", { factors: [0] }, { factors: [0, 2] }).tables[0]!.rows;
    expect(rows.map(([name]) => name).filter((name) => name!.startsWith("scale"))).toEqual([
      "scale one unit, dense_0, factors 0",
      "scale one unit, dense_0, factors 0, 2",
    ]);
  });
});

describe("orders and groups", () => {
  const [order] = recordsOf("order");
  const least = { sweeps: [{}, { ablate: "cumulative", order: "measured", from: "least" }, { ablate: "similar" }] };
  const orderOf = (study: object, by = "measured") =>
    sectionOf("support", { analyses: [{ ...order!, by, units: [4, 2, 9] }] }, study).tables[0]!.rows[0]![3];

  test("are listed as they go", () => {
    expect(orderOf({ sweeps: [{}, { ablate: "cumulative", order: "measured" }] })).toBe("4 2 9");
    expect(orderOf(least)).toBe("9 2 4");
    expect(
      orderOf({ sweeps: [{}, { ablate: "cumulative", order: "greedy-most", from: "least" }] }, "greedy-most"),
    ).toBe("4 2 9");
    expect(orderOf({ sweeps: [{}, { ablate: "keep-only", order: "measured", keep: [1] }] })).toBe("9 2 4");
  });

  test("by the damage to one class say which class", () => {
    const analyses = [0, 3].map((path) => ({ ...order!, by: "measured-class", path }));
    expect(sectionOf("support", { analyses }).tables[0]!.rows.map((row) => row[1])).toEqual([
      "measured-class: 0",
      "measured-class: 3",
    ]);
  });

  test("that grew from a unit say from which, and so do their controls; clusters are numbered", () => {
    const [record] = recordsOf("groups");
    const kinds = ["similar", "random"] as const;
    const groupsOf = (seeds: readonly (number | null)[]) =>
      seeds.flatMap((seed) =>
        kinds.map((kind) => ({ kind, share: 0.1, units: [1, 2], within: null, ...(seed === null ? {} : { seed }) })),
      );
    const namesOf = (groups: ReturnType<typeof groupsOf>) =>
      sectionOf("support", { analyses: [{ ...record!, groups }] }, least).tables[0]!.rows.map(([name]) => name);
    expect(namesOf(groupsOf([4, 17]))).toEqual(["of unit 4", "of unit 4", "of unit 17", "of unit 17"]);
    expect(namesOf(groupsOf([null, null]))).toEqual(["1", "1", "2", "2"]);
  });
});

describe("names of ablations", () => {
  const [first] = sample.ablations;
  const drawn = (row: number, change: Partial<AblationRecord>): AblationRecord => ({
    ...first!,
    row,
    index: row,
    ...change,
  });

  test("say sweep and index where units and replacement read the same", () => {
    const many = [{ layer: "dense_0", layerIndex: 0, units: [0, 1, 2, 3, 4, 5, 6] }];
    const names = ablationNames([
      drawn(0, { sites: many }),
      drawn(1, { sites: many }),
      drawn(2, { sites: many, sweep: 1 }),
      drawn(3, {}),
      drawn(4, { replacement: "mean" }),
    ]);
    expect([0, 1, 2, 3, 4].map((row) => names.of(row))).toEqual([
      "dense_0: 0+1+2+3+... (7 units) (zero, sweep 0, index 0)",
      "dense_0: 0+1+2+3+... (7 units) (zero, sweep 0, index 1)",
      "dense_0: 0+1+2+3+... (7 units) (zero, sweep 1)",
      "dense_0: 0 (zero)",
      "dense_0: 0 (mean)",
    ]);
    expect(names.of(1, "replacement", "sweep")).toBe("dense_0: 0+1+2+3+... (7 units) (index 1)");
    expect(names.of(4, "replacement")).toBe("dense_0: 0");
    expect(names.of(99)).toBeUndefined();
  });

  test("of an adaptive sweep follow its replacements, which go through all units one after the other", () => {
    const [record] = recordsOf("adaptive");
    const arms = Array.from({ length: 40 }, () => ({}) as (typeof record & {})["arms"][number]);
    const top = [19, 39].map((row) => ({ ...record!.top[0]!, row }));
    expect(adaptiveNames({ ...record!, arms, top }, ["zero", "mean"])).toEqual([
      "dense_0: 19 (zero)",
      "dense_0: 19 (mean)",
    ]);
    expect(adaptiveNames({ ...record!, arms, top })).toEqual(["dense_0: 19 (row 19)", "dense_0: 19 (row 39)"]);
    expect(adaptiveNames(record!, ["zero"])).toEqual(["dense_0: 19", "dense_0: 18"]);
  });
});
