import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { ErrorReport } from "../core/errors.ts";
import { LesionError } from "../core/errors.ts";
import { sampleReportRun } from "../report/sample-report.test-support.ts";
import { defaultStudy } from "../study/defaults.ts";
import type { LesionRecord } from "../study/records.ts";
import { htmlReport, mostDamagingRow } from "./html-report.ts";
import { addRecords, emptyResults, type LiveResults } from "./live-results.ts";
import { liveSections } from "./live-sections.ts";
import { htmlOf, sectionsOf } from "./report-answer.ts";
import type { ReportMaker, ReportRequest } from "./report-request.ts";

const sample = sampleReportRun();
const ofName = (...names: string[]) => sample.analyses.filter(({ name }) => names.includes(name));

function followed(sections: ReportMaker["sections"] = sectionsOf) {
  const results = signal<LiveResults | null>(null);
  const version = signal(0);
  const requests: ReportRequest[] = [];
  const notices: ErrorReport[] = [];
  const maker: ReportMaker = {
    sections: (request) => {
      requests.push(request);
      return sections(request);
    },
    html: htmlOf,
  };
  const shown = liveSections(
    { results, version },
    maker,
    () => "{}",
    (report) => notices.push(report),
    () => new Promise((resolve) => setTimeout(resolve, 1)),
  );
  const start = () => {
    results.value = emptyResults(defaultStudy);
    add(sample.run, sample.baseline, ...sample.ablations);
  };
  const add = (...records: LesionRecord[]) => {
    addRecords(results.value!, records);
    version.value++;
  };
  const ids = () => shown.value.map(({ section }) => section.id);
  const until = (wanted: readonly string[]) => expect.poll(ids, { timeout: 10_000 }).toEqual(wanted);
  return { shown, requests, notices, start, add, ids, until };
}

describe("liveSections", () => {
  test("shows each section when its records come, in the order of a report", async () => {
    const { start, add, until } = followed();
    start();
    add(...ofName("depth"));
    await until(["depth"]);
    add(...ofName("overlap", "cascade"));
    await until(["overlap", "depth", "cascade"]);
  });

  test("makes nothing for ablations, and again only what has changed", async () => {
    const { start, add, until, requests } = followed();
    start();
    expect(requests.length).toBe(0);
    add(...ofName("depth", "overlap"));
    await until(["overlap", "depth"]);
    expect(requests.length).toBe(2);
    for (let row = 100; row < 200; row++) add({ ...sample.ablations[0]!, row, index: row });
    expect(requests.length).toBe(2);
    const [depth] = ofName("depth");
    add({ ...depth!, sweep: 7 } as LesionRecord);
    await expect.poll(() => requests.length, { timeout: 10_000 }).toBe(3);
  });

  test("begins anew with another run, whatever was being made", async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const { start, add, until, ids } = followed(async (request) => {
      if (calls++ === 0) await held;
      return sectionsOf(request);
    });
    start();
    add(...ofName("depth"));
    await expect.poll(() => calls).toBe(1);
    start();
    expect(ids()).toEqual([]);
    add(...ofName("overlap"));
    release();
    await until(["overlap"]);
  });

  test("tells what went wrong with a section once, and makes the others", async () => {
    const { start, add, until, notices } = followed(async (request) => {
      if ((await request.journal.text()).includes('"name":"depth"')) throw new LesionError("worker-died", "gone");
      return sectionsOf(request);
    });
    start();
    add(...ofName("depth", "overlap"));
    await until(["overlap"]);
    await expect.poll(() => notices.map(({ code }) => code)).toEqual(["worker-died"]);
  });
});

describe("the report of a run", () => {
  function measured() {
    const results = emptyResults(defaultStudy);
    addRecords(results, [sample.run, sample.baseline, ...sample.ablations, ...ofName("depth", "embedding")]);
    return results;
  }

  test("is one HTML file, its map coloured by the most damaging ablation", async () => {
    const results = measured();
    const asked: number[] = [];
    const statusOf = (row: number) => {
      asked.push(row);
      return new Uint8Array(200).fill(1);
    };
    const maker = { sections: sectionsOf, html: htmlOf };
    const html = await htmlReport({ results: signal(results), statusOf }, maker, () => `{"name": "x"}`);
    expect(asked).toEqual([19]);
    expect(html).toContain("dense_0: 19 loses 200 and gains 0");
    expect(html).toMatch(/^<!doctype html>.*<\/html>\s*$/s);
  });

  test("is refused before the baseline", async () => {
    const maker = { sections: sectionsOf, html: htmlOf };
    const run = { results: signal(emptyResults(defaultStudy)), statusOf: () => null };
    await expect(htmlReport(run, maker, () => "{}")).rejects.toThrow(/nothing was measured/);
  });

  test("the most damaging ablation is the first of equals", () => {
    const results = measured();
    expect(mostDamagingRow(results)).toBe(19);
    addRecords(results, [{ ...sample.ablations[19]!, row: 40, index: 40 }]);
    expect(mostDamagingRow(results)).toBe(19);
    expect(mostDamagingRow(emptyResults(defaultStudy))).toBeNull();
  });
});
