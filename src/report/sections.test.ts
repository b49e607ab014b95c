/** What sections claim of records that could mislead: curves that do not compare, chosen extremes, networks that are gone. */
import { describe, expect, test } from "vitest";
import type { DegradationRecord, DepthRecord, GainSearchRecord } from "../study/analysis-records.ts";
import type { AnalysisRecord, RecoveryRecord } from "../study/records.ts";
import type { LinesFigure, Section } from "./report.ts";
import { recordsOf, sample, sectionOf } from "./sample-sections.test-support.ts";

const linesOf = ({ figures }: Section) => figures.filter((figure): figure is LinesFigure => figure.mark === "lines");

describe("recovery", () => {
  const curve = (row: number, correct: readonly number[], diverged = false): RecoveryRecord[] =>
    correct.map((right, epoch) => ({
      ...sample.recoveries[0]!,
      row,
      arm: "all",
      epoch,
      epochs: 2,
      correct: right,
      ...(diverged && epoch === correct.length - 1 ? { diverged: true, loss: null } : {}),
    }));

  test("a network that diverges is left out of every epoch: no curve has a dip that no network made", () => {
    const recoveries = [...curve(1, [800, 900, 940]), ...curve(2, [700, 850, 920]), ...curve(3, [600, 100], true)];
    const [lines] = linesOf(sectionOf("recovery", { recoveries }));
    expect(lines!.series[0]!.y).toEqual([75, 87.5, 93]);
    expect(lines!.description).toContain("all 2, 1 diverged");
    expect(sectionOf("recovery", { recoveries }).finding).toContain("n = 2 networks, 1 diverged and left out");
  });

  test("a network that is not trained as far as others does not change their curve", () => {
    const recoveries = [...curve(1, [800, 900, 940]), ...curve(3, [600, 100])];
    const [lines] = linesOf(sectionOf("recovery", { recoveries }));
    expect(lines!.series[0]!.y).toEqual([80, 90, 94]);
    expect(lines!.description).toContain("all 1, 1 not as far yet");
  });

  test("classes that come back, of those that went; none where they were not counted", () => {
    const byClass = (records: readonly RecoveryRecord[], counts: readonly (readonly number[])[]) =>
      records.map((record, epoch) => ({
        ...record,
        classCorrect: sample.baseline.classCorrect.map((right, c) => counts[epoch]![c] ?? right),
      }));
    // Of 95 right in each class: 30 and 10 lost of class 0, 5 of class 1; 24 + 6 and 0 come back.
    const recoveries = [
      ...byClass(curve(1, [915, 930, 939]), [
        [65, 90],
        [80, 90],
        [89, 90],
      ]),
      ...byClass(curve(2, [940, 944, 946]), [[85], [89], [91]]),
      ...curve(3, [600, 100], true),
    ];
    const classes = sectionOf("recovery", { recoveries }).tables.at(-1)!;
    expect(classes.caption).toContain("all layers train 2");
    expect(classes.rows.slice(0, 3)).toEqual([
      ["0", "100", "40", "75.0 %"],
      ["1", "100", "5", "0.0 %"],
      ["2", "100", "0", "-"],
    ]);
    const uncounted = sectionOf("recovery", { recoveries: curve(1, [915, 930, 939]) });
    expect(uncounted.tables.some(({ caption }) => caption.startsWith("Classes"))).toBe(false);
  });

  test("a network that had lost next to nothing does not lead", () => {
    // Of 950: 1 lost and 10 regained, 40 and 30: the mean of the fractions is 537.5 %.
    const recoveries = [...curve(1, [949, 955, 959]), ...curve(2, [910, 930, 940]), ...curve(3, [850, 900, 940])];
    const { finding, tables } = sectionOf("recovery", { recoveries });
    // 1000 %, 75 %, 90 %; 130 of 141 samples.
    expect(finding).toContain(
      "the median network regains 90.0 % of what it had lost (n = 3 networks), all together 92.2 %",
    );
    expect(tables[0]!.rows[0]!.slice(0, 5)).toEqual(["all layers train", "3", "90.0 %", "-", "92.2 %"]);
  });
});

