import { describe, expect, test } from "vitest";
import type { Progress } from "../../workers/protocol.ts";
import type { AdaptiveRecord } from "../study/analysis-records.ts";
import { jsonReporter, progressText, textReporter } from "./reporter.ts";
import { resultLines } from "./results-table.ts";
import { ABLATIONS, ablationRecord, baselineRecord, runRecord } from "./sample-run.test-support.ts";
import { createScreen } from "./screen.ts";

const progress = (done: number, phase: Progress["phase"] = "sweeping"): Progress => ({
  phase,
  done,
  total: 1200,
  perSecond: 35.24,
  etaMs: 3210,
  note: "",
});

function capture(isTTY: boolean) {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    isTTY,
    columns: 80,
    write: (text: string) => (written[name] += text),
  });
  return { screen: createScreen(sink("stdout"), sink("stderr"), {}), written };
}

describe("textReporter", () => {
  test("writes a plain line for a new phase, and then every few seconds", () => {
    const { screen, written } = capture(false);
    let now = 0;
    const reporter = textReporter(screen, [], () => now);
    reporter.event({ kind: "progress", progress: progress(0, "making-data") });
    for (now = 1000; now <= 8000; now += 1000) reporter.event({ kind: "progress", progress: progress(now) });
    expect(written.stderr.match(/(making data|sweeping) \S+/g)).toEqual([
      "making data 0/1,200",
      "sweeping 1,000/1,200",
      "sweeping 4,000/1,200",
      "sweeping 7,000/1,200",
    ]);
    expect(written.stdout).toBe("");
  });

  test("rewrites one line on a terminal, under what is news", () => {
    const { screen, written } = capture(true);
    const reporter = textReporter(screen);
    reporter.event({ kind: "progress", progress: progress(1) });
    reporter.event({ kind: "records", records: [runRecord, ablationRecord(0)], bits: null });
    reporter.end();
    const lines = written.stderr.split("\r\x1b[2K").join("|").split("\n");
    expect(lines[0]).toContain("|sample: 7 ablations on v a");
    expect(lines.at(-1)).toBe("sweeping 1/1,200 · 35.2/s · 3.2 s left|");
  });
});

test("jsonReporter writes each record as it is journaled, and nothing that is no JSON", () => {
  const { screen, written } = capture(true);
  const reporter = jsonReporter(screen);
  reporter.event({ kind: "records", records: [runRecord, ablationRecord(1)], bits: null });
  reporter.event({ kind: "progress", progress: progress(2) });
  reporter.warning("slow");
  const values = written.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(values.slice(0, 2)).toEqual([runRecord, ablationRecord(1)]);
  expect(values.slice(2)).toEqual([
    { type: "progress", ...progress(2) },
    { type: "warning", message: "slow" },
  ]);
});

test("progressText leaves out what is not known, and the time left of what is done", () => {
  expect(progressText({ ...progress(1200), etaMs: 0 })).toBe("sweeping 1,200/1,200 · 35.2/s");
  expect(progressText({ ...progress(0), total: 0, perSecond: null, etaMs: null, note: "reading mlp.onnx" })).toBe(
    "sweeping · reading mlp.onnx",
  );
});

