/**
 * Which data set dropped files make up: told by their names, as the formats themselves are checked where they are read.
 * Each kind of set has a folder of its own among a run's files.
 */
import type { Files } from "../../workers/protocol.ts";
import type { DataSource } from "../study/study.ts";

/** Sets that can be dropped; also the folders under which the lab hands their files to a run. */
export const DATA_SETS = ["idx", "images", "cifar10", "npy"] as const;
export type DroppedSet = (typeof DATA_SETS)[number];

/** A data set among a run's files, as a study names it. */
export interface FoundData {
  readonly path: string;
  readonly split: "train" | "test";
}

const IMAGE = /\.(png|jpe?g|webp)$/i;
const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;
const TABLE = /\.csv$/i;
const BATCH = /^(data|test)_batch[^/]*\.bin$/i;

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The kind of set a file belongs to; null where its name does not tell. */
export function setOf(name: string): DroppedSet | null {
  if (idxRole(name) !== null) return "idx";
  if (IMAGE.test(name) || ARCHIVE.test(name) || TABLE.test(name)) return "images";
  if (BATCH.test(baseName(name))) return "cifar10";
  return /\.npy$/i.test(name) ? "npy" : null;
}

/** Whether a file begins a new set of its kind, which takes the place of the one before. A table adds to what is there. */
export function startsSet(name: string): boolean {
  return IMAGE.test(name) || ARCHIVE.test(name);
}

/** The set that files of a kind make up; null where some are still missing. `paths` are a run's files. */
export function foundData(set: DroppedSet, paths: readonly string[]): FoundData | null {
  const own = paths.filter((path) => path.startsWith(`${set}/`));
  switch (set) {
    case "idx": {
      const splits = completeSplits(own);
      return splits.length === 0 ? null : { path: set, split: splits.includes("test") ? "test" : "train" };
    }
    case "images": {
      const path = imagesPath(own);
      return path === null ? null : { path, split: "test" };
    }
    case "cifar10":
      if (own.length === 0) return null;
      return { path: set, split: own.some((path) => /^test/i.test(baseName(path))) ? "test" : "train" };
    case "npy":
      if (own.length < 2) return null;
      return { path: set, split: own.every((path) => /train/i.test(baseName(path))) ? "train" : "test" };
  }
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
export function idxRole(name: string): { split: "train" | "test"; content: "images" | "labels" } | null {
  const found = /(images|labels)([.-]?idx\d?)?([.-]?ubyte)?(\.idx)?(\.gz)?$/i.exec(name);
  if (found === null || !/idx|ubyte/i.test(baseName(name))) return null;
  return {
    split: /train/i.test(name) ? "train" : "test",
    content: found[1]!.toLowerCase() as "images" | "labels",
  };
}

/** The splits of which both images and labels are among IDX files. */
export function completeSplits(paths: readonly string[]): readonly ("train" | "test")[] {
  const roles = paths.map(idxRole);
  const has = (split: string, content: string) =>
    roles.some((role) => role !== null && role.split === split && role.content === content);
  return (["train", "test"] as const).filter((split) => has(split, "images") && has(split, "labels"));
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
