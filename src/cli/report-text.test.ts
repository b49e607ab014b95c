/** The report in the terminal: every section, within the width, and `lesion report` on a run's folder. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { setBit } from "../core/bitset.ts";
import { buildReport } from "../report/build-report.ts";
import { SAMPLE_STUDY, sampleReportRun } from "../report/sample-report.test-support.ts";
import { bitsBytes, bitsOffset, recordLine } from "../study/journal.ts";
import { main } from "./main.ts";
import { reportLines } from "./report-text.ts";
import { createScreen } from "./screen.ts";

const run = sampleReportRun(20);
const report = buildReport(run, SAMPLE_STUDY);

test.each([60, 80, 120])("at %i characters every section is there and no line is longer", (width) => {
  const lines = reportLines(report, width);
  for (const { title } of report.sections) expect(lines).toContain(title);
  for (const { finding } of report.sections)
    expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain(finding.replaceAll(/\s+/g, " "));
  expect(lines.filter((line) => line.length > width)).toEqual([]);
  expect(lines.join("\n")).not.toMatch(/<svg|undefined|NaN/);
});

test("no cell is cut: off a terminal lines are as long as their tables, on one names go on in the next line", () => {
  const cells = report.sections.flatMap(({ tables }) => tables.flatMap(({ rows }) => rows.flat()));
  const lines = reportLines(report, Number.POSITIVE_INFINITY).join("\n");
  expect(cells.filter((cell) => !lines.includes(cell))).toEqual([]);
  expect(reportLines(report, 60).join("\n")).not.toContain("…");
});

test("what a run lacks is said before what it found", () => {
  const lines = reportLines(buildReport(run, '{ "analyses": ["embedding"] }'), 80);
  const at = lines.indexOf("The run is not finished (interrupted): numbers may still change.");
  expect(at).toBeGreaterThan(0);
  expect(at).toBeLessThan(lines.indexOf("The network and its ablations"));
});

test("what is cut or left out is said", () => {
  const text = reportLines(report, 60).join("\n");
  expect(text).toContain("... and 170 more; --all shows every row");
  expect(text).toMatch(/\(no room for: /);
});

describe("lesion report", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lesion-report-"));
    const records = [run.run, run.baseline, ...run.ablations, ...run.recoveries];
    await writeFile(join(folder, "results.ndjson"), records.map(recordLine).join(""));
    await writeFile(join(folder, "study.json"), SAMPLE_STUDY);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function lesion(...args: string[]) {
    const written = { out: "", log: "" };
    const sink = (key: "out" | "log") => ({
      write: (text: string) => {
        written[key] += text;
      },
    });
    const code = await main(["report", ...args], createScreen(sink("out"), sink("log"), {}));
    return { code, ...written };
  }

  test("prints the report", async () => {
    const { code, out } = await lesion(folder);
    expect(code).toBe(0);
    expect(out).toContain("The network and its ablations");
    expect(out).toContain("dense_0: 19");
  });

  test("writes it as HTML, and never over a file", async () => {
    const file = join(folder, "report.html");
    expect((await lesion(folder, "--out", file)).code).toBe(0);
    const html = await readFile(file, "utf8");
    expect(html).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    const again = await lesion(folder, "--out", file);
    expect([again.code, again.log]).toEqual([
      2,
      expect.stringContaining("is there already, and nothing is overwritten"),
    ]);
    expect(await readFile(file, "utf8")).toBe(html);
  });

  test("published values of the study stand beside the run's", async () => {
    const published = [{ what: "drop(dense_0: 11)", value: 22, source: "a paper" }];
    await writeFile(join(folder, "study.json"), JSON.stringify({ report: { title: "Ours", published } }));
    const { out } = await lesion(folder);
    expect(out).toMatch(/^Ours\n====/);
    expect(out).toMatch(/drop\(dense_0: 11\) +22 +22 +1,000 +0 +0 +agrees +a paper/);
    await writeFile(join(folder, "study.json"), '{ "report": { "published": [{ "what": "dorp(0: 1)" }] } }');
    expect(await lesion(folder)).toMatchObject({ code: 2, log: expect.stringContaining("report.published.0.what") });
  });

  test("samples on the map have the status that the bits say", async () => {
    const map = run.analyses.find(({ name }) => name === "embedding")!;
    const journal = [run.run, run.baseline, ...run.ablations, map].map(recordLine).join("");
    await writeFile(join(folder, "results.ndjson"), journal);
    const row = (...ones: number[]) => {
      const words = new Uint32Array(Math.ceil(1000 / 32));
      for (const one of ones) setBit(words, one);
      return bitsBytes(words);
    };
    // Samples 0 and 1 are right intact; 1 and 2 under the ablation of row 19, the most damaging.
    await writeFile(join(folder, "baseline-bits.bin"), row(0, 1));
    const bits = new Uint8Array(bitsOffset(20, 1000));
    bits.set(row(1, 2), bitsOffset(19, 1000));
    await writeFile(join(folder, "bits.bin"), bits);
    const { out } = await lesion(folder);
    expect(out.replaceAll(/\s+/g, " ")).toContain("dense_0: 19 loses 1 and gains 1; 1 are kept and 17 are wrong");
  });

  test("a folder without a run is told apart", async () => {
    await rm(join(folder, "results.ndjson"));
    expect(await lesion(folder)).toMatchObject({ code: 2, log: expect.stringContaining("holds no run") });
  });
});
