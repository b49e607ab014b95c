/**
 * Which images a set has and what class each is of: from a table with a line an image, or from folders, one a class.
 * A second table may name all classes, those without images too.
 */
import { LesionError } from "../../core/errors.ts";
import { listed } from "../paths.ts";
import type { Table } from "./csv.ts";

/** Labels are kept in 16 bits. */
const MAX_CLASSES = 65_536;

/** Images in order, with their classes. */
export interface LabelledFiles {
  readonly files: readonly string[];
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly classNames: readonly string[];
}

/** Names of all classes, in the order of their numbers; from a table with columns `class` and `name`, or `name` alone. */
export function classNamesOf(table: Table): string[] {
  const name = column(table, "name");
  const number = table.columns.indexOf("class");
  const names: string[] = [];
  for (const [row, { line, fields }] of table.rows.entries()) {
    const label = number < 0 ? row : classNumber(fields[number]!, table.name, line);
    names[label] = fields[name]!;
  }
  if (names.length === 0) throw wrong(table.name, 1, "names no class");
  return Array.from(names, (given, label) => given ?? String(label));
}

/**
 * The images of a table with columns `file` and `class`. Classes are numbers from 0, or names: those of `classNames`, or
 * without them the sorted names that occur. Other columns `name` or `synset` name classes that are given as numbers.
 * Throws `bad-file`, naming the line, for classes that cannot be told, and for a table without images.
 */
export function labelsFromTable(table: Table, classNames: readonly string[] | null): LabelledFiles {
  const file = column(table, "file");
  const given = column(table, "class");
  if (table.rows.length === 0) throw wrong(table.name, 1, "names no image");
  const byNumber = table.rows.every(({ fields }) => /^\d+$/.test(fields[given]!));
  const names = byNumber ? null : (classNames ?? sortedNames(table.rows.map(({ fields }) => fields[given]!)));
  const numbers = new Map(names?.map((name, label) => [name, label]));
  const labels = table.rows.map(({ line, fields }) => {
    const label = byNumber ? classNumber(fields[given]!, table.name, line) : numbers.get(fields[given]!);
    if (label !== undefined && label < (classNames?.length ?? MAX_CLASSES)) return label;
    throw wrong(table.name, line, `gives ${fields[file]} the class "${fields[given]}", which is none of the classes`);
  });
  const classes = classNames?.length ?? labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  return {
    files: table.rows.map(({ fields }) => fields[file]!.replaceAll("\\", "/").replace(/^(\.\/)+/, "")),
    labels: Uint16Array.from(labels),
    classes,
    classNames: classNames ?? names ?? namesInTable(table, labels, classes),
  };
}

const IMAGE = /\.(png|jpe?g|webp)$/i;

/**
 * The images among some files, their topmost folder their class; classes and images in the order of their names. Throws
 * `bad-data` for images that lie in no folder, and where there are none.
 */
export function labelsFromFolders(
  names: readonly string[],
  classNames: readonly string[] | null,
  origin: string,
): LabelledFiles {
  const files = names.filter((name) => IMAGE.test(name)).sort();
  const loose = files.filter((name) => !name.includes("/"));
  if (files.length === 0 || loose.length > 0) {
    const found =
      files.length === 0 ? `it holds ${listed(names)}` : `${loose.length} images lie in no folder of a class`;
    throw new LesionError("bad-data", `${origin} has neither labels.csv nor one folder a class: ${found}`, {
      where: "data.path",
      fix: "Add labels.csv with the columns file,class, or sort the images into one folder a class.",
    });
  }
  const folder = (file: string) => file.slice(0, file.indexOf("/"));
  const all = classNames ?? sortedNames(files.map(folder));
  const numbers = new Map(all.map((name, label) => [name, label]));
  const labels = files.map((file) => {
    const label = numbers.get(folder(file));
    if (label !== undefined && label < MAX_CLASSES) return label;
    throw new LesionError("bad-data", `the folder ${folder(file)} in ${origin} is none of the ${all.length} classes`, {
      where: "data.classes",
      fix: "Name folders as classes.csv names classes, or leave it out.",
    });
  });
  return { files, labels: Uint16Array.from(labels), classes: all.length, classNames: all };
}

/** Names as the columns `name` or `synset` give them, the class's number where neither does. */
function namesInTable(table: Table, labels: readonly number[], classes: number): string[] {
  const names = Array.from({ length: classes }, (_, label) => String(label));
  const at = table.columns.indexOf("name") >= 0 ? table.columns.indexOf("name") : table.columns.indexOf("synset");
  if (at >= 0) for (const [i, { fields }] of table.rows.entries()) names[labels[i]!] = fields[at]!;
  return names;
}

function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function classNumber(text: string, name: string, line: number): number {
  const label = /^\d+$/.test(text) ? Number(text) : -1;
  if (label >= 0 && label < MAX_CLASSES) return label;
  throw wrong(name, line, `has the class "${text}"; classes are numbers from 0 to ${MAX_CLASSES - 1}`);
}

function column(table: Table, wanted: string): number {
  const at = table.columns.indexOf(wanted);
  if (at >= 0) return at;
  throw wrong(table.name, 1, `has no column "${wanted}"; its columns are ${listed(table.columns)}`);
}

function wrong(name: string, line: number, what: string): LesionError {
  return new LesionError("bad-file", `${name} ${what}`, {
    where: `${name}, line ${line}`,
    fix: "Give a table with the columns file,class; docs/file-formats.md describes it.",
  });
}
