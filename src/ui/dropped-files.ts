/**
 * What a person means by the files they drop: models of one file or several, a data set, or a study. Files are told apart
 * by name, as the formats themselves are checked where they are read, in the worker.
 */
import { type DroppedSet, setOf } from "./dropped-data.ts";

export interface DroppedFiles<Dropped extends { readonly name: string }> {
  readonly models: readonly Dropped[];
  /** Files that belong to a model: weights, and the architecture of a safetensors file. */
  readonly companions: readonly Dropped[];
  readonly study: Dropped | null;
  readonly data: ReadonlyMap<DroppedSet, readonly Dropped[]>;
  readonly unknown: readonly Dropped[];
}

/** Whether a name is that of a model's main file. */
export function isModelName(name: string): boolean {
  return /\.(onnx|keras|h5|hdf5|safetensors)$/i.test(name) || /(^|\/)model[^/]*\.json$/i.test(name);
}

/** Sorts files by what they are; names may have folders. Of several studies the last counts. */
export function sortFiles<Dropped extends { readonly name: string }>(files: readonly Dropped[]): DroppedFiles<Dropped> {
  const tensors = files.flatMap(({ name }) => (/\.safetensors$/i.test(name) ? [stemOf(name)] : []));
  const isCompanion = ({ name }: Dropped) =>
    (/(\.bin|\.data|_data|\.weights)$/i.test(name) && setOf(name) === null) ||
    /(^|[./])architecture\.json$/i.test(name) ||
    (/\.json$/i.test(name) && tensors.includes(stemOf(name)));
  const isModel = (file: Dropped) => isModelName(file.name) && !isCompanion(file);
  const isStudy = (file: Dropped) => /\.jsonc?$/i.test(file.name) && !isModelName(file.name) && !isCompanion(file);
  const data = new Map<DroppedSet, Dropped[]>();
  for (const file of files) {
    const set = setOf(file.name);
    if (set !== null) data.set(set, [...(data.get(set) ?? []), file]);
  }
  return {
    models: files.filter(isModel),
    companions: files.filter(isCompanion),
    study: files.findLast(isStudy) ?? null,
    data,
    unknown: files.filter(
      (file) => setOf(file.name) === null && ![isModel, isCompanion, isStudy].some((is) => is(file)),
    ),
  };
}

function stemOf(name: string): string {
  return name.replace(/\.[^./]*$/, "").toLowerCase();
}
