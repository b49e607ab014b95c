/** The studies that come with Lesion are documents of this version, and their networks can be built and asked what they ask. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { subjectOf } from "../ablation/subject.ts";
import { initialNetwork } from "../engine/initial.ts";
import { inferShapes } from "../network/shapes.ts";
import { assertFits } from "./assert-fits.ts";
import { expand } from "./expand.ts";
import { parseStudyText } from "./schema.ts";
import { studyWarnings } from "./study-warnings.ts";

const folder = join(import.meta.dirname, "../../studies");
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

test.each(files)("%s", (file) => {
  const study = parseStudyText(readFileSync(join(folder, file), "utf8"), file);
  const { name, model } = study;
  expect(`${name}.json`).toBe(file);
  if (!("build" in model)) return;
  const network = initialNetwork(name, model.build, 1);
  expect(inferShapes(network).get(network.outputs[0]!)).toEqual([10]);
  const { ablatable, classes } = subjectOf(network);
  expect(() => assertFits(study, ablatable, expand(study, ablatable, classes).count)).not.toThrow();
  expect(studyWarnings(study, ablatable)).toEqual([]);
});
