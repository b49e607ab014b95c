/**
 * Architecture documents: JSON that says which layers a network has and which tensors their weights are, for files that
 * hold weights alone. Every mistake names the key at fault, what is wanted there, and the nearest name that exists.
 */
import * as v from "valibot";
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { type Architecture, architectureSchema } from "./architecture-schema.ts";

/** Whether a parsed JSON document says that it is an architecture. */
export function isArchitecture(document: unknown): boolean {
  return typeof document === "object" && document !== null && Reflect.get(document, "format") === "lesion-architecture";
}

/**
 * The architecture that a parsed JSON document describes, with all that may be left out filled in. Throws
 * LesionError("bad-model") that names the key.
 */
export function parseArchitecture(document: unknown): Architecture {
  const result = v.safeParse(architectureSchema, document);
  if (result.success) return result.output;
  const issue = result.issues.find(isUnknownKey) ?? result.issues[0];
  const path = pathOf(issue);
  const { message, fix } = sentence(issue, path === "" ? "the architecture" : path);
  throw new LesionError("bad-model", message, { where: `architecture${path === "" ? "" : `, ${path}`}`, fix });
}

function sentence(issue: v.BaseIssue<unknown>, path: string): { message: string; fix: string } {
  if (isUnknownKey(issue)) {
    const key = cut(String(issue.input));
    const known = JSON.parse(issue.message) as string[];
    const meant = nearest(key, known);
    const keys = `The keys here are ${known.join(", ")}.`;
    return {
      message: `unknown key "${key}" at ${path}`,
      fix: meant === null ? keys : `Did you mean "${meant}"? ${keys}`,
    };
  }
  if (issue.input === undefined) return { message: `${path} is missing, wanted ${issue.message}`, fix: `Add ${path}.` };
  const options = Array.from(issue.message.matchAll(/"([^"]+)"/g), (match) => match[1]!);
  const meant = typeof issue.input === "string" ? nearest(cut(issue.input), options) : null;
  return {
    message: `${path} is ${shown(issue.input)}, wanted ${issue.message}`,
    fix: meant === null ? `Give ${path} ${issue.message}.` : `Did you mean "${meant}"?`,
  };
}

const isUnknownKey = (issue: v.BaseIssue<unknown>) => issue.type === "strict_object" && issue.expected === "never";

/** Where an issue is: "layers[3].stride". */
function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? cut(String(key)) : `${path}.${cut(String(key))}`;
  }, "");
}

/** A value as an error shows it. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
