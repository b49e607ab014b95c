/**
 * What a person means by the files they drop: a model of one file or several, MNIST's IDX files, or a study. Files are told apart by name, as
 * the formats themselves are checked where they are read, in the worker.
 */
import type { Files } from "../../workers/protocol.ts";

/** Folder under which the lab hands IDX files to a run. */
export const IDX_FOLDER = "idx";

export interface DroppedFiles<Dropped extends { readonly name: string }> {
  readonly model: Dropped | null;
  /** Files that belong to a model: weights, and the architecture of a safetensors file. */
  readonly companions: readonly Dropped[];
  readonly study: Dropped | null;
  readonly idx: readonly Dropped[];
  readonly unknown: readonly Dropped[];
}

/** Sorts files by what they are. Of several models, or studies, the last counts. */
export function sortFiles<Dropped extends { readonly name: string }>(files: readonly Dropped[]): DroppedFiles<Dropped> {
  const tensors = files.flatMap(({ name }) => (/\.safetensors$/i.test(name) ? [stemOf(name)] : []));
  const isModel = ({ name }: Dropped) =>
    /\.(onnx|keras|h5|hdf5|safetensors)$/i.test(name) || /^model[^/]*\.json$/i.test(name);
  const isCompanion = ({ name }: Dropped) =>
    /(\.bin|\.data|_data|\.weights)$/i.test(name) ||
    /^(.*\.)?architecture\.json$/i.test(name) ||
    (/\.json$/i.test(name) && tensors.includes(stemOf(name)));
  const isStudy = (file: Dropped) => /\.jsonc?$/i.test(file.name) && !isModel(file) && !isCompanion(file);
  const isIdx = ({ name }: Dropped) => idxRole(name) !== null;
  return {
    model: files.findLast((file) => isModel(file) && !isCompanion(file)) ?? null,
    companions: files.filter(isCompanion),
    study: files.findLast(isStudy) ?? null,
    idx: files.filter(isIdx),
    unknown: files.filter((file) => ![isModel, isCompanion, isStudy, isIdx].some((is) => is(file))),
  };
}

function stemOf(name: string): string {
  return name.replace(/\.[^.]*$/, "").toLowerCase();
}

/** What an IDX file holds by its name, e.g. `t10k-images-idx3-ubyte.gz`; null where the name does not tell. */
export function idxRole(name: string): { split: "train" | "test"; content: "images" | "labels" } | null {
  const found = /(images|labels)([.-]?idx\d?)?([.-]?ubyte)?(\.idx)?(\.gz)?$/i.exec(name);
  if (found === null || !/idx|ubyte/i.test(name)) return null;
  return {
    split: /train/i.test(name) ? "train" : "test",
    content: found[1]!.toLowerCase() as "images" | "labels",
  };
}

/** The splits of which both images and labels are among a run's files. */
export function completeSplits(files: Files): readonly ("train" | "test")[] {
  const roles = Object.keys(files).map((path) => idxRole(path));
  const has = (split: string, content: string) =>
    roles.some((role) => role !== null && role.split === split && role.content === content);
  return (["train", "test"] as const).filter((split) => has(split, "images") && has(split, "labels"));
}
