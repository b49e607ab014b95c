import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findModel } from "./model-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-model-"));
  await mkdir(join(folder, "vgg"));
  await mkdir(join(folder, "empty"));
  for (const name of ["net.onnx", "net.onnx.data", "vgg/model.json", "vgg/a.bin", "vgg/b.bin"]) {
    await writeFile(join(folder, name), name);
  }
});
afterEach(() => rm(folder, { recursive: true }));

test("a model comes with the files beside it", async () => {
  const { name, files } = await findModel(join(folder, "net.onnx"));
  expect(name).toBe("net.onnx");
  expect([...files].sort()).toEqual([
    ["net.onnx", join(folder, "net.onnx")],
    ["net.onnx.data", join(folder, "net.onnx.data")],
  ]);
});

test.each(["vgg", "vgg/", "vgg/model.json"])("%s is the model of its folder", async (path) => {
  const { name, files } = await findModel(`${folder}/${path}`);
  expect(name).toBe("vgg/model.json");
  expect([...files.keys()].sort()).toEqual(["vgg/a.bin", "vgg/b.bin", "vgg/model.json"]);
});

test.each([
  ["none.onnx", /there is no file/],
  ["empty", /without a model\.json/],
])("%s is refused", async (path, says) => {
  await expect(findModel(join(folder, path))).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringMatching(says),
  });
});
