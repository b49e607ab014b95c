/**
 * The configuration of a Keras layer, typed. Keras leaves out what it takes for granted, and writes null for it in other
 * versions, so every getter has a value for both; a value of another type is an error that names layer and key.
 */
import { damaged, impossible, quote } from "./failure.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Access by key. All getters throw LesionError("bad-model") where the value is of another type. */
export interface Config {
  /** For messages: layer "conv1" (Conv2D). */
  readonly where: string;
  number(key: string, otherwise: number): number;
  /** A number, or null where none is given. */
  optionalNumber(key: string): number | null;
  flag(key: string, otherwise: boolean): boolean;
  text(key: string, otherwise: string): string;
  /** Integers, as many as `count`; one alone stands for all of them. Null where none are given. */
  integers(key: string, count: number): readonly number[] | null;
  /** As in the file; null where there is none. */
  raw(key: string): unknown;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The items of a list, also of one that Keras marks as a tuple. Null where it is none. */
export function itemsOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  return isObject(value) && value["class_name"] === "__tuple__" && Array.isArray(value["items"])
    ? value["items"]
    : null;
}

/** A number, also where it was written as a NumPy scalar. Undefined where it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (!isObject(value)) return undefined;
  return numberOf(isObject(value["config"]) ? value["config"]["value"] : value["value"]);
}

/** The configuration of the layer at `where`. */
export function configOf(values: Json, where: string): Config {
  const get = <Type>(key: string, what: string, read: (value: unknown) => Type | undefined): Type | null => {
    const value = Object.hasOwn(values, key) ? values[key] : null;
    if (value === undefined || value === null) return null;
    const found = read(value);
    if (found !== undefined) return found;
    throw impossible(`${where} has ${quote(key)}: ${textOf(value)}, which is no ${what}`, `${where}, ${key}`);
  };
  const optionalNumber = (key: string) => get(key, "number", numberOf);
  return {
    where,
    optionalNumber,
    number: (key, otherwise) => optionalNumber(key) ?? otherwise,
    flag: (key, otherwise) =>
      get(key, "true or false", (value) => (typeof value === "boolean" ? value : undefined)) ?? otherwise,
    text: (key, otherwise) => get(key, "text", (value) => (typeof value === "string" ? value : undefined)) ?? otherwise,
    integers: (key, count) =>
      get(key, count === 1 ? "whole number" : `list of ${count} whole numbers`, (value) => {
        const list = itemsOf(value) ?? Array.from({ length: count }, () => value);
        const numbers = list.map(numberOf).filter((item) => item !== undefined && Number.isSafeInteger(item));
        return numbers.length === count && list.length === count ? (numbers as number[]) : undefined;
      }),
    raw: (key) => get(key, "value", (value) => value),
  };
}

/** Part of a JSON value, for a message. */
export function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** JSON of a file's attribute or entry. Throws LesionError("bad-file"). */
export function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(`${where} is no intact JSON`, where, cause);
  }
}
