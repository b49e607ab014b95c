/** `lesion run-model` before a browser starts: what is named must be there, and nothing is written where it is not. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { main } from "./main.ts";
import { createScreen } from "./screen.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-run-model-"));
  await writeFile(join(folder, "m.onnx"), "");
  await writeFile(join(folder, "a.npy"), "");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each<[string, readonly string[], RegExp]>([
  ["no model", [], /needs MODEL/],
  ["a model that is not there", ["none.onnx", "--output", "y.npy"], /there is no file .*none\.onnx/],
  ["no output", ["m.onnx", "--input", "a.npy"], /needs --output/],
  ["an input that is not there", ["m.onnx", "--input", "x=b.npy", "--output", "y.npy"], /there is no file .*b\.npy/],
  ["an input without a file", ["m.onnx", "--input", "x=", "--output", "y.npy"], /--input is "x="/],
  ["an output without a name", ["m.onnx", "--output", "=y.npy"], /--output is "=.*y\.npy"/],
  ["an output in no folder", ["m.onnx", "--output", "none/y.npy"], /there is no folder .*none/],
  ["one file for two outputs", ["m.onnx", "--output", "y.npy", "--output", "b=./y.npy"], /two outputs .*y\.npy/],
  ["an unknown option", ["m.onnx", "--inputs", "a.npy"], /no option --inputs/],
])("refuses %s with exit code 2", async (_, args, message) => {
  let log = "";
  const sink = {
    write: (text: string) => {
      log += text;
    },
  };
  // Paths are those of the folder; names before a "=" stay.
  const placed = args.map((arg) =>
    arg.replace(
      /^(\w*=)?(\.\/)?((none\/)?\w+\.(npy|onnx))$/,
      (_, name = "", __, path) => `${name}${join(folder, path)}`,
    ),
  );
  expect(await main(["run-model", ...placed], createScreen(sink, sink, {}))).toBe(2);
  expect(log).toMatch(message);
  expect((await readdir(folder)).sort()).toEqual(["a.npy", "m.onnx"]);
});
