/** The files a model is made of: paths, and their bytes when they are asked for. */
import { LesionError } from "../core/errors.ts";

/** Where a model's files come from; paths have "/" between folders. */
export interface ModelFiles {
  readonly available: readonly string[];
  bytesOf(path: string): Promise<Uint8Array>;
}

/** The path of a file that `path` names, relative to its own folder: "a/model.json" and "w.bin" give "a/w.bin". */
export function besides(path: string, name: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1) + name;
}

/**
 * Throws LesionError("bad-model") for a name in a model that would lead out of its folder: what is opened is what was
 * given, nothing else.
 */
export function checkWithin(name: string, where: string): void {
  const parts = name.split(/[\\/]/);
  if (name !== "" && !parts.includes("..") && !parts.includes("") && !/^[a-z][a-z0-9+.-]*:/i.test(name)) return;
  throw new LesionError("bad-model", `the model names the file ${JSON.stringify(name.slice(0, 200))}`, {
    where,
    fix: "A model's files lie beside it, or in a folder there; put them there and name them so.",
  });
}

/** The bytes of the file `name` beside `path`. Throws LesionError("not-found") with what belongs to the model. */
export async function companion(files: ModelFiles, path: string, name: string, fix: string): Promise<Uint8Array> {
  checkWithin(name, path);
  const wanted = besides(path, name);
  if (files.available.includes(wanted)) return files.bytesOf(wanted);
  throw new LesionError("not-found", `the model ${path} needs the file ${JSON.stringify(name)}, which was not given`, {
    where: path,
    fix,
  });
}
