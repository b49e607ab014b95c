/** Which of the models that were dropped are those that a study names, wherever they lie. */
import type { ModelSource } from "../study/study.ts";

/** A study's model after a drop, and what did not come of it. */
export interface TakenModels {
  readonly model: ModelSource;
  /** Dropped models that the study has no use for. */
  readonly unnamed: readonly string[];
  /** What the study named as the network before training, and no longer does. */
  readonly initialLeftOut: string | null;
}

/**
 * A study names its models by paths of its own, of which a drop has the last parts: `file` and `initial` become the files
 * that end most alike, first those of the drop, then those that are `here`. Where the study names none of a drop, a single
 * model becomes the study's, with the same training; but not one that came `withStudy`, which has said what it wants.
 */
export function takenModels(
  model: ModelSource,
  dropped: readonly string[],
  here: readonly string[],
  withStudy: boolean,
): TakenModels {
  const wanted = "file" in model ? [model.file, ...(model.initial === null ? [] : [model.initial])] : [];
  const found = matched(wanted, dropped);
  const used = [...found.values()];
  const open = wanted.filter((name) => !found.has(name) && !here.includes(name));
  const free = here.filter((path) => !used.includes(path) && !wanted.includes(path));
  const all = new Map([...matched(open, free), ...found]);
  const unnamed = dropped.filter((name) => !used.includes(name));
  if ("file" in model && found.size + (withStudy ? all.size : 0) > 0) {
    const initial = model.initial === null ? null : (all.get(model.initial) ?? model.initial);
    return { model: { ...model, file: all.get(model.file) ?? model.file, initial }, unnamed, initialLeftOut: null };
  }
  const [single] = unnamed;
  if (single === undefined || unnamed.length > 1 || withStudy) return { model, unnamed, initialLeftOut: null };
  const isFile = "file" in model;
  return {
    model: { file: single, initial: null, train: isFile ? model.train : null },
    unnamed: [],
    initialLeftOut: isFile ? model.initial : null,
  };
}

/** Names, each with the path that ends most like it, of equals the last; a path counts for one name, of equals the first. */
function matched(names: readonly string[], paths: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lastFirst = [...paths].reverse();
  const pairs = names.flatMap((name) => lastFirst.map((path) => ({ name, path, alike: commonEnd(name, path) })));
  for (const { name, path, alike } of pairs.sort((a, b) => b.alike - a.alike)) {
    if (alike > 0 && !found.has(name) && ![...found.values()].includes(path)) found.set(name, path);
  }
  return found;
}

/** How many of the last parts of two paths are the same. */
function commonEnd(one: string, other: string): number {
  const [a, b] = [one.split("/").reverse(), other.split("/").reverse()];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? a.length : at;
}
