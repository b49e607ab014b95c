/**
 * One evaluation of a model on arrays: .npy files in, .npy files out. An ONNX model takes and gives arrays in its own
 * order of axes, batch included; any other takes [samples, ...shape], features last.
 */
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { readNpy } from "../data/npy.ts";
import { writeNpy } from "../data/npy-values.ts";
import type { ModelFiles } from "../formats/model-files.ts";

import { type Evaluate, type GivenArray, openRunnable, type Runnable } from "./runnable.ts";

/** What is asked for. */
export interface ModelRun {
  /** The model's path, as `files` has it. */
  readonly model: string;
  readonly files: ModelFiles;
  /** .npy files: each for the input it names, the others in the order of the model's inputs. */
  readonly inputs: readonly { readonly name: string | null; readonly file: string; readonly bytes: Uint8Array }[];
  /** The outputs that are wanted: each by its name, the others in the order of the model's outputs. */
  readonly outputs: readonly { readonly name: string | null }[];
}

/** An output, as an .npy file. */
export interface ModelOutput {
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Evaluates the model and gives the wanted outputs, in the order in which they were asked for. Throws LesionError:
 * `usage` for inputs and outputs that the model has not, `bad-data` for arrays that do not fit, with both shapes,
 * `bad-file` for damaged ones, and as the model's reader does.
 */
export async function runModel(run: ModelRun, evaluate: Evaluate): Promise<readonly ModelOutput[]> {
  const runnable = await openRunnable(run.model, run.files, evaluate);
  const wanted = assigned(run.outputs, runnable.outputs, "output");
  const inputs = assigned(run.inputs, runnable.inputs, "input");
  const arrays = new Map(
    inputs.map(([name, { file, bytes }]): [string, GivenArray] => [name, { file, array: readNpy(bytes, file) }]),
  );
  const results = await runnable.run(arrays);
  return wanted.map(([name]) => {
    const result = results.get(name);
    if (result === undefined) throw new LesionError("internal", `the output "${name}" was not computed`);
    return { name, dtype: result.dtype, dims: result.dims, bytes: writeNpy(result) };
  });
}

/** Each of what was given with the name it is for: its own, or the first that nothing names, in order. */
function assigned<Given extends { readonly name: string | null }>(
  given: readonly Given[],
  names: Runnable["inputs"],
  what: "input" | "output",
): [string, Given][] {
  const all = `The model's ${what}s are ${names.map((name) => `"${name}"`).join(", ")}.`;
  const refuse = (message: string, fix = all) => new LesionError("usage", message, { where: `--${what}`, fix });
  const taken = new Set<string>();
  for (const { name } of given) {
    if (name === null) continue;
    if (!names.includes(name)) {
      const meant = nearest(name, names);
      throw refuse(`the model has no ${what} "${name}"`, meant === null ? all : `Did you mean "${meant}"? ${all}`);
    }
    if (taken.has(name)) throw refuse(`the ${what} "${name}" is given twice`);
    taken.add(name);
  }
  if (given.length > names.length) {
    throw refuse(`${given.length} ${what}s are given, and the model has ${names.length}`);
  }
  const free = names.filter((name) => !taken.has(name));
  return given.map((one) => [one.name ?? free.shift()!, one]);
}
