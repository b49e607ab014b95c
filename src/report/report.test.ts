/** Sections say what their records say; the HTML holds all of it, escaped, and loads nothing. */
import { describe, expect, test } from "vitest";
import { setBit } from "../core/bitset.ts";
import type { AnalysisRecord } from "../study/records.ts";
import { buildReport } from "./build-report.ts";
import { reportHtml } from "./html.ts";
import { estimate, fixed, probability } from "./numbers.ts";
import type { Section } from "./report.ts";
import { AWKWARD_CLASS, SAMPLE_STUDY, sampleReportRun, sampleStatusOf } from "./sample-report.test-support.ts";
import { sampleStatus } from "./status.ts";
import { wellFormed } from "./well-formed.test-support.ts";

const run = sampleReportRun(200);
const published = [
  { what: "drop(dense_0: 11)", value: 22.01, within: 0.02, source: "Meyes et al. 2019, fig. 3", note: null },
  { what: "R(dense_0: 4+9)", value: 0.3, within: 0.02, source: "ibid.", note: "on <binarised> images" },
  { what: "R(dense_1: 1+2)", value: 0.3, within: 0.02, source: "ibid.", note: null },
];
const report = buildReport(run, SAMPLE_STUDY, {
  statusOf: sampleStatusOf(200),
  report: { title: "A <title>", notes: ["A note & more."], published },
});
const section = (id: string): Section => {
  const found = report.sections.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no section ${id}`);
  return found;
};
const rowsOf = (id: string, place = 0) => section(id).tables[place]!.rows;

test("there is a section for every kind of analysis, each once, and none for what is not there", () => {
  const ids = report.sections.map(({ id }) => id);
  expect(ids).toEqual([
    "published",
    "ablations",
    "adaptive",
    "class-damage",
    "overlap",
    "populations",
    "redundancy",
    "interactions",
    "shapley",
    "importance",
    "mann-whitney",
    "ensemble",
    "negligible",
    "replacements",
    "optimal",
    "degradation",
    "depth",
    "cascade",
    "embedding",
    "positive-effects",
    "gain-search",
    "recovery",
    "support",
  ]);
  const bare = buildReport({ ...run, analyses: [], recoveries: [], ablations: [] }, "{}");
  expect(bare.sections.map(({ id }) => id)).toEqual(["ablations"]);
  expect(bare.title).toBe("sample");
  expect(bare.summary[0]).toContain("not finished (interrupted)");
});

test("no section says NaN, undefined or null, and every finding has an n", () => {
  for (const { id, finding, paragraphs, tables, figures } of report.sections) {
    const text = JSON.stringify([
      finding,
      paragraphs,
      tables,
      figures.map((figure) => [figure.title, figure.description]),
    ]);
    expect(text, id).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
    if (id !== "support" && id !== "published") expect(finding, id).toMatch(/\d/);
  }
});

test("published values: agreement within what is allowed, and what was not measured", () => {
  expect(section("published").finding).toBe("3 published values: 1 in agreement with this run, 1 not, 1 not measured.");
  expect(rowsOf("published").map((row) => [row[1], row[2], row[3], row[4], row[6]])).toEqual([
    ["22.01", "22", "1,000", "-0.01", "agrees"],
    ["0.3", "0.25", "950", "-0.05", "differs"],
    ["0.3", "-", "-", "-", "not measured"],
  ]);
  expect(section("published").paragraphs).toContain("R(dense_0: 4+9): on <binarised> images");
});

test("ablations: the most damaging first, with Wilson's interval; exact no-ops counted", () => {
  // Wilson's interval of 570 of 1000, by hand: centre (0.57 + 0.001921) / 1.003841, half 1.95996 sqrt(0.2451e-3 + 0.96e-6) / 1.003841.
  expect(rowsOf("ablations")[0]).toEqual([
    "dense_0: 19",
    "zero",
    "57.00 %",
    "53.91 to 60.04",
    "38.00",
    "380",
    "0",
    `${AWKWARD_CLASS} (-95.0)`,
  ]);
  expect(rowsOf("ablations").at(-1)!.slice(4, 7)).toEqual(["0.00", "no-op", "no-op"]);
  expect(section("ablations").paragraphs[1]).toContain("1 ablation moved nothing");
  const [bars] = section("ablations").figures;
  expect(bars?.mark === "bars" && bars.bars[0]!.interval!.map((end) => Number(end.toFixed(2)))).toEqual([34.96, 41.09]);
});

test("importance: sorted by |Spearman|, the best unit by unit", () => {
  const coefficients = rowsOf("importance").map((row) => Math.abs(Number.parseFloat(row[3]!)));
  expect(coefficients).toEqual(coefficients.toSorted((a, b) => b - a));
  expect(section("importance").finding).toContain("weight-l1 goes best with the measured drop in dense_0");
  const [scatter] = section("importance").figures;
  // Of unit u the drop is 2 u, the most damaging is first.
  expect(scatter?.mark === "scatter" && scatter.points[0]).toMatchObject({ y: 38, label: "19" });
  expect(scatter?.mark === "scatter" && scatter.points.length).toBe(20);
});

test("mann-whitney: the smallest p first, beside the drop", () => {
  const [first] = rowsOf("mann-whitney", 1);
  expect(first![1]).toMatch(/e-\d+$/);
  expect(Number(first![3])).toBe(2 * Number(first![0]!.split(": ")[1]));
});

test("redundancy: pairs by R, and their heat map", () => {
  expect(rowsOf("redundancy")[0]).toEqual(["dense_0: 4+9", "zero", "0.2500", "0.0000 to 0.3000", "3 (0.400)"]);
  expect(section("redundancy").tables[0]!.cut).toBe(190 - 20);
  const [map] = section("redundancy").figures;
  expect(map?.mark === "heatmap" && [map.values[4]![9], map.values[9]![4], map.values[3]![3]]).toEqual([
    0.25,
    0.25,
    null,
  ]);
});

test("interactions: backing up and overlapping apart, the matrix by its order", () => {
  expect(rowsOf("interactions", 0)[0]).toEqual(["dense_0: 4 and dense_0: 9", "12.00", "1.50"]);
  expect(rowsOf("interactions", 1).every((row) => Number(row[1]) < 0)).toBe(true);
  const [map] = section("interactions").figures;
  expect(map?.mark === "heatmap" && [map.rows[0], map.values[19 - 9]![19 - 4]]).toEqual(["19", 12]);
});

test("degradation: curves in per cent, with chance, areas sorted", () => {
  const [lines] = section("degradation").figures;
  if (lines?.mark !== "lines") throw new Error("no lines");
  expect(lines.references).toEqual([{ value: 10, name: "chance 10.0 %" }]);
  expect(lines.series.map(({ name }) => name)).toEqual(["random", "greedy-least", "greedy-most", "weight-l1"]);
  expect([lines.series[0]!.x[10], lines.series[0]!.y[0]]).toEqual([50, 95]);
  expect(rowsOf("degradation").map((row) => row[1])).toEqual(["greedy-least", "random", "weight-l1", "greedy-most"]);
});

test("embedding: by class, and by the status under the most damaging ablation that has bits", () => {
  const [byClass, byStatus] = section("embedding").figures;
  expect(byClass?.mark === "map" && byClass.groups[9]).toBe(AWKWARD_CLASS);
  expect(byStatus?.mark === "map" && [byStatus.colours, byStatus.groupOf[5]]).toEqual(["status", 2]);
  // Of ten samples two are lost, one is gained and one is wrong.
  expect(section("embedding").finding).toContain("dense_0: 19 loses 40 and gains 20; 120 are kept and 20 are wrong");
  const without = buildReport(run, SAMPLE_STUDY).sections.find(({ id }) => id === "embedding");
  expect(without?.figures).toHaveLength(1);
});

test("classes beyond the colours are folded into one group", () => {
  const labels = Array.from({ length: 24 }, (_, i) => (i < 12 ? i : 3));
  const analyses = run.analyses.map(
    (one): AnalysisRecord =>
      one.name === "embedding" ? { ...one, labels, points: labels.flatMap((label) => [label, 0]), n: 24 } : one,
  );
  const [map] = buildReport({ ...run, analyses }, SAMPLE_STUDY).sections.find(({ id }) => id === "embedding")!.figures;
  if (map?.mark !== "map") throw new Error("no map");
  expect(map.groups).toHaveLength(10);
  expect([map.groups[0], map.groups[9]]).toEqual(["3", "other classes"]);
  expect(Array.from(map.groupOf).filter((group) => group === 0)).toHaveLength(13);
});

test("recovery: what came back, of what was lost", () => {
  // Of 20 r lost, 17 r came back: 85 %.
  expect(rowsOf("recovery")[0]!.slice(0, 6)).toEqual([
    ...["all layers train", "4", "85.0 %", "85.0 % to 85.0 %", "85.0 %"],
    "0",
  ]);
  expect(section("recovery").finding).toContain("changes by 0.30 pp (n = 1,000 samples)");
  expect(rowsOf("recovery", 1)[0]!.slice(0, 5)).toEqual([
    "dense_0: 17",
    "all layers train",
    "61.00 %",
    "89.90 %",
    "85.0 %",
  ]);
});

test("the others: their largest numbers, with intervals", () => {
  expect(section("adaptive").finding).toContain("38.00 (36.00 to 40.00) pp, n = 1,000. 70.0 % of 20,000");
  expect(section("class-damage").finding).toContain("13 hit few classes (selective), 6 hit most (global) and 1 none");
  expect(rowsOf("class-damage")[0]!.slice(2, 5)).toEqual([AWKWARD_CLASS, "76.0", "100"]);
  expect(section("overlap").finding).toContain(
    "dense_0: 17 and 18 share most of what they lose: Jaccard index 0.88 (0.84 to 0.91), 340 and 360 samples lost",
  );
  expect(rowsOf("populations").map((row) => row[1])).toEqual(["12", "5", "3"]);
  expect(section("shapley").finding).toContain("unit 19 contributes most, 10.40 (9.60 to 11.20) pp");
  expect(section("cascade").finding).toContain("dense_0 changes by 0.40 (0.35 to 0.45)");
  expect(section("depth").finding).toContain("block1_conv1 is the most fragile place (random, 50 %");
  expect(section("negligible").finding).toContain("19.5 cost less than 1 pp at epoch 0 and 3.0 at epoch 100");
  expect(section("ensemble").finding).toContain("3 networks reach 94.10 (93.90 to 94.30) %");
  expect(section("replacements").finding).toContain("by zero and mean: Spearman 0.70 (0.40 to 0.90)");
  expect(section("optimal").finding).toContain("19 matters most");
  expect(section("positive-effects").finding).toContain("1 of 2 rises among 220");
  expect(section("gain-search").finding).toContain("As a comparison, control: train on gives 1.00 (-0.40 to 1.80) pp");
  expect(rowsOf("support", 1)[0]).toEqual(["1", "similar", "10 %", "2", "0.820", "3 7"]);
});

test("all rows where all are asked for", () => {
  const all = buildReport(run, SAMPLE_STUDY, { most: Number.POSITIVE_INFINITY });
  expect(all.sections.flatMap(({ tables }) => tables).every(({ cut }) => cut === 0)).toBe(true);
});

describe("HTML", () => {
  const html = reportHtml(report);

  test("is well-formed, holds every section, and nothing of a name is taken for an element", () => {
    const names = wellFormed(html);
    expect(names).not.toContain("script");
    expect(names).not.toContain("b");
    for (const { id } of report.sections) expect(html).toContain(`<h2 id="${id}">`);
    expect(html.match(/<svg /g)!.length).toBe(report.sections.reduce((sum, { figures }) => sum + figures.length, 0));
    expect(html).toContain("&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;");
    expect(html).toContain("&lt;/pre&gt;&lt;script&gt;");
    expect(html).toContain("<title>A &lt;title&gt;</title>");
    expect(html).toContain("<p>A note &amp; more.</p>");
    expect(html).not.toMatch(/NaN|undefined/);
  });

  test("loads nothing from anywhere", () => {
    expect(html).toContain("default-src 'none'");
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|src=|@import|url\(/);
  });

  test("stays under a megabyte with 10,000 points", () => {
    const large = buildReport(sampleReportRun(10_000), SAMPLE_STUDY, { statusOf: sampleStatusOf(10_000) });
    expect(reportHtml(large).length).toBeLessThan(1_000_000);
  });
});

test("status of samples from bits, across words", () => {
  const bits = (...ones: number[]) => {
    const words = new Uint32Array(2);
    for (const one of ones) setBit(words, one);
    return words;
  };
  const status = sampleStatus(bits(0, 1, 33), bits(0, 2, 34), 35);
  expect([status[0], status[1], status[2], status[3], status[33], status[34]]).toEqual([0, 1, 2, 3, 1, 2]);
  expect(status).toHaveLength(35);
});

test("numbers as they are read", () => {
  expect([fixed(-0.001), fixed(null), fixed(12.345, 1)]).toEqual(["0.00", "-", "12.3"]);
  expect([probability(0.0004), probability(0.04), probability(0), probability(null)]).toEqual([
    "4.0e-4",
    "0.040",
    "0.000",
    "-",
  ]);
  expect(estimate(0.5, [0.25, 0.75])).toBe("0.50 (0.25 to 0.75)");
});
