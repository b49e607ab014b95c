import { expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { exportCsv } from "./export-csv.ts";
import { exportJson } from "./export-json.ts";
import { exportRecoveryCsv } from "./export-recovery-csv.ts";
import { resultsOf } from "./results.ts";
import {
  sampleAblations,
  sampleBaseline,
  sampleEnd,
  sampleRecords,
  sampleRecoveries,
  sampleRun,
} from "./sample-run.test-support.ts";

const results = resultsOf(sampleRecords);

/** Cells of a CSV text, read by the letter of RFC 4180. */
function cells(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const match of text.matchAll(/("(?:[^"]|"")*"|[^,\r\n"]*)(,|\r\n)/g)) {
    const [, cell, separator] = match as unknown as [string, string, string];
    rows.at(-1)!.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (separator === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

test("CSV: a header, and a row an ablation, of as many cells", () => {
  const [header, ...rows] = cells([...exportCsv(results)].join(""));
  expect(header?.slice(-3)).toEqual(["class_cat_correct", 'class_dog "big", brown_correct', "class_eel_correct"]);
  expect(rows).toHaveLength(4);
  for (const row of rows) expect(row).toHaveLength(header!.length);
  const byName = (row: string[]) => Object.fromEntries(header!.map((name, i) => [name, row[i]]));
  expect(byName(rows[0]!)).toMatchObject({
    sweep: "0",
    row: "0",
    layers: "dense_0",
    units: "0",
    replacement: "zero",
    accuracy: "0.6",
    correct_top5: "9",
    lost: "3",
    most_damaged_class: "cat",
    most_damaged_drop_pp: "75",
    best_improved_class: 'dog "big", brown',
    best_improved_gain_pp: "25",
    noop: "",
    class_cat_correct: "1",
  });
  expect(byName(rows[1]!)["noop"]).toBe("exact");
  expect(byName(rows[3]!)).toMatchObject({ layers: "dense_0;dense_1", units: "0 2;1", most_damaged_class: "" });
});

test("CSV: what was not measured is empty", () => {
  const { status: _, loss: __, ...bare } = sampleAblations[0]!;
  const [header, row] = cells([...exportCsv({ ...results, ablations: [bare] })].join(""));
  for (const name of ["loss", "kept", "lost", "gained", "wrong"]) expect(row![header!.indexOf(name)]).toBe("");
});

test("CSV of recoveries: a row an epoch, the control without units", () => {
  const [header, ...rows] = cells([...exportRecoveryCsv(resultsOf([...sampleRecords, ...sampleRecoveries]))].join(""));
  const byName = (row: string[]) => Object.fromEntries(header!.map((name, i) => [name, row[i]]));
  expect(rows).toHaveLength(4);
  expect(byName(rows[1]!)).toMatchObject({ row: "", units: "", arm: "control", epoch: "1", accuracy: "0.9" });
  expect(byName(rows[3]!)).toMatchObject({
    row: "0",
    layers: "dense_0",
    units: "0",
    replacement: "zero",
    arm: "all",
    accuracy: "0.7",
    train_loss: "",
    diverged: "",
    class_cat_correct: "2",
  });
});

test("JSON: what was put in comes out", () => {
  expect(JSON.parse([...exportJson(resultsOf([...sampleRecords, ...sampleRecoveries.toReversed()]))].join(""))).toEqual(
    {
      run: sampleRun,
      training: [],
      baseline: sampleBaseline,
      ablations: sampleAblations,
      recoveries: sampleRecoveries,
      analyses: [],
      failures: [],
      end: sampleEnd,
    },
  );
  const interrupted = resultsOf([sampleRun, sampleBaseline]);
  expect(JSON.parse([...exportJson(interrupted)].join(""))).toMatchObject({ ablations: [], end: null });
});

test("results are in the order of rows, and need a baseline", () => {
  const shuffled = [sampleRun, sampleBaseline, ...sampleAblations.toReversed()];
  expect(resultsOf(shuffled).ablations).toEqual(sampleAblations);
  expect(() => resultsOf([sampleRun])).toThrow(LesionError);
  expect(() => resultsOf([])).toThrow('no "run" record');
});
