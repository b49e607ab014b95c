/** What a report says of nothing, of next to nothing, or of no finite number: words, and no empty figures. */
import { describe, expect, test } from "vitest";
import type {
  CascadeRecord,
  GainSearchRecord,
  ImportanceRecord,
  PopulationsRecord,
} from "../study/analysis-records.ts";
import type { EndRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { buildReport } from "./build-report.ts";
import { digitsFor, estimate, percent, range } from "./numbers.ts";
import type { Section } from "./report.ts";
import { recordsOf, sample, sectionOf as sampleSectionOf } from "./sample-sections.test-support.ts";

/** As the sample's, with nothing in it that is no number. */
const sectionOf = (...asked: Parameters<typeof sampleSectionOf>): Section => {
  const found = sampleSectionOf(...asked);
  expect(JSON.stringify(found)).not.toMatch(/NaN|- \(|- to -|\bnull pp/);
  return found;
};

test("what is not known has no interval", () => {
  expect([estimate(null, [0, 1]), estimate(Number.NaN, null), estimate(0.5, [null, null])]).toEqual(["-", "-", "0.50"]);
  expect([range([null, 1]), range([Number.NaN, 1]), percent(Number.NaN)]).toEqual(["-", "-", "-"]);
});

describe("gain search", () => {
  const [record] = recordsOf("gain-search");

  test("of one sample has no half to judge by", () => {
    const none = { samples: 0, before: 0, after: 0 };
    const empty = {
      ...record!,
      search: none,
      // As a journal has what is no finite number.
      report: { ...record!.report, ...none, samples: 1, gainPp: null, interval: [null, null] },
    } as unknown as GainSearchRecord;
    const { finding, figures, tables } = sectionOf("gain-search", { analyses: [empty] });
    expect(finding).toBe(
      "The study evaluates 1 sample: too few for a half to search on and another to judge by, so that there is nothing to tell.",
    );
    expect([...figures, ...tables]).toEqual([]);
  });
});

describe("a cascade", () => {
  const [record] = recordsOf("cascade");
  const unknown = {
    ...record!,
    relativeChange: [null, null, null],
    mean: [null, null, null],
    interval: [[null, null], null, null],
  } as unknown as CascadeRecord;

  test("of changes beyond all numbers says so, without a figure", () => {
    const { finding, figures, tables } = sectionOf("cascade", { analyses: [unknown] });
    expect(finding).toMatch(/^Of 1 ablation there is nothing to tell: /);
    expect([...figures, ...tables]).toEqual([]);
  });

  test("tells of the others, by the layers whose change is known", () => {
    const partial: CascadeRecord = { ...record!, row: 18, mean: [null, 0.5, 0.6], interval: [null, null, null] };
    const { finding, figures } = sectionOf("cascade", { analyses: [unknown, partial] });
    expect(finding).toMatch(
      /^With dense_0: 18 ablated, dense_1 changes by 0\.50 of its norm and dense_2 .* Of 1 ablation/,
    );
    expect(figures[0]?.mark === "lines" && figures[0].series.length).toBe(1);
  });
});

describe("populations", () => {
  const [record] = recordsOf("populations");
  const of = (units: number, change: Partial<PopulationsRecord>): PopulationsRecord => ({
    ...record!,
    units: Array.from({ length: units }, (_, unit) => unit),
    clusters: new Array(units).fill(0),
    k: 1,
    silhouette: null,
    silhouettes: [],
    profiles: [[0]],
    n: units,
    ...change,
  });

  test.each([
    [of(1, {}), "dense_0 has 1 unit: there is nothing to divide."],
    [of(2, {}), "By class damage, 2 units of dense_0 are one population: so few have no divisions to compare."],
    [
      of(5, { silhouettes: [0, null, -0.1] }),
      "By class damage, 5 units of dense_0 are one population: no division has a silhouette above 0.",
    ],
  ])("that are none are told in words: %#", (one, finding) => {
    const section = sectionOf("populations", { analyses: [one] });
    expect(section.finding).toBe(finding);
    expect(section.tables.length).toBe(one.units.length < 2 ? 0 : 1);
    expect(section.tables.every(({ caption }) => !caption.includes("...: ;"))).toBe(true);
  });
});

describe("importance", () => {
  const [record] = recordsOf("importance");
  const of = (change: Partial<ImportanceRecord>): ImportanceRecord => ({ ...record!, ...change });
  const values = (units: number) => Array.from({ length: units }, (_, unit) => unit);
  const small = { layer: "dense_1", layerIndex: 1, values: values(5), n: 5 };
  const pooled = { layer: null, layerIndex: null, values: values(13), n: 13 };
  const wide = { values: values(8), n: 8 };

  test("is ranked over all units pooled, not by the layer with fewest", () => {
    const analyses = [
      of({ ...small, predictor: "weight-l1-out", spearman: 1 }),
      of({ ...pooled, predictor: "weight-l1-out", spearman: 0.5 }),
      of({ ...small, predictor: "taylor", spearman: 0.7 }),
      of({ ...pooled, predictor: "taylor", spearman: -0.89 }),
    ];
    const { finding, tables } = sectionOf("importance", { analyses });
    expect(finding).toMatch(
      /^Of 2 predictors, taylor goes best with the measured drop in all layers: Spearman -0\.89 .*, n = 13 units, the best of 2 and flattered by having been chosen\.$/,
    );
    expect(tables.at(-1)!.rows.map((row) => row.slice(0, 3))).toEqual([
      ["taylor", "all layers", "13"],
      ["weight-l1-out", "all layers", "13"],
      ["weight-l1-out", "dense_1", "5"],
      ["taylor", "dense_1", "5"],
    ]);
  });

  test("without a pooled record is ranked in the layer with most units; equals are told", () => {
    const analyses = [
      of({ ...small, predictor: "taylor", spearman: 1 }),
      of({ ...wide, predictor: "taylor", spearman: 0.6 }),
      of({ ...wide, predictor: "fisher", spearman: -0.6 }),
    ];
    expect(sectionOf("importance", { analyses }).finding).toMatch(
      /^Of 2 predictors, taylor, and as well as it 1 other, goes best with the measured drop in dense_0: Spearman 0\.60/,
    );
  });

  test("that is nowhere defined crowns nothing", () => {
    const nothing = { spearman: null, pearson: null, kendall: null };
    const none = { spearman: null, pearson: null, kendall: null };
    const analyses = [of({ ...wide, ...nothing, interval: none }), of({ ...pooled, ...nothing, interval: none })];
    const { finding, figures } = sectionOf("importance", { analyses });
    expect(finding).toMatch(/^Nothing can be said of 1 predictor: .* \(n = 13 units\)\.$/);
    expect(figures.filter(({ mark }) => mark === "scatter")).toEqual([]);
  });
});

describe("depth", () => {
  const [record] = recordsOf("depth");
  const at = (sweep: number, dropPp: number) => ({
    ...record!,
    sweep,
    points: [{ ...record!.points[0]!, dropPp, interval: null, n: 3 }],
  });

  test("tells of every sweep, and calls no place fragile that loses nothing", () => {
    const { finding } = sectionOf("depth", { analyses: [at(0, -0.33), at(2, 12)] });
    expect(finding).toMatch(/^In sweep 0, no layer loses anything on average: .*-0\.33 pp/);
    expect(finding).toMatch(
      /In sweep 2, block1_conv1 is the most fragile place .*: 12\.00 pp are lost on average over 3/,
    );
  });
});

describe("overlap", () => {
  const [record] = recordsOf("overlap");
  const of = (lost: readonly number[], pairs: Readonly<Record<string, number>>) => ({
    ...record!,
    units: [...lost.keys()],
    order: [...lost.keys()],
    lost,
    jaccard: lost.map((_, i) => lost.map((__, j) => pairs[`${Math.min(i, j)} ${Math.max(i, j)}`] ?? null)),
  });

  test("of pairs that have nothing in common is none", () => {
    const { finding, tables } = sectionOf("overlap", { analyses: [of([7, 0, 3], { "0 1": 0, "0 2": 0, "1 2": 0 })] });
    expect(finding).toBe("No two units lose a sample in common; n = 950 samples that are right intact.");
    expect(tables).toEqual([]);
    expect(sectionOf("overlap", { analyses: [of([0, 0], {})] }).finding).toMatch(/^No unit loses a sample;/);
  });

  test("is led by what many samples say, not by one sample in one", () => {
    const { finding, tables } = sectionOf("overlap", {
      analyses: [of([1, 1, 90, 100], { "0 1": 1, "2 3": 0.9, "0 2": 0 })],
    });
    expect(finding).toMatch(
      /^Of 3 pairs, dense_0: 2 and 3 share most of what they lose: Jaccard index 0\.90 \(0\.8\d to 0\.9\d\)/,
    );
    expect(tables[0]!.caption).toBe("Pairs by overlap; without a lost sample in common: 1 more");
    expect(tables[0]!.rows.map(([name]) => name)).toEqual(["dense_0: 2 and 3", "dense_0: 0 and 1"]);
  });
});

test("pairs without redundancy are not led by one of them", () => {
  const analyses = recordsOf("redundancy").map((pair) => ({ ...pair, R: 0 }));
  expect(sectionOf("redundancy", { analyses }).finding).toMatch(/^Of 190 pairs none is redundant: R = 0,/);
});

test("Shapley values that are all 0 have no first, and a curve that never falls has no point", () => {
  const [values] = recordsOf("shapley");
  const none = { ...values!, values: values!.values.map(() => 0) };
  expect(sectionOf("shapley", { analyses: [none] }).finding).toBe(
    "In dense_0, no unit contributes anything in 200 permutations.",
  );
  const [curve] = recordsOf("degradation");
  const { finding } = sectionOf("degradation", { analyses: [{ ...curve!, halfDamage: null }] });
  expect(finding).toContain("half damage never)");
});

test.each([
  [[0.00144, 0.0009], 5],
  [[-0.885, 0.4], 3],
  [[20.8, 3], 2],
  [[0, 0], 2],
  [[], 2],
])("%j: the greatest has three significant digits", (values, digits) => {
  expect(digitsFor(values)).toBe(digits);
});

test("of an adaptive sweep small losses are told apart", () => {
  const [record] = recordsOf("adaptive");
  const top = [0.00144, 0.00107].map((effect, row) => ({
    ...record!.top[0]!,
    ...{ row, effect, interval: [effect - 0.0001, effect + 0.0001] as const },
  }));
  const section = sectionOf("adaptive", { analyses: [{ ...record!, by: "loss", top }] });
  expect(section.finding).toContain("0.00144 (0.00134 to 0.00154) nats");
  expect(section.tables[0]!.rows.map((row) => row.slice(1, 3))).toEqual([
    ["0.00144", "0.00134 to 0.00154"],
    ["0.00107", "0.00097 to 0.00117"],
  ]);
});

test("of an adaptive sweep nothing leads that costs nothing", () => {
  const [record] = recordsOf("adaptive");
  const top = record!.top.map((one) => ({ ...one, effect: 0 }));
  const { finding } = sectionOf("adaptive", { analyses: [{ ...record!, top }] });
  expect(finding).toContain("of 1,000 samples; none of them costs anything.");
});

test("a list of nothing has no table", () => {
  const [record] = recordsOf("positive-effects");
  const none = { ...record!, effects: [], rises: 0, significant: 0 };
  expect(sectionOf("positive-effects", { analyses: [none] }).tables).toEqual([]);
  const flat = recordsOf("interactions").map((one) => ({
    ...one,
    matrix: one.matrix.map((row) => row.map((value) => (value === null ? null : 0))),
  }));
  const { finding, tables } = sectionOf("interactions", { analyses: flat });
  expect(finding).toContain("none back each other up and none overlap");
  expect(tables).toEqual([]);
});

describe("the overview", () => {
  const study = { sweeps: [{ ablate: "each-unit" }, { ablate: "cumulative" }] };
  const curve = sample.ablations.map((one, i) => ({ ...one, sweep: 1, row: 100 + i, index: i }));

  test("has the most damaging of every sweep in a table, of curves a few", () => {
    const { tables, finding, figures } = sectionOf("ablations", { ablations: [...sample.ablations, ...curve] }, study);
    expect(tables.map(({ rows, cut }) => [rows.length, cut])).toEqual([
      [20, 0],
      [5, 15],
    ]);
    expect(finding).toContain("Of 20 ablations of sweep 0 (each-unit) the most damaging, dense_0: 19,");
    expect(finding).toContain("Of 20 ablations of sweep 1 (cumulative) the most damaging, dense_0: 19,");
    expect(figures).toHaveLength(1);
  });

  test("of an adaptive sweep alone does not say that nothing was measured", () => {
    const { finding, tables } = sectionOf("ablations", { ablations: [], recoveries: [] });
    expect(finding).toContain("Its ablations were ranked adaptively");
    expect(tables).toEqual([]);
  });

  test("does not call damaging what costs nothing", () => {
    const ablations = [{ ...sample.ablations[0]!, correct: 953 }];
    expect(sectionOf("ablations", { ablations }).finding).toMatch(
      /the most damaging, dense_0: 0, costs nothing \(-0\.30 pp\)\.$/,
    );
  });
});

describe("a run that did not do all it was asked", () => {
  const end = (state: EndRecord["state"], error?: EndRecord["error"]): EndRecord => ({
    type: "end",
    state,
    ablations: 20,
    ms: 1,
    macs: 1,
    macsSaved: 1,
    predicted: { ms: null, macs: 1, bytes: 1 },
    measured: { ms: 1, macs: 1, bytes: 1 },
    ...(error === undefined ? {} : { error }),
  });
  const study = JSON.stringify({ analyses: ["shapley", "gain-search", "embedding"] });
  const analyses = [
    { ...recordsOf("shapley")[0]!, analysis: 0 },
    ...recordsOf("gain-search")
      .filter(({ method }) => method !== "gains")
      .map((record) => ({ ...record, analysis: 1 })),
  ];
  const summaryOf = (run: Partial<RunResults>) => buildReport({ ...sample, analyses, ...run }, study).summary;

  test("names its analyses without a result, and its error", () => {
    const error = { code: "bad-file" as const, message: "the training split is not there", fix: "Add it." };
    expect(summaryOf({ end: end("failed", error) }).slice(0, 3)).toEqual([
      "The run is not finished (failed): numbers may still change.",
      "Its last error: the training split is not there. Add it.",
      "Asked for, and without a result: gain-search (gains), embedding.",
    ]);
    expect(summaryOf({ end: end("done") })[0]).toMatch(/^Asked for, and without a result: /);
  });

  test("and may still do it says nothing of them", () => {
    expect(summaryOf({ end: null }).join()).not.toContain("Asked for");
    expect(summaryOf({ end: end("cancelled") }).join()).not.toContain("Asked for");
  });

  test("names the first ablation's failure", () => {
    const failures = [
      { type: "failure" as const, row: 3, error: { code: "out-of-memory" as const, message: "no room" } },
    ];
    expect(summaryOf({ failures })).toContain("1 ablation failed: no room");
  });
});
