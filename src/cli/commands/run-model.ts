/** `lesion run-model`: evaluates a model on arrays, so that its results can be compared with any other program's. */
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ModelRunOutput } from "../../../workers/protocol.ts";
import { LesionError } from "../../core/errors.ts";
import { type Arguments, usage } from "../arguments.ts";
import { type Command, memoryBytes, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import { shared } from "../headless-page.ts";
import { findModel } from "../model-files.ts";
import type { Screen } from "../screen.ts";
import { writeWhole } from "../write-whole.ts";

export const runModel: Command = {
  name: "run-model",
  takes: "MODEL",
  count: [1, 1],
  summary: "Evaluate a model on NumPy arrays.",
  options: {
    ...SHARED_OPTIONS,
    input: {
      type: "string",
      multiple: true,
      value: "[NAME=]IN.npy",
      help: "An array for the input NAME, or for the next in order. ONNX: axes as in the model; else [samples, ...], channels last.",
    },
    output: {
      type: "string",
      multiple: true,
      value: "[NAME=]OUT.npy",
      help: "Where to write the output NAME, or the next in order; replaced where it is there.",
    },
  },
  run: async (args, screen) => {
    const memory = memoryBytes(args);
    const inputs = namedFiles(args, "input");
    const outputs = namedFiles(args, "output");
    if (outputs.length === 0)
      throw usage(runModel, "`lesion run-model` needs --output OUT.npy, the file for the result");
    const model = await findModel(args.names[0]!);
    for (const { path } of inputs) await checkInput(path);
    for (const { path } of outputs) await checkFolder(path);
    checkDistinct(outputs.map(({ path }) => path));
    await using page = await openEngine(screen, args.text("browser"));
    const results = await page.call("runModel", {
      model: model.name,
      files: shared(page, model.files),
      inputs: inputs.map(({ name, path }) => ({ name, file: path, source: { url: page.share(path) } })),
      outputs: outputs.map(({ name }) => ({ name })),
      ...(memory === undefined ? {} : { memoryBytes: memory }),
    });
    for (const [at, { bytes }] of results.entries()) await write(outputs[at]!.path, bytes);
    print(results, outputs, args.flag("json"), screen);
    return 0;
  },
};

interface NamedFile {
  /** Of the model's input or output, or null for the next in order. */
  readonly name: string | null;
  readonly path: string;
}

/** "NAME=FILE" or "FILE"; a file whose name has a "=" needs the form with a NAME. */
function namedFiles(args: Arguments, option: "input" | "output"): NamedFile[] {
  return args.texts(option).map((text) => {
    const at = text.indexOf("=");
    const [name, path] = at < 0 ? [null, text] : [text.slice(0, at), text.slice(at + 1)];
    if (name !== "" && path !== "") return { name, path };
    throw usage(runModel, `--${option} is "${text}"; wanted NAME=FILE.npy or FILE.npy`);
  });
}

async function checkInput(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return;
  throw new LesionError("not-found", `there is no file ${path}`, {
    where: `--input ${path}`,
    fix: "Give the path of an array as numpy.save writes it.",
  });
}

/** Found out before a browser starts, not after the work. */
async function checkFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch(() => null);
  const taken = await stat(path).catch(() => null);
  if (found?.isDirectory() && !taken?.isDirectory()) return;
  throw new LesionError("usage", taken?.isDirectory() ? `${path} is a folder` : `there is no folder ${folder}`, {
    where: `--output ${path}`,
    fix: "Give a file in a folder that is there.",
  });
}

function checkDistinct(paths: readonly string[]): void {
  const places = paths.map((path) => resolve(path));
  const twice = paths.find((_, at) => places.indexOf(places[at]!) < at);
  if (twice !== undefined) throw usage(runModel, `two outputs are to be written to ${twice}`);
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await writeWhole(path, bytes).catch((cause: NodeJS.ErrnoException) => {
    throw new LesionError("cannot-write", `cannot write ${path}: ${cause.message}`, {
      where: `--output ${path}`,
      fix: "Free some space, or write somewhere else.",
      cause,
    });
  });
}

function print(results: readonly ModelRunOutput[], outputs: readonly NamedFile[], json: boolean, screen: Screen): void {
  const rows = results.map(({ name, dtype, dims }, at) => ({ name, dtype, dims, file: outputs[at]!.path }));
  if (json) screen.result(JSON.stringify(rows));
  else
    for (const { name, dtype, dims, file } of rows) screen.result(`${name}: ${dtype} [${dims.join(", ")}] in ${file}`);
}