test("resultLines sorts by damage, marks what did nothing, and tells of what it cut", () => {
  const many = Array.from({ length: 40 }, (_, row) => ({
    ...ablationRecord(row),
    correct: 30 - (row % ABLATIONS),
    classCorrect: [14, 16 - (row % ABLATIONS)],
    status: { kept: 30 - (row % ABLATIONS), lost: row % ABLATIONS, gained: 0, wrong: 3 },
  }));
  const noop = { ...ablationRecord(40), correct: 30, classCorrect: [14, 16], noop: "exact" } as const;
  const results = {
    run: runRecord,
    training: [],
    baseline: baselineRecord,
    ablations: [...many, noop],
    recoveries: [],
    analyses: [],
    failures: [],
    end: null,
  };
  const cut = resultLines(results, false, 120);
  expect(cut[0]).toBe("baseline 90.91 % (30 of 33; 95 % interval 76.43 to 96.86)");
  expect(cut[3]).toMatch(/^dense_0: 6 +72\.73 % +55\.8-84\.9 +18\.18 +6 +0 +1 -35\.3$/);
  expect(cut).toContain("... and 11 more with a smaller drop; --all shows every row");
  const all = resultLines(results, true, 120);
  expect(all.length).toBe(3 + 41 + 1);
  expect(all.at(-2)).toMatch(/no-op$/);
  expect(Math.max(...cut.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("resultLines tells sets of units apart whose lists are too long to print", () => {
  const drawn = (row: number, last: number) => ({
    ...ablationRecord(3),
    row,
    index: row,
    sites: [{ layer: "dense_0", layerIndex: 0, units: [0, 1, 2, 3, 4, 5, 6, last] }],
  });
  const none = { training: [], recoveries: [], analyses: [], failures: [], end: null };
  const ablations = [drawn(0, 8), drawn(1, 9), { ...drawn(2, 9), sweep: 1, index: 0 }];
  const lines = resultLines({ run: runRecord, baseline: baselineRecord, ablations, ...none }, true, 120);
  expect(lines.slice(3, 6).map((line) => line.split(/ {2,}/)[0])).toEqual([
    "dense_0: 0+1+2+3+... (8 units) (sweep 0, index 0)",
    "dense_0: 0+1+2+3+... (8 units) (sweep 0, index 1)",
    "dense_0: 0+1+2+3+... (8 units) (sweep 1)",
  ]);
});

test("resultLines leaves columns out of a narrow terminal, says which, and keeps names and numbers whole", () => {
  const layer = "/a/layer/with/a/long/name/MatMul";
  const ablations = [0, 1].map((row) => ({
    ...ablationRecord(row),
    sites: [{ layer, layerIndex: 0, units: [row] }],
    replacement: ["zero", "pre-activation mean"][row]!,
  }));
  const none = { training: [], recoveries: [], analyses: [], failures: [], end: null };
  const lines = resultLines({ run: runRecord, baseline: baselineRecord, ablations, ...none }, true, 80);
  expect(lines.filter((line) => line.length > 80 || line.includes("…"))).toEqual([]);
  expect(lines).toContain("(no room for: 95 %, damages, improves)");
  const name = lines.findIndex((line) => line.startsWith("/a/layer/with/a/long/name/ "));
  expect(lines[name]).toMatch(/ pre-activation mean +87\.88 % +3\.03 +1 +0$/);
  expect(lines[name + 1]).toBe("MatMul: 1");
});

test("resultLines prints the ranking of an adaptive sweep in place of ablations without records", () => {
  const adaptive: AdaptiveRecord = {
    type: "analysis",
    name: "adaptive",
    sweep: 0,
    by: "accuracy",
    confidence: 0.95,
    k: 1,
    top: [{ row: 5, sites: ablationRecord(5).sites, effect: 38, interval: [36, 40], n: 1000 }],
    settled: true,
    arms: [],
    round: 4,
    final: true,
    seen: 1000,
    samples: 2000,
    evaluations: 6000,
    fullEvaluations: 20_000,
  };
  const none = { training: [], recoveries: [], failures: [], end: null };
  const results = { run: runRecord, baseline: baselineRecord, ablations: [], analyses: [adaptive], ...none };
  expect(resultLines(results, false, 80).slice(2)).toEqual([
    "sweep 0, adaptive: the 1 most damaging, settled after 1,000 of 2,000 samples",
    "unit        drop pp  bounds, together 95 %      n",
    "dense_0: 5    38.00         36.00 to 40.00  1,000",
  ]);
  const both = resultLines({ ...results, ablations: [ablationRecord(1)] }, false, 80);
  expect(both.filter((line) => line.startsWith("dense_0"))).toHaveLength(2);
});

test("resultLines tells replacements apart where there are several", () => {
  const ablations = ["zero", "pre-activation mean"].map((replacement, row) => ({
    ...ablationRecord(0),
    row,
    replacement,
  }));
  const none = { training: [], recoveries: [], analyses: [], failures: [], end: null };
  const results = { run: runRecord, baseline: baselineRecord, ablations, ...none };
  const [, , titles, ...rows] = resultLines(results, true, 120);
  expect(titles).toMatch(/^unit +replacement +accuracy/);
  expect(rows.slice(0, 2).map((row) => row.split(/ {2,}/)[1])).toEqual(["zero", "pre-activation mean"]);
});
