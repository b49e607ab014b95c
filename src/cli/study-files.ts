/**
 * A study on disk: its text, what it says, and the files it names. Everything that can be found wrong without an engine
 * is found here, before a browser starts and before anything is written.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { LesionError } from "../core/errors.ts";
import { parseStudyText } from "../study/schema.ts";
import type { Study } from "../study/study.ts";

/** A study document with its files. */
export interface StudyOnDisk {
  /** The document as it was written, comments and all. */
  readonly text: string;
  readonly study: Study;
  /** Absolute paths by the name under which the study has them: "mlp.onnx", "data/mnist/labels.gz". */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads a study and finds its files. Throws `not-found`, `bad-study` and what parseStudyText throws. */
export async function readStudy(path: string): Promise<StudyOnDisk> {
  return studyFromText(await readStudyText(path), path);
}

/** The text of a study document. Throws `not-found`. */
export async function readStudyText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const isFolder = cause.code === "EISDIR";
    throw new LesionError("not-found", isFolder ? `${path} is a folder, not a study` : `there is no study ${path}`, {
      where: resolve(path),
      fix: "Give the path of a study document; docs/file-formats.md describes it.",
      cause,
    });
  });
}

/** The study that a text describes; its paths are relative to the folder of `path`, which errors name. */
export async function studyFromText(text: string, path: string): Promise<StudyOnDisk> {
  const study = parseStudyText(text, basename(path));
  const files = new Map<string, string>();
  const folder = dirname(resolve(path));
  if ("file" in study.model) {
    await addFile(files, folder, study.model.file, `${basename(path)}, model.file`);
    if (study.model.initial !== null) {
      await addFile(files, folder, study.model.initial, `${basename(path)}, model.initial`);
    }
  }
  if (study.data.path !== null) await addFolder(files, folder, study.data.path, `${basename(path)}, data.path`);
  return { text, study, files };
}

async function addFile(files: Map<string, string>, folder: string, name: string, where: string): Promise<void> {
  const path = resolve(folder, name);
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new LesionError("not-found", `the study names the file "${name}", and there is no file ${path}`, {
      where,
      fix: "Paths in a study are relative to the folder of the study.",
    });
  }
  files.set(name, path);
}

/** Adds every file that lies directly in a folder, under the name the study has for the folder. */
async function addFolder(files: Map<string, string>, folder: string, name: string, where: string): Promise<void> {
  const path = resolve(folder, name);
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === "ENOTDIR" ? `${path} is no folder` : `there is no folder ${path}`;
    throw new LesionError("not-found", `the study names the data folder "${name}", and ${what}`, {
      where,
      fix: "Paths in a study are relative to the folder of the study.",
      cause,
    });
  });
  const prefix = name.replace(/\/+$/, "");
  for (const entry of entries) {
    if (!entry.isDirectory()) files.set(`${prefix}/${entry.name}`, resolve(path, entry.name));
  }
}
