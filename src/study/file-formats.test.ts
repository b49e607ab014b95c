/** The documentation of the formats is held to what the code does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportCsv } from "./export-csv.ts";
import { resultsOf } from "./results.ts";
import { sampleRecords } from "./sample-run.test-support.ts";
import { parseStudyText } from "./schema.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/file-formats.md"), "utf8");

test("the study shown is one", () => {
  const [, example] = text.match(/```jsonc\n([\s\S]*?)```/) ?? [];
  expect(parseStudyText(example!).sweeps.map(({ ablate }) => ablate)).toEqual([
    "each-unit",
    "pairs",
    "sets",
    "fraction",
  ]);
});

test("the CSV columns listed are those written", () => {
  const [, list] = text.match(/where not measured:\n`([^`]+)`/) ?? [];
  const [header] = exportCsv(resultsOf(sampleRecords));
  expect(header).toMatch(new RegExp(`^${list!.replace(/\s+/g, "")},class_cat_correct,`));
});
