/** Input that cannot be run: each ends with 2 and a message that names the place and the remedy, and writes nothing. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "playwright/test";
import { lesion } from "./lesion-process.ts";
import { flipped, imagesFile, labelsFile, modelFile, modelFileWithNan } from "./small-files.ts";
import { smallStudy } from "./small-study.ts";

const fileStudy = {
  version: 1,
  name: "files",
  model: { file: "model.onnx" },
  data: { set: "idx", path: "data" },
  sweeps: [{ ablate: "each-unit", layers: "all" }],
};
const soundFiles = () => ({
  "study.json": JSON.stringify(fileStudy),
  "model.onnx": modelFile(),
  "data/images-idx3-ubyte": imagesFile(),
  "data/labels-idx1-ubyte": labelsFile(),
});
type FileName = keyof ReturnType<typeof soundFiles>;
const studyWith = (changes: object) => ({ "study.json": JSON.stringify({ ...fileStudy, ...changes }) });
const sweep = (one: object) => studyWith({ sweeps: [one] });
const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);

let folder: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Everything below the folder, so that whatever is written shows. */
async function contents(): Promise<(readonly [string, string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(async (file) => [file, (await readFile(file)).toString("base64")] as const));
}

async function expectRefusal(args: readonly string[], messages: readonly RegExp[]): Promise<void> {
  const before = await contents();
  const { code, stdout, stderr } = await lesion(args, { cwd: folder });
  for (const message of [...messages, /^error: /m, /^ {2}fix: {3}\S/m]) expect(stderr).toMatch(message);
  expect([code, stdout]).toEqual([2, ""]);
  expect(await contents()).toEqual(before);
}

test("the files that the cases below damage are sound", async () => {
  await write(soundFiles());
  const { code, stderr } = await lesion(["run", "study.json", "--out", "out", "--expect", "count == 5"], {
    cwd: folder,
  });
  expect(code, stderr).toBe(0);
});

const files: readonly (readonly [string, Partial<Record<FileName, string | Uint8Array>>, ...RegExp[]])[] = [
  ["a truncated ONNX file", { "model.onnx": half(modelFile()) }, /model\.onnx/, /byte|truncated|ends/],
  ["an ONNX file with a flipped bit", { "model.onnx": flipped(modelFile(), 2, 7) }, /model\.onnx/],
  ["an ONNX file of 0 bytes", { "model.onnx": "" }, /model\.onnx/, /empty|0 bytes/],
  ["weights that are no numbers", { "model.onnx": modelFileWithNan() }, /NaN/, /hidden/],
  ["truncated images", { "data/images-idx3-ubyte": half(imagesFile()) }, /images-idx3-ubyte/, /bytes/],
  ["images with a flipped bit", { "data/images-idx3-ubyte": flipped(imagesFile(), 2, 6) }, /images-idx3-ubyte/],
  ["images of 0 bytes", { "data/images-idx3-ubyte": "" }, /images-idx3-ubyte/, /empty|0 bytes/],
  ["truncated labels", { "data/labels-idx1-ubyte": half(labelsFile()) }, /labels-idx1-ubyte/, /bytes/],
  ["labels and images that differ in number", { "data/labels-idx1-ubyte": labelsFile(8) }, /\b9\b/, /\b8\b/],
  ["a wrong number of features", { "data/images-idx3-ubyte": imagesFile(9, 5) }, /\b20\b/, /\b12\b/],
  ["a layer name that does not exist", sweep({ ablate: "each-unit", layers: ["hiden"] }), /"hiden"/, /hidden/],
  ["a layer index that does not exist", sweep({ ablate: "each-unit", layers: [3] }), /sweeps\[0\]\.layers/, /\b3\b/],
  ["a unit that does not exist", sweep({ ablate: "sets", sets: [[{ layer: 0, units: [5] }]] }), /unit 5/, /0 to 4/],
  ["an empty mask", sweep({ ablate: "sets", sets: [[{ layer: 0, units: [] }]] }), /sweeps\[0\]\.sets\[0\]/, /unit/],
  ["a wrong key", sweep({ ablate: "each-unit", layrs: "all" }), /"layrs"/, /sweeps\[0\]/, /"layers"/],
  ["a study that is no JSON", { "study.json": '{ "version": 1,\n oops }' }, /study\.json/, /line 2/],
  ["a study of 0 bytes", { "study.json": "" }, /study\.json/],
  ["a missing model file", studyWith({ model: { file: "mlp.onnx" } }), /mlp\.onnx/, /model\.file/],
  ["a missing data folder", studyWith({ data: { set: "idx", path: "dta" } }), /"dta"/, /data\.path/],
];
for (const [name, damage, ...messages] of files) {
  test(name, async () => {
    await write({ ...soundFiles(), ...damage });
    await expectRefusal(["run", "study.json", "--out", "out"], messages);
  });
}

const run = ["run", "study.json", "--out", "out"];
const calls: readonly (readonly [string, readonly string[], ...RegExp[]])[] = [
  ["an unknown command", ["rnu"], /no command "rnu"/, /Did you mean "run"/],
  ["an unknown option", [...run, "--reusme"], /--reusme/, /--resume/],
  ["no output folder", ["run", "study.json"], /--out DIR/],
  ["an impossible shard", [...run, "--shard", "3/2"], /"3\/2"/],
  ["too little memory", [...run, "--memory", "1"], /--memory/],
  ["a wrong expectation", [...run, "--expect", "accurcy > 1"], /accuracy/],
  ["an expectation of a unit that does not exist", [...run, "--expect", "drop(dense_0: 99) > 1"], /dense_0/, /99/],
  ["a missing study", ["run", "none.json", "--out", "out"], /no study none\.json/],
  ["a folder as a study", ["plan", "."], /is a folder/],
  ["a model that is none", ["inspect", "study.json"], /study\.json/],
  ["a run that is none", ["export", "."], /holds no run/],
  ["an unknown export format", ["export", ".", "--format", "jsn"], /"jsn"/, /json/],
];
for (const [name, args, ...messages] of calls) {
  test(name, async () => {
    await write({ "study.json": JSON.stringify(smallStudy) });
    await expectRefusal(args, messages);
  });
}

test("a folder that is not empty", async () => {
  await write({ "study.json": JSON.stringify(smallStudy), "out/thesis.txt": "x" });
  await expectRefusal(run, [/not empty/, /--resume/]);
});

test("a folder with a run of another study", async () => {
  await write({ "study.json": JSON.stringify(smallStudy), "out/study.json": JSON.stringify(fileStudy) });
  await expectRefusal([...run, "--resume"], [/another study \("files"\)/]);
});