describe("degradation", () => {
  const [curve] = recordsOf("degradation");

  test("says of how many units a predictor is not defined, for what their place does to a curve", () => {
    const [order] = recordsOf("order");
    const by = (scores: readonly (number | null)[]) =>
      ({ ...order!, by: "selectivity", layer: "dense_0", units: [2, 0, 1], scores }) as const;
    const told = (...orders: readonly ReturnType<typeof by>[]) =>
      sectionOf("degradation", { analyses: [curve!, ...orders] }).paragraphs.join(" ");
    expect(told(by([1, 0.5, null]), by([1, 0.5, null]))).toContain(
      "Not defined is selectivity of 1 of 3 units of dense_0: such units",
    );
    expect(told(by([1, 0.5, 0]))).not.toContain("Not defined");
  });
  const of = (change: Partial<DegradationRecord>): DegradationRecord => ({ ...curve!, ...change });

  test("areas of another measure, or over another range, are ranked apart", () => {
    const analyses = [
      of({ order: "random", auc: 0.5 }),
      of({ order: "taylor", auc: 0.4 }),
      of({ order: "measured-class-own-class", measure: "own-class-recall", chance: 0.02, auc: 0.95 }),
      of({ order: "keep-taylor", ablated: [0, 5, 10], accuracy: [1, 1, 0.9], interval: [null, null, null], auc: 0.98 }),
    ];
    const section = sectionOf("degradation", { analyses });
    expect(section.tables.map(({ rows }) => rows.map((row) => row[1]))).toEqual([
      ["random", "taylor"],
      ["keep-taylor"],
      ["measured-class-own-class"],
    ]);
    expect(section.finding).toMatch(
      /^By accuracy up to 100 % of the units \(2 curves\) .* holds out longest with random/,
    );
    // Chance is a line for each measure.
    expect(linesOf(section)[0]!.references).toEqual([
      { value: 10, name: "chance of accuracy 10.0 %" },
      { value: 2, name: "chance of recall of the order's own class 2.0 %" },
    ]);
  });
});

describe("depth", () => {
  const [record] = recordsOf("depth");
  const point = (change: Partial<DepthRecord["points"][number]>) => ({ ...record!.points[0]!, ...change });
  const widths = [64, 128, 256, 512];

  test("a fraction is one line through all layers, with the units that it comes to beside it", () => {
    const points = widths.flatMap((units, i) =>
      [0.01, 0.1].map((level) => {
        const ablated = Math.max(1, Math.round(level * units));
        return point({ layer: `conv${i}`, layerIndex: i, level, units, ablated: [ablated, ablated], group: "" });
      }),
    );
    const section = sectionOf("depth", { analyses: [{ ...record!, points }] });
    const [overall] = linesOf(section);
    expect(overall!.series.map(({ name, x }) => [name, x])).toEqual([
      ["1 %", [0, 1, 2, 3]],
      ["10 %", [0, 1, 2, 3]],
    ]);
    expect(section.tables[0]!.rows.map((row) => [row[0], row[2], row[3]]).slice(0, 4)).toEqual([
      ["conv0", "1 %", "1 of 64"],
      ["conv0", "10 %", "6 of 64"],
      ["conv1", "1 %", "1 of 128"],
      ["conv1", "10 %", "13 of 128"],
    ]);
  });

  test("groups and their controls stand side by side, a figure a level", () => {
    const points = widths.flatMap((units, i) =>
      [0.1, 0.5].flatMap((level) =>
        ["similar", "random"].map((group) =>
          point({ layer: `conv${i}`, layerIndex: i, level, units, ablated: [2, 9], group }),
        ),
      ),
    );
    const section = sectionOf("depth", { analyses: [{ ...record!, points }] });
    const overall = linesOf(section).filter(({ description }) => description.startsWith("Mean drop of accuracy"));
    expect(overall.map(({ series }) => series.map(({ name }) => name))).toEqual([
      ["similar, 10 %", "random, 10 %"],
      ["similar, 50 %", "random, 50 %"],
    ]);
    expect(section.tables[0]!.rows[0]![3]).toBe("2 to 9 of 64");
  });

  test.each([
    [{ by: "units", level: 1 }, "1 unit"],
    [{ by: "kept", level: 5 }, "all but 5 units"],
    [{ by: "threshold", level: 0.9 }, "similarity from 0.9"],
    [{ by: "share", level: 0.125 }, "12.5 %"],
  ] as const)("%j is %s", (asked, name) => {
    expect(sectionOf("depth", { analyses: [{ ...record!, points: [point(asked)] }] }).tables[0]!.rows[0]![2]).toBe(
      name,
    );
  });

  test("of very many levels some have a line", () => {
    const points = widths
      .slice(0, 2)
      .flatMap((_, layerIndex) =>
        Array.from({ length: 100 }, (_, i) =>
          point({ layer: `conv${layerIndex}`, layerIndex, by: "units", level: i + 1, group: "" }),
        ),
      );
    const [overall] = linesOf(sectionOf("depth", { analyses: [{ ...record!, points }] }));
    expect([overall!.series.length, overall!.series[0]!.name, overall!.series.at(-1)!.name]).toEqual([
      8,
      "1 unit",
      "100 units",
    ]);
    expect(overall!.description).toContain("8 of 100 levels");
  });
});

