/**
 * Reads a study document: every default filled in, every mistake told with the key at fault, what was found there, what
 * is wanted, and the name that was probably meant. Nothing is read or run before a study has passed here.
 */
import * as v from "valibot";
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { filled } from "./data-schema.ts";
import { joinPath, parseJsonc, type TextPosition } from "./jsonc.ts";
import { NOT_HELD } from "./recovered-sweeps.ts";
import { REMEDY } from "./schema-fields.ts";
import type { Study } from "./study.ts";
import { studySchema } from "./study-schema.ts";

/**
 * The study that a parsed document describes. `where` names the document in errors, such as "study.json".
 * @throws LesionError `bad-study`, or `unsupported` for what the format knows and this version does not do.
 */
export function parseStudy(value: unknown, where?: string): Study {
  return parse(value, where, () => null);
}

/**
 * The study that a JSON text describes; // and block comments are allowed. Errors name line and column.
 * @throws LesionError as parseStudy does, and `bad-study` for what is not JSON.
 */
export function parseStudyText(text: string, where?: string): Study {
  const { value, position } = parseJsonc(text, where);
  return parse(value, where, position);
}

type Locate = (path: string) => TextPosition | null;

function parse(value: unknown, where: string | undefined, locate: Locate): Study {
  const result = v.safeParse(studySchema, value);
  if (!result.success) throw mistake(result.issues, where, locate);
  const { baselineData, ...study } = result.output;
  const baseline = filled(baselineData, study.data);
  return { ...study, baselineData: baseline };
}

/** The error of the first issue; a key that does not exist comes before the one missing in its place. */
function mistake(
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
  document: string | undefined,
  locate: Locate,
): LesionError {
  const issue = issues.find(isUnknownKey) ?? issues[0];
  const path = pathOf(issue);
  const place = locate(path);
  const where = [document, path, place && `line ${place.line}, column ${place.column}`].filter(Boolean).join(", ");
  const detail = {
    path,
    ...place,
    issues: issues.map((other) => ({ path: pathOf(other), wanted: other.message.split(REMEDY)[0] })),
  };
  const { code, message, fix } = sentence(issue, path === "" ? "the study" : path);
  return new LesionError(code, message, { ...(where === "" ? {} : { where }), fix, detail });
}

function sentence(
  issue: v.BaseIssue<unknown>,
  path: string,
): Pick<LesionError, "message"> & { code: "bad-study" | "unsupported"; fix: string } {
  if (isUnknownKey(issue)) {
    const key = String(issue.input);
    const known = JSON.parse(issue.message) as string[];
    const meant = nearest(key, known);
    const list = `The keys here are ${known.map((name) => `"${name}"`).join(", ")}.`;
    return {
      code: "bad-study",
      message: `unknown key "${key}" at ${path}`,
      fix: meant === null ? list : `Did you mean "${meant}"? ${list}`,
    };
  }
  if (issue.message === NOT_HELD) {
    return {
      code: "unsupported",
      message: `${path} is ${shown(issue.input)}, which a network cannot keep while it recovers`,
      fix: `Recover ablations by zero, mean or constant: name their sweeps in recover.of, or change ${path}.`,
    };
  }
  if (issue.input === undefined) {
    return { code: "bad-study", message: `${path} is missing`, fix: `Add ${path}; it has no default.` };
  }
  const [wanted, remedy] = issue.message.split(REMEDY) as [string, string?];
  const message = `${path} is ${shown(issue.input)}, wanted ${wanted}`;
  if (remedy !== undefined) return { code: "bad-study", message, fix: remedy };
  const meant = typeof issue.input === "string" ? meantBy(issue.input, wanted) : null;
  return { code: "bad-study", message, fix: meant === null ? `Give ${path} ${wanted}.` : `Did you mean ${meant}?` };
}

const isUnknownKey = (issue: v.BaseIssue<unknown>) => issue.type === "strict_object" && issue.expected === "never";

/**
 * What a text most likely stands for, as it is to be written: one of the names in the phrase for what is wanted, or the object
 * or the array there that the name is a part of. Null where nothing is near, or what is near is what was given.
 */
function meantBy(given: string, wanted: string): string | null {
  const written = new Map<string, string>();
  const arrays = wanted.indexOf("an array");
  const enclosed = (at: number, form: string) => (arrays >= 0 && at > arrays ? `[${form}]` : form);
  for (const form of wanted.matchAll(OBJECT)) {
    for (const [, name] of form[0].matchAll(QUOTED)) written.set(name!, enclosed(form.index, form[0]));
  }
  const names = wanted.replaceAll(OBJECT, (form) => " ".repeat(form.length));
  for (const { 0: name, 1: bare, index } of names.matchAll(QUOTED)) written.set(bare!, enclosed(index, name));
  const near = nearest(given, [...written.keys()]);
  const meant = near === null ? null : written.get(near)!;
  return meant === JSON.stringify(given) ? null : meant;
}

const OBJECT = /\{[^{}]*\}/g;
const QUOTED = /"([^"]+)"/g;

function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, item) => joinPath(path, item.key as string | number), "");
}

/** A value as an error shows it. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
