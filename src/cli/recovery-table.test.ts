import { describe, expect, test } from "vitest";
import type { RecoveryRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { recoveryLines } from "./recovery-table.ts";
import {
  ABLATIONS,
  ablationRecord,
  analysisRecord,
  baselineRecord,
  recoveryRecord,
  runRecord,
  SAMPLES,
} from "./sample-run.test-support.ts";

const rows = Array.from({ length: ABLATIONS }, (_, row) => row);
const curve = (row: number | null, arm: RecoveryRecord["arm"]) =>
  [0, 1, 2].map((epoch) => recoveryRecord(row, arm, epoch));
const results = (recoveries: readonly RecoveryRecord[], more: Partial<RunResults> = {}): RunResults => ({
  run: runRecord,
  training: [],
  baseline: baselineRecord,
  ablations: rows.map(ablationRecord),
  recoveries,
  analyses: [],
  failures: [],
  end: null,
  ...more,
});
const all = rows.flatMap((row) => curve(row, "all"));
const arms = rows.flatMap((row) => [...curve(row, "all"), ...curve(row, "after"), ...curve(row, "layer")]);
const row = (lines: readonly string[], first: string) => lines.find((line) => line.startsWith(first))?.split(/ {2,}/);

describe("recoveryLines", () => {
  test("has nothing to say of a run without recovery", () => {
    expect(recoveryLines(results([]), false, 80)).toEqual([]);
  });

  test("sums up an arm: of whom, how much, after how many epochs", () => {
    const lines = recoveryLines(results(all), false, 80);
    expect(lines[0]).toBe("recovery: 2 epochs of training, the damage held");
    // Rows 1 to 6 lost as many samples; each gets two back an epoch, three and four in all: 3, 2, 4/3, 1, 4/5 and 2/3 of the loss.
    expect(row(lines, "all")).toEqual([
      ...["all", "7", "0", "6", "117 % (85 to 183)", "114.3 %"],
      ...["1 (6/6)", "2 (4/6)"],
    ]);
  });

  test("counts networks that never get there as later than all others", () => {
    const slow = rows.slice(3).flatMap((place) => curve(place, "all").slice(0, 2));
    const lines = recoveryLines(results(slow), false, 80);
    expect(row(lines, "all")?.slice(-2)).toEqual(["1 (2/4)", "never (0/4)"]);
    expect(lines.at(-1)).toMatch(/not trained to the end/);
  });

  test("gives the recorded correlations with their intervals, and none where there is none", () => {
    const lines = recoveryLines(results(all, { analyses: [analysisRecord("all")] }), false, 80);
    const correlations = lines.slice(lines.findIndex((line) => line.startsWith("accuracy regained")));
    expect(row(correlations, "all")).toEqual(["all", "7", "0.48 (-0.12 to 0.91)", "-"]);
  });

  test("sets the control against itself, each accuracy with its interval", () => {
    const lines = recoveryLines(results(curve(null, "control")), false, 80);
    expect(lines).toEqual([
      "recovery: 2 epochs of training, the damage held",
      "control, the intact network trained as long: +6.06 pp",
      "  before            90.91 % (30 of 33; 95 % interval 76.43 to 96.86)",
      "  after epoch 2     96.97 % (32 of 33; 95 % interval 84.68 to 99.46)",
      "  (same samples twice: each interval is of its accuracy, none of the change)",
    ]);
    const [before, after] = curve(null, "control");
    const diverged = recoveryLines(results([before!, { ...after!, loss: null, diverged: true }]), false, 80);
    expect(diverged[2]).toBe("  diverged in epoch 1");
  });

  test("lists the most damaged first, and says where one diverged or lost nothing", () => {
    const broken = { ...recoveryRecord(6, "layer", 1), loss: null, diverged: true } as const;
    const some = [...all, recoveryRecord(6, "layer", 0), broken, ...curve(0, "layer")];
    const lines = recoveryLines(results(some), false, 80);
    const table = lines.slice(lines.findIndex((line) => line.startsWith("unit")));
    expect(table[0]?.split(/ {2,}/)).toEqual(["unit", "damaged", "all", "back", "layer", "back"]);
    expect(table[1]?.split(/ {2,}/)).toEqual(["dense_0: 6", "72.73 %", "84.85 %", "66.7 %", "diverged"]);
    expect(row(table, "dense_0: 0")?.slice(2)).toEqual(["100.00 %", "no loss", "100.00 %", "no loss"]);
    expect(table.at(-2)).toMatch(new RegExp(`^n = ${SAMPLES} samples; 95 % intervals within \\d+\\.\\d\\d pp`));
  });

  test("fits 80 columns with three arms and a control, and cuts a long table unless all is asked for", () => {
    const many = Array.from({ length: 41 }, (_, place) => place);
    const ablations = many.map((place) => ({
      ...ablationRecord(place % ABLATIONS),
      row: place,
      sites: [{ layer: "a_layer_with_a_long_name", layerIndex: 0, units: [place, 100] }],
    }));
    const of = (arm: RecoveryRecord["arm"]) =>
      many.flatMap((place) => curve(place % ABLATIONS, arm).map((record) => ({ ...record, row: place })));
    const long = [...curve(null, "control"), ...of("all"), ...of("after"), ...of("layer")];
    const lines = recoveryLines(results(long, { ablations }), false, 80);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.includes("…"))).toEqual([]);
    // Names go on in a second line, to their ends.
    const wide = recoveryLines(results(long, { ablations }), false, Number.POSITIVE_INFINITY);
    expect(wide.filter((line) => line.startsWith("a_layer_with_a_long_name: "))).toHaveLength(10);
    expect(lines.filter((line) => /^name: \d+\+100$/.test(line))).toHaveLength(10);
    expect(lines).toContain("... and 31 more with less damage; --all shows every row");
    expect(recoveryLines(results(long, { ablations }), true, Number.POSITIVE_INFINITY).length).toBe(
      wide.length + 31 - 1,
    );
    expect(recoveryLines(results(arms), false, 80).some((line) => line.startsWith("... and"))).toBe(false);
  });
});
