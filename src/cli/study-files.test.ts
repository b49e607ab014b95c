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

test.each([
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
