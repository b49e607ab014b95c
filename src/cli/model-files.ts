/**
 * A model on disk with the files that may belong to it: shards of weights, external tensors, an architecture. Which of
 * them it is made of is known once it is read, so its whole folder is offered; the page fetches what it needs.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LesionError } from "../core/errors.ts";

/** A folder with more files than this is no model's. */
const MOST_FILES = 10_000;
const MODEL_JSON = "model.json";

/** A model with its files. */
export interface ModelOnDisk {
  /** The model's name among `files`. */
  readonly name: string;
  /** Absolute paths by the names under which the page has them. */
  readonly files: ReadonlyMap<string, string>;
}

/** The model at `path`: a file, or a folder with a model.json. Throws LesionError("not-found"). */
export async function findModel(path: string): Promise<ModelOnDisk> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => null);
  if (found?.isDirectory()) {
    const inside = await stat(join(absolute, MODEL_JSON)).catch(() => null);
    if (inside?.isFile()) return findModel(join(absolute, MODEL_JSON));
    throw new LesionError("not-found", `${path} is a folder without a ${MODEL_JSON}`, {
      where: path,
      fix: "Give the path of a model file, or of the folder of a TensorFlow.js model.",
    });
  }
  if (!found?.isFile()) {
    throw new LesionError("not-found", `there is no file ${path}`, {
      where: path,
      fix: "Give the path of a model file.",
    });
  }
  const folder = dirname(absolute);
  // A model.json goes by the name of its folder.
  const prefix = basename(absolute) === MODEL_JSON && basename(folder) !== "" ? `${basename(folder)}/` : "";
  const name = prefix + basename(absolute);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory()).slice(0, MOST_FILES);
  const named = files.map((entry) => [prefix + entry.name, join(folder, entry.name)] as const);
  return { name, files: new Map([...named, [name, absolute]]) };
}
