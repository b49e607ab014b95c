import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStudy } from "./study-files.ts";

const folder = await mkdtemp(join(tmpdir(), "lesion-study-"));
const study = (model: object, path: string | null) =>
  JSON.stringify({
    version: 1,
    name: "s",
    model,
    data: path === null ? { set: "digits" } : { set: "mnist", path },
    sweeps: [{ ablate: "each-unit", layers: "all" }],
  });

beforeAll(async () => {
  await mkdir(join(folder, "data/mnist/nested"), { recursive: true });
  await writeFile(join(folder, "data/mnist/images.gz"), "i");
  await writeFile(join(folder, "data/mnist/labels.gz"), "l");
  await writeFile(join(folder, "mlp.onnx"), "m");
  await mkdir(join(folder, "models/vgg"), { recursive: true });
  for (const name of ["model.json", "group1-shard1of2", "group1-shard2of2", "photo.png"]) {
    await writeFile(join(folder, "models/vgg", name), name);
  }
  await mkdir(join(folder, "photos/cat/young"), { recursive: true });
  for (const name of ["labels.csv", "notes.txt", "cat/a.png", "cat/young/b.JPG", "cat/c.onnx"]) {
    await writeFile(join(folder, "photos", name), name);
  }
  await mkdir(join(folder, "packed"));
  await writeFile(join(folder, "packed/photos.zip"), "z");
  await writeFile(join(folder, "classes.csv"), "c");
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  await writeFile(join(folder, "study.json"), text);
  return readStudy(join(folder, "study.json"));
}

test("files are found under the names that the study has for them", async () => {
  const { files, text } = await read(study({ file: "mlp.onnx" }, "data/mnist/"));
  expect([...files].sort()).toEqual([
    ["data/mnist/images.gz", join(folder, "data/mnist/images.gz")],
    ["data/mnist/labels.gz", join(folder, "data/mnist/labels.gz")],
    ["mlp.onnx", join(folder, "mlp.onnx")],
  ]);
  expect(text).toBe(study({ file: "mlp.onnx" }, "data/mnist/"));
});

const names = (files: ReadonlyMap<string, string>) => [...files.keys()].sort();
const imageStudy = (data: object) =>
  JSON.stringify({
    sweeps: [],
    model: { file: "models/vgg/model.json" },
    data: { set: "images", normalize: { mean: 0, std: 1 }, ...data },
  });
const VGG = ["group1-shard1of2", "group1-shard2of2", "model.json"].map((name) => `models/vgg/${name}`);

test("a model comes with what lies beside it, a folder of images with its folders", async () => {
  const { files } = await read(imageStudy({ path: "photos" }));
  expect(names(files)).toEqual([...VGG, "photos/cat/a.png", "photos/cat/young/b.JPG", "photos/labels.csv"]);
  expect(files.get("photos/cat/a.png")).toBe(join(folder, "photos/cat/a.png"));
});

test("an archive of images is one file, and tables may lie beside the study", async () => {
  const { files } = await read(imageStudy({ path: "packed/photos.zip", labels: "labels.csv", classes: "classes.csv" }));
  expect(names(files)).toEqual(["classes.csv", ...VGG, "packed/photos.zip"]);
});

test("a model may be a folder", async () => {
  const { files } = await read(study({ file: "models/vgg" }, null));
  expect(names(files)).toEqual(VGG);
});

test("a folder of thousands of images is listed without being read", async () => {
  await mkdir(join(folder, "many"));
  await Promise.all(Array.from({ length: 3000 }, (_, i) => writeFile(join(folder, `many/${i}.png`), "")));
  const startMs = performance.now();
  const { files } = await read(imageStudy({ path: "many" }));
  expect(files.size).toBe(3000 + VGG.length);
  expect(performance.now() - startMs).toBeLessThan(3000);
});

test.each([
  [imageStudy({ path: "nowhere" }), "study.json, data.path", /there is no folder .*nowhere/],
  [study({ file: "none.onnx" }, null), "study.json, model.file", /none\.onnx/],
  [study({ file: "mlp.onnx", initial: "data" }, null), "study.json, model.initial", /"data"/],
  [study({ file: "mlp.onnx" }, "nowhere"), "study.json, data.path", /there is no folder .*nowhere/],
  [study({ file: "mlp.onnx" }, "mlp.onnx"), "study.json, data.path", /is no folder/],
])("a missing file is named with its key: %#", async (text, where, message) => {
  await expect(read(text)).rejects.toMatchObject({ code: "not-found", where, message: expect.stringMatching(message) });
});

test("a study that is not there, or is a folder, is named", async () => {
  await expect(readStudy(join(folder, "none.json"))).rejects.toMatchObject({ code: "not-found" });
  await expect(readStudy(folder)).rejects.toThrow("is a folder, not a study");
});
