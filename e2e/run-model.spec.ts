/**
 * `lesion run-model` as built: arrays in, arrays out, through the browser's GPU; and what it leaves behind where it
 * fails.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import { readNpy } from "../src/data/npy.ts";
import { writeNpy } from "../src/data/npy-values.ts";
import { f32, safetensorsFile } from "../src/formats/safetensors.fixture.ts";
import { lesion } from "./lesion-process.ts";

const architecture = {
  format: "lesion-architecture",
  version: 1,
  input: [3, 3, 1],
  layers: [
    { kind: "conv2d", name: "conv" },
    { kind: "flatten", name: "flat" },
    { kind: "dense", name: "fc", activation: "relu" },
  ],
  outputs: ["fc", "flat"],
};

let folder: string;
const at = (name: string) => join(folder, name);
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  // Channel 0 is the upper left of each 2 x 2 window, channel 1 the lower right.
  const tensors = {
    "conv.weight": f32([2, 1, 2, 2], [1, 0, 0, 0, 0, 0, 0, 1]),
    "fc.weight": f32([2, 8], [1, 0, 0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 0]),
  };
  await writeFile(at("net.safetensors"), safetensorsFile(tensors));
  await writeFile(at("net.json"), JSON.stringify(architecture));
  const values = [...[1, 2, 3, 4, 5, 6, 7, 8, 9], ...[2, 0, 0, 0, 0, 0, 0, 0, 0]];
  await writeFile(at("x.npy"), writeNpy({ dtype: "f4", dims: [2, 3, 3, 1], values }));
  await writeFile(at("flat.npy"), "what was there before");
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test("run-model writes the outputs that are asked for", async () => {
  const outputs = ["--output", at("y.npy"), "--output", `flat=${at("flat.npy")}`];
  const { code, stdout, stderr } = await lesion([
    "run-model",
    at("net.safetensors"),
    "--input",
    at("x.npy"),
    ...outputs,
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(`fc: f4 [2, 2] in ${at("y.npy")}\nflat: f4 [2, 8] in ${at("flat.npy")}\n`);
  const [y, flat] = await Promise.all(
    ["y.npy", "flat.npy"].map(async (name) => readNpy(await readFile(at(name)), name)),
  );
  expect([...y!.values]).toEqual([10, 0, 2, 0]);
  expect([...flat!.values].slice(0, 8)).toEqual([1, 2, 4, 5, 5, 6, 8, 9]);
});

test("an array of another shape ends with 2 and changes nothing", async () => {
  await writeFile(at("x.npy"), writeNpy({ dtype: "f4", dims: [1, 1, 3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9] }));
  const { code, stderr } = await lesion([
    "run-model",
    at("net.json"),
    "--input",
    at("x.npy"),
    "--output",
    at("flat.npy"),
  ]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/shape \[1, 1, 3, 3\].*takes \[samples, 3, 3, 1\]/)]);
  expect((await readdir(folder)).sort()).toEqual(["flat.npy", "net.json", "net.safetensors", "x.npy"]);
  expect(await readFile(at("flat.npy"), "utf8")).toBe("what was there before");
});
