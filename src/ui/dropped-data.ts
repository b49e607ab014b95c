/**
 * Which data set dropped files make up: told by their names, as the formats themselves are checked where they are read.
 * Each kind of set has a folder of its own among a run's files.
 */
import type { Files } from "../../workers/protocol.ts";
import type { DataSource } from "../study/study.ts";

/** Sets that can be dropped; also the folders under which the lab hands their files to a run. */
export const DATA_SETS = ["idx", "images", "cifar10", "npy"] as const;
export type DroppedSet = (typeof DATA_SETS)[number];

type Split = DataSource["split"];
const SPLITS = ["test", "train"] as const satisfies readonly Split[];

/** A data set among a run's files, as a study names it. */
export interface FoundData {
  readonly path: string;
  readonly split: Split;
}

const IMAGE = /\.(png|jpe?g|webp)$/i;
const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;
const TABLE = /\.csv$/i;
const BATCH = /^(data|test)_batch[^/]*\.bin$/i;

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The kind that a study's set is dropped as; null for digits, which are made. */
export function kindOf(set: DataSource["set"]): DroppedSet | null {
  return set === "digits" ? null : set === "mnist" ? "idx" : set;
}

/** The kind of set a file belongs to; null where its name does not tell. */
export function setOf(name: string): DroppedSet | null {
  if (idxRole(name) !== null) return "idx";
  if (IMAGE.test(name) || ARCHIVE.test(name) || TABLE.test(name)) return "images";
  if (BATCH.test(baseName(name))) return "cifar10";
  return /\.npy$/i.test(name) ? "npy" : null;
}

/**
 * Of a kind's files that are here, those whose place dropped ones take: an image or an archive begins a new set, a table
 * adds to what is there; of all others each takes the place of what is the same part of a set, under any name and folder.
 */
export function replacedBy(set: DroppedSet, dropped: readonly string[], here: readonly string[]): ReadonlySet<string> {
  if (set === "images") return new Set(dropped.some((name) => IMAGE.test(name) || ARCHIVE.test(name)) ? here : []);
  const parts = new Set(dropped.map((name) => partOf(set, name)));
  return new Set(here.filter((path) => parts.has(partOf(set, path))));
}

/** Which part of its set a file is: images or labels of a split, or the batch of a name. */
function partOf(set: Exclude<DroppedSet, "images">, path: string): string {
  if (set === "cifar10") return baseName(path).toLowerCase();
  const content = set === "idx" ? idxRole(path)!.content : NPY_LABELS.test(baseName(path)) ? "labels" : "images";
  return `${content} of ${splitOf(set, path)}`;
}

const NPY_LABELS = /(^|[^a-z0-9])(labels?|y|targets)([^a-z0-9]|$)/i;

/** The split that a file is of, by its name; null: of any, as images are told apart by their folders. */
export function splitOf(set: DroppedSet, path: string): Split | null {
  switch (set) {
    case "idx":
      return idxRole(path)!.split;
    case "images":
      return null;
    case "cifar10":
      return /^test/i.test(baseName(path)) ? "test" : "train";
    case "npy":
      return /train/i.test(baseName(path)) ? "train" : "test";
  }
}

/**
 * The set that files of a kind make up; null where some are still missing. `paths` are a run's files. Where there is more
 * than one split, it is the one that is asked for, or else the test split.
 */
export function foundData(set: DroppedSet, paths: readonly string[], asked: Split = "test"): FoundData | null {
  const own = paths.filter((path) => path.startsWith(`${set}/`));
  const path = set === "images" ? imagesPath(own) : set;
  const splits = splitsOf(set, own);
  const split = splits.includes(asked) ? asked : splits[0];
  return path === null || split === undefined ? null : { path, split };
}

/** The splits that files of a kind hold whole. */
function splitsOf(set: DroppedSet, own: readonly string[]): readonly Split[] {
  if (set === "idx") return completeSplits(own);
  const least = set === "npy" ? 2 : 1;
  const filesOf = (split: Split) => own.filter((path) => (splitOf(set, path) ?? split) === split);
  return SPLITS.filter((split) => filesOf(split).length >= least);
}

/** The archive, or the folder that holds a table or folders of images; null where images have no classes yet. */
function imagesPath(paths: readonly string[]): string | null {
  const archive = paths.findLast((path) => ARCHIVE.test(path));
  if (archive !== undefined) return archive;
  const images = paths.filter((path) => IMAGE.test(path));
  if (images.length === 0) return null;
  const table = paths.find((path) => /(^|\/)labels\.csv$/i.test(path));
  if (table !== undefined) return table.slice(0, table.lastIndexOf("/"));
  let folder = "images";
  for (;;) {
    const inner = new Set(images.map((path) => path.slice(folder.length + 1).split("/")[0]!));
    const isNested = images.every((path) => path.slice(folder.length + 1).includes("/"));
    if (!isNested) return null;
    if (inner.size > 1) return folder;
    folder = `${folder}/${[...inner][0]}`;
  }
}

/** What an IDX file holds by its name, e.g. `t10k-images-idx3-ubyte.gz`; null where the name does not tell. */
export function idxRole(name: string): { split: Split; content: "images" | "labels" } | null {
  const found = /(images|labels)([.-]?idx\d?)?([.-]?ubyte)?(\.idx)?(\.gz)?$/i.exec(name);
  if (found === null || !/idx|ubyte/i.test(baseName(name))) return null;
  return {
    split: /train/i.test(baseName(name)) ? "train" : "test",
    content: found[1]!.toLowerCase() as "images" | "labels",
  };
}

/** The splits of which both images and labels are among IDX files. */
export function completeSplits(paths: readonly string[]): readonly Split[] {
  const roles = paths.map(idxRole);
  const has = (split: string, content: string) =>
    roles.some((role) => role !== null && role.split === split && role.content === content);
  return SPLITS.filter((split) => has(split, "images") && has(split, "labels"));
}

/** The file of the images of a study's split among a run's files, where it is an IDX file; null where there is none. */
export function idxImages(data: Pick<DataSource, "path" | "split">, files: Files): Blob | null {
  const path = data.path ?? "";
  for (const [name, file] of Object.entries(files)) {
    const role = name.startsWith(`${path}/`) ? idxRole(name) : null;
    if (role?.content === "images" && role.split === data.split && file instanceof Blob) return file;
  }
  return null;
}
