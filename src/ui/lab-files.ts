/**
 * What a drop does to the lab's files and to the study: nothing that was dropped is lost without a word, and nothing old is
 * measured in its place.
 */
import type { Files } from "../../workers/protocol.ts";
import { type ErrorReport, type LesionError, reportOf } from "../core/errors.ts";
import type { Study } from "../study/study.ts";
import {
  initialLeftOut,
  staysBeside,
  unknownFiles,
  unnamedModels,
  withoutLabels,
  withoutModel,
} from "./drop-errors.ts";
import { DATA_SETS, type DroppedSet, foundData, kindOf, replacedBy, splitOf } from "./dropped-data.ts";
import { type DroppedFiles, isModelName } from "./dropped-files.ts";
import { missingData } from "./missing-file.ts";
import { takenModels } from "./model-files.ts";

/** Dropped files, sorted; whether the study came with them, and not before. */
export interface Drop extends Omit<DroppedFiles<File>, "study"> {
  readonly withStudy: boolean;
}

export interface DropNotice {
  readonly kind: "error" | "warning";
  readonly report: ErrorReport;
}

export interface Placed {
  readonly files: Files;
  readonly model: Study["model"];
  /** Keys that another kind of set lacks are left to their defaults. */
  readonly data: Partial<Study["data"]>;
  readonly notices: readonly DropNotice[];
}

/** The lab's files with those of a drop, the model and data of a study that reads them, and what to tell a person. */
export function placeDrop(files: Files, study: Pick<Study, "model" | "data">, drop: Drop): Placed {
  const data = placeData(files, study.data, drop);
  const models = placeModels(data.files, study.model, drop);
  const unknown = drop.unknown.length === 0 ? [] : [error(unknownFiles(drop.unknown.map(({ name }) => name)))];
  return {
    files: models.files,
    model: models.model,
    data: data.data,
    notices: [...data.notices, ...models.notices, ...unknown],
  };
}

function placeData(before: Files, asked: Study["data"], drop: Drop): Omit<Placed, "model"> {
  const named = kindOf(asked.set);
  const notices: DropNotice[] = [];
  let files = before;
  let data: Partial<Study["data"]> = asked;
  const take = (set: DroppedSet, isAsked: boolean) => {
    const found = foundData(set, Object.keys(files), isAsked ? asked.split : undefined);
    if (found !== null) data = { ...dataFor(set, asked), ...found };
    return found !== null;
  };
  // Where several kinds of data are dropped, that which the study names comes last, and counts.
  for (const [set, dropped] of [...drop.data].sort(([a], [b]) => Number(a === named) - Number(b === named))) {
    const here = Object.keys(files).filter((path) => path.startsWith(`${set}/`));
    const given = Object.fromEntries(dropped.map((file) => [`${set}/${file.name}`, file]));
    const replaced = replacedBy(set, Object.keys(given), here);
    const stays = here.filter((path) => !replaced.has(path) && given[path] === undefined);
    if (replaced.size > 0 && stays.length > 0)
      notices.push(warning(staysBeside(stays.map(fileName), dropped[0]!.name)));
    files = { ...without(files, replaced), ...given };
    const isOfSplit = dropped.some(({ name }) => (splitOf(set, name) ?? asked.split) === asked.split);
    const isTaken = take(set, set === named && (drop.withStudy || isOfSplit));
    if (!isTaken && set === "images") notices.push(error(withoutLabels(dropped[0]!.name)));
  }
  const isOpen = drop.withStudy && named !== null && !drop.data.has(named) && missingData(asked, files) !== null;
  if (isOpen) take(named, true);
  return { files, data, notices };
}

function placeModels(files: Files, asked: Study["model"], drop: Drop): Omit<Placed, "data"> {
  const names = drop.models.map(({ name }) => name);
  const here = Object.keys(files).filter((path) => isModelName(path) && !isData(path));
  const { model, unnamed, initialLeftOut: initial } = takenModels(asked, names, here, drop.withStudy);
  const given = Object.fromEntries([...drop.companions, ...drop.models].map((file) => [file.name, file]));
  return {
    files: names.length === 0 ? files : { ...files, ...given },
    model,
    notices: [
      ...(names.length === 0 ? drop.companions.map(({ name }) => error(withoutModel(name))) : []),
      ...(unnamed.length === 0 ? [] : [error(unnamedModels(unnamed))]),
      ...(initial === null || !("file" in model) ? [] : [warning(initialLeftOut(initial, model.file))]),
    ],
  };
}

/** What holds for another kind of set too; for the same kind, all there is. */
export function dataFor(set: Study["data"]["set"], data: Study["data"]): Partial<Study["data"]> {
  if (set === data.set) return data;
  const { limit, scale, normalize, threshold, split } = data;
  return { limit, scale, normalize, threshold, split, set };
}

const isData = (path: string) => DATA_SETS.some((set) => path.startsWith(`${set}/`));
const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
const error = (thrown: LesionError): DropNotice => ({ kind: "error", report: reportOf(thrown) });
const warning = (thrown: LesionError): DropNotice => ({ kind: "warning", report: reportOf(thrown) });

function without(files: Files, paths: ReadonlySet<string>): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.has(path)));
}
