import { describe, expect, test } from "vitest";
import { fakeAblation, fakeBaseline, fakeRun } from "../../e2e/fake-engine.ts";
import { buildReport } from "../report/build-report.ts";
import { SAMPLE_STUDY, sampleReportRun } from "../report/sample-report.test-support.ts";
import { defaultStudy } from "../study/defaults.ts";
import { ANALYSIS_GROUPS, journalOf, revisionOf } from "./analysis-groups.ts";
import { journalBlob } from "./journal-blob.ts";
import { addRecords, emptyResults } from "./live-results.ts";
import { sectionsOf } from "./report-answer.ts";

const sample = sampleReportRun();

function filled() {
  const results = emptyResults(defaultStudy);
  const { run, baseline, ablations, analyses } = sample;
  addRecords(results, [run, baseline, ...ablations, ...analyses]);
  return results;
}

async function sectionsApart() {
  const results = filled();
  const made = ANALYSIS_GROUPS.map(async (group) => {
    const journal = await journalBlob(journalOf(results, group));
    return sectionsOf({ journal, study: SAMPLE_STUDY, status: null, report: null });
  });
  return (await Promise.all(made)).flat();
}

describe("sections that are made apart", () => {
  test("are those of the report, in its order, with what the lab does not draw itself", async () => {
    const { sections } = buildReport(sample, SAMPLE_STUDY, { most: 8 });
    const apart = await sectionsApart();
    const own = sections.filter(({ id }) => id !== "ablations" && id !== "recovery");
    expect(apart.map(({ section }) => section)).toEqual(own);
    expect(own.length).toBeGreaterThan(15);
  });

  test("have their figures as SVG, but for maps of samples", async () => {
    for (const { section, figures } of await sectionsApart()) {
      expect(figures.map(({ title }) => title)).toEqual(
        section.figures.flatMap(({ mark, title }) => (mark === "map" ? [] : [title])),
      );
      for (const { svg } of figures) expect(svg).toMatch(/^<svg [^>]*role="img".*<title>.*<\/svg>$/s);
    }
  });
});

test("every analysis is in one group", () => {
  const grouped: string[] = ANALYSIS_GROUPS.flat();
  expect(new Set(grouped).size).toBe(grouped.length);
  const results = filled();
  expect([...results.revisions.keys()].filter((name) => !grouped.includes(name))).toEqual([]);
  for (const group of ANALYSIS_GROUPS) expect(revisionOf(results, group)).toBeGreaterThan(0);
});

test("of 100,000 ablations a section gets those alone that it speaks of", () => {
  const results = emptyResults({ ...defaultStudy, sweeps: [...defaultStudy.sweeps, ...defaultStudy.sweeps] });
  const pair = fakeAblation({ sweep: 1, index: 0, row: 0 }, 0, [5, 12]);
  const single = fakeAblation({ sweep: 0, index: 0, row: 0 }, 0, [3]);
  const at = (row: number) => ({ ...(row < 20 ? single : pair), row, index: row });
  addRecords(results, [fakeRun, fakeBaseline, ...Array.from({ length: 100_000 }, (_, row) => at(row))]);
  const effect = { classIndex: null, gainPp: 1, interval: null, lost: 0, gained: 1, n: 10, p: 1, q: 1 };
  addRecords(results, [
    {
      ...{ type: "analysis", name: "positive-effects", sweep: 1, tested: 9, rate: 0.05, rises: 1, exactNoops: 0 },
      ...{ significant: 1, unmeasured: 0, effects: [{ ...effect, row: 99_999 }] },
    },
    { ...sample.analyses.find(({ name }) => name === "importance")!, sweep: 0 } as (typeof sample.analyses)[number],
  ]);
  const rowsFor = (name: string) =>
    journalOf(results, ANALYSIS_GROUPS.find((group) => (group as readonly string[]).includes(name))!).flatMap(
      (record) => (record.type === "ablation" ? [record.row] : []),
    );
  expect(rowsFor("positive-effects")).toEqual([99_999]);
  expect(rowsFor("importance")).toEqual(Array.from({ length: 20 }, (_, row) => row));
  expect(rowsFor("shapley")).toEqual([]);
});
