/** The studies that come with Lesion are documents of this version, and their networks can be built. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { initialNetwork } from "../engine/initial.ts";
import { inferShapes } from "../network/shapes.ts";
import { parseStudyText } from "./schema.ts";

const folder = join(import.meta.dirname, "../../studies");
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

test.each(files)("%s", (file) => {
  const { name, model } = parseStudyText(readFileSync(join(folder, file), "utf8"), file);
  expect(`${name}.json`).toBe(file);
  if (!("build" in model)) return;
  const network = initialNetwork(name, model.build, 1);
  expect(inferShapes(network).get(network.outputs[0]!)).toEqual([10]);
});
