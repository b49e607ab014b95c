/**
 * The pieces that the study schema is made of. Each check's message is the phrase for what is wanted, such as "a whole
 * number from 1 to 9"; `schema.ts` makes the sentence of it. A remedy that is not to give what is wanted follows after REMEDY.
 */
import * as v from "valibot";

/** Largest count or index a study may name. */
export const COUNT_MAX = 2 ** 31 - 1;

/** Between what is wanted and a remedy of its own, in a check's message. */
export const REMEDY = "\n";

/** Whether a value is an object and no array. */
export const isObject = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null && !Array.isArray(input);
/** Whether a value is an object that has one of the keys itself. */
export const has = (input: unknown, ...keys: string[]) =>
  isObject(input) && keys.some((key) => Object.hasOwn(input, key));
/** What an object holds at a key of its own; undefined for all else. */
export const keyed = (input: unknown, key: string): unknown =>
  isObject(input) && Object.hasOwn(input, key) ? input[key] : undefined;

/** An object with these keys and no others. An unknown key's message is the known keys, as a JSON array. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  const unknownKey = JSON.stringify(Object.keys(entries));
  return v.pipe(
    v.custom<object>(isObject, "an object"),
    v.strictObject(entries, (issue) => (issue.expected === "never" ? unknownKey : "an object")),
  );
}
/** Accepts nothing. */
export const fails = (wanted: string) => v.custom<never>(() => false, wanted);
/** Fails at one key of an object, whatever the others hold. */
export const failsAt = (key: string, wanted: string) =>
  v.looseObject({ [key]: fails(wanted) }, wanted) as unknown as v.GenericSchema<unknown, never>;
/** A whole number in a range. */
export const whole = (least: number, most: number, wanted = `a whole number from ${least} to ${most}`) =>
  v.pipe(v.number(wanted), v.integer(wanted), v.minValue(least, wanted), v.maxValue(most, wanted));
/** A finite number of which something holds. */
export const number = (wanted = "a finite number", holds: (value: number) => boolean = () => true) =>
  v.pipe(v.number(wanted), v.finite(wanted), v.check(holds, wanted));
/** A number that stays finite as float32, in which activations are computed. */
export const float32 = (
  wanted = "a number within the range of float32, 3.4e38 at most",
  holds: (value: number) => boolean = () => true,
) => number(wanted, (value) => Number.isFinite(Math.fround(value)) && holds(value));
/** A string that is not empty. */
export const text = (wanted: string) => v.pipe(v.string(wanted), v.nonEmpty(wanted));
/** One of a few names. */
export const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `one of ${options.map((option) => `"${option}"`).join(", ")}`);
/** Whether no two items are equal. */
export const unique = (items: readonly unknown[]) => new Set(items).size === items.length;

/** How many samples to use; null, and what is left out: all. */
export const samplesLimit = v.optional(
  v.nullable(whole(1, COUNT_MAX, "a number of samples of at least 1, or null")),
  null,
);
