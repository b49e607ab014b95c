/**
 * A study on disk: its text, what it says, and the files it names. Everything that can be found wrong without an engine
 * is found here, before a browser starts and before anything is written. Files are only listed: the page fetches those
 * it needs, one by one.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LesionError } from "../core/errors.ts";
import { parseStudyText } from "../study/schema.ts";
import type { DataSource, Study } from "../study/study.ts";
import { findModel } from "./model-files.ts";

/** A study document with its files. */
export interface StudyOnDisk {
  /** The document as it was written, comments and all. */
  readonly text: string;
  readonly study: Study;
  /** Absolute paths by the name under which the study has them: "mlp.onnx", "data/mnist/labels.gz". */
  readonly files: ReadonlyMap<string, string>;
}

/** Most files of a data folder: their addresses cross to the page. */
const MAX_FILES = 200_000;
/** Folders below each other that are searched for images. */
const MAX_DEPTH = 8;
const IN_IMAGE_SETS = /\.(png|jpe?g|webp|csv)$/i;

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
  const place: Place = { folder: dirname(resolve(path)), document: basename(path) };
  if ("file" in study.model) {
    for (const key of ["file", "initial"] as const) {
      const name = study.model[key];
      if (name !== null) add(files, await modelFiles(place, name, `model.${key}`));
    }
  }
  add(files, await dataFiles(place, study.data));
  return { text, study, files };
}

/** Where a study's paths begin, and what errors call the study. */
interface Place {
  readonly folder: string;
  readonly document: string;
}

type Found = readonly (readonly [name: string, path: string])[];

function add(files: Map<string, string>, found: Found): void {
  for (const [name, path] of found) files.set(name, path);
}

/**
 * A model's file and those that lie beside it, under the names that the study has for them; without images, tables and
 * the study itself, which are no model's.
 */
async function modelFiles(place: Place, name: string, key: string): Promise<Found> {
  const path = resolve(place.folder, name);
  const model = await findModel(path).catch((cause: LesionError) => {
    throw missing(place, key, `the study names the file "${name}", and ${cause.message}`, cause);
  });
  const isFolder = model.files.get(model.name) !== path;
  const prefix = isFolder ? folderPrefix(name) : (/^.*[\\/]/.exec(name)?.[0] ?? "");
  const study = resolve(place.folder, place.document);
  const beside = [...model.files.values()].filter((file) => file !== study && !IN_IMAGE_SETS.test(file));
  return beside.map((file) => [file === path ? name : prefix + basename(file), file]);
}

/** What the names of a folder's files begin with. */
function folderPrefix(name: string): string {
  return name === "" ? "" : `${name.replaceAll("\\", "/").replace(/\/+$/, "")}/`;
}

async function dataFiles(place: Place, data: DataSource): Promise<Found> {
  if (data.path === null) return [];
  if (data.set !== "images") return filesIn(resolve(place.folder, data.path), data.path, place, "data.path");
  const tables = [
    ...(await tableFiles(place, data.labels)),
    ...(await tableFiles(place, data.classes)),
    ...(data.labels === null ? [] : await tableFiles(place, join(dirname(data.labels), "classes.csv"))),
  ];
  const path = resolve(place.folder, data.path);
  if ((await stat(path).catch(() => null))?.isFile()) return [...tables, [data.path, path]];
  const images = await filesIn(path, data.path, place, "data.path", MAX_DEPTH);
  return [...tables, ...images.filter(([name]) => IN_IMAGE_SETS.test(name))];
}

/** A table that lies relative to the study, if it does; it may as well lie in the set. */
async function tableFiles({ folder }: Place, name: string | null): Promise<Found> {
  if (name === null) return [];
  const path = resolve(folder, name);
  return (await stat(path).catch(() => null))?.isFile() ? [[name.replaceAll("\\", "/"), path]] : [];
}

/**
 * The files in a folder, and in `depth` levels of folders below it, under the name that the study has for the folder.
 * Throws `not-found` where there is none, `unsupported` for more than MAX_FILES.
 */
async function filesIn(path: string, name: string, place: Place, key: string, depth = 0): Promise<Found> {
  const prefix = folderPrefix(name);
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === "ENOTDIR" ? `${path} is no folder` : `there is no folder ${path}`;
    throw missing(place, key, `the study names the data folder "${name}", and ${what}`, cause);
  });
  const found: (readonly [name: string, path: string])[] = [];
  for (const entry of entries) {
    const inner = resolve(path, entry.name);
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && (await stat(inner).catch(() => null))?.isDirectory());
    if (!isFolder) found.push([prefix + entry.name, inner]);
    else if (depth > 0)
      for (const file of await filesIn(inner, prefix + entry.name, place, key, depth - 1)) found.push(file);
    if (found.length > MAX_FILES) throw tooMany(place, key, path);
  }
  return found;
}

function tooMany({ document }: Place, key: string, path: string): LesionError {
  return new LesionError("unsupported", `${path} holds more than ${MAX_FILES} files`, {
    where: `${document}, ${key}`,
    fix: "Name a folder that holds only the data, or pack it into a .zip or .tar.",
  });
}

function missing({ document }: Place, key: string, message: string, cause?: unknown): LesionError {
  return new LesionError("not-found", message, {
    where: `${document}, ${key}`,
    fix: "Paths in a study are relative to the folder of the study.",
    cause,
  });
}