describe("depth, of several sweeps and measures", () => {
  const [record] = recordsOf("depth");
  const layers = [0, 1, 2].map((layerIndex) => ({ ...record!.points[0]!, layer: `conv${layerIndex}`, layerIndex }));

  test("a sweep of one layer says nothing of depth beside one of several, and is told alone", () => {
    const [whole, alone] = [
      { ...record!, sweep: 0, points: layers },
      { ...record!, sweep: 1, points: layers.slice(0, 1) },
    ];
    const both = sectionOf("depth", { analyses: [whole, alone] });
    expect([both.tables.length, both.figures]).toEqual([1, sectionOf("depth", { analyses: [whole] }).figures]);
    expect(both.paragraphs.join(" ")).toContain("1 sweep of one layer alone is left out");
    const one = sectionOf("depth", { analyses: [alone] });
    expect([one.tables.length, one.figures.length]).toEqual([1, 0]);
  });

  test("the top 5 have figures of their own where they were measured, overall and by class", () => {
    const top5 = layers.map((point, i) => ({ ...point, top5DropPp: 3 - i, classTop5DropsPp: [1, 5 * i, 2] }));
    const titles = (points: DepthRecord["points"]) =>
      linesOf(sectionOf("depth", { analyses: [{ ...record!, points }] })).filter(({ title }) =>
        title.includes("top-5"),
      );
    expect(titles(layers)).toEqual([]);
    const [overall, byClass] = titles(top5);
    expect(overall).toMatchObject({
      title: expect.stringMatching(/^Drop of top-5 accuracy by layer/),
      series: [{ y: [3, 2, 1] }],
    });
    expect(byClass!.title).toMatch(/^Drop of top-5 recall by layer and class/);
    expect(byClass!.series.map(({ y }) => y)).toEqual([
      [0, 5, 10],
      [1, 1, 1],
      [2, 2, 2],
    ]);
  });
});

describe("positive effects", () => {
  test("what holds is counted by the analysis, not in the list that is cut", () => {
    const [record] = recordsOf("positive-effects");
    const { finding } = sectionOf("positive-effects", { analyses: [{ ...record!, rises: 9000, significant: 3000 }] });
    expect(finding).toContain("3,000 of 9,000 rises");
    expect(finding).toContain("The largest of them among the 1 listed");
    expect(finding).toContain("having been chosen flatters it");
  });
});

describe("redundancy", () => {
  test("pairs are counted layer by layer, whether or not all have records", () => {
    const [pair] = recordsOf("redundancy");
    const cut = [0.5, 0.4].map((R) => ({ ...pair!, R, pairs: 7000 }));
    const analyses = [...cut, { ...pair!, layer: "dense_1", layerIndex: 1 }];
    expect(sectionOf("redundancy", { analyses }).finding).toContain("most redundant of 7,001 pairs");
    const { pairs: _, ...whole } = pair!;
    const replaced = [...cut, whole, whole].map((one, i) => (i < 2 ? one : { ...one, replacement: "mean" }));
    expect(sectionOf("redundancy", { analyses: replaced }).finding).toContain("most redundant of 7,002 pairs");
  });
});

describe("gain search", () => {
  const [record] = recordsOf("gain-search");
  const of = (method: GainSearchRecord["method"], searched: number, reported: number): GainSearchRecord => ({
    ...record!,
    method,
    search: { samples: 500, before: 470, after: 470 + searched },
    report: { ...record!.report, gainPp: reported },
  });
  const train = { data: { split: "train" } };

  test("the best is chosen on the search half, and its gain is that of the report half", () => {
    const { finding } = sectionOf("gain-search", { analyses: [of("scale", 12, 0.2), of("greedy", 8, 1.4)] });
    expect(finding).toContain("What gains most on the search half, scale one unit in dense_0 gives 0.20");
    expect(finding).toContain("took no part in search or training");
    const none = sectionOf("gain-search", { analyses: [of("scale", 0, 0), of("gains", -3, 2)] });
    expect(none.finding).toBe("No method gains anything on the search half.");
  });

  test("of training samples it does not say that nobody has seen them", () => {
    const { finding, paragraphs } = sectionOf("gain-search", { analyses: [of("gains", 12, 2)] }, train);
    expect(finding).toContain("training samples: trained gains and the control have seen them");
    expect(paragraphs.join()).toContain("says nothing of other samples");
  });
});

describe("bounds", () => {
  test.each(["adaptive", "shapley"] as const)("of %s bear the confidence of the record, and hold together", (name) => {
    const records = sample.analyses.filter((record) => record.name === name);
    const analyses = records.map((record) => ({ ...record, confidence: 0.999 }) as AnalysisRecord);
    const { tables, figures } = sectionOf(name, { analyses });
    const titles = tables.flatMap(({ columns }) => columns.map(({ title }) => title));
    expect(titles).toContain("bounds, together 99.9 %");
    expect(JSON.stringify([titles, figures.map(({ description }) => description)])).not.toContain("95 %");
  });
});

describe("an ensemble", () => {
  test("shows the coefficients of every network", () => {
    const section = sectionOf("ensemble", {});
    expect(section.tables[1]!.rows.map((row) => row.slice(0, 4))).toEqual(
      [0, 1, 2].map((network) => ["mann-whitney", "dense_0", String(network), "20"]),
    );
    expect(section.tables[1]!.rows[0]![5]).toBe("-0.60 (-0.80 to -0.45)");
    expect(section.finding).toContain("within networks -0.45 (-0.65 to -0.30), n = 3");
  });
});

test("the Mann-Whitney p is said to be half of the two-sided one", () => {
  expect(sectionOf("mann-whitney", {}).paragraphs[0]).toContain("half of the two-sided p");
});
