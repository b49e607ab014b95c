/** The part of the study schema that says what a network is evaluated on. */
import * as v from "valibot";
import { failsAt, keyed, NOT_AVAILABLE, number, object, oneOf, samplesLimit, text } from "./schema-fields.ts";
import type { DataSource, TransformOptions } from "./study.ts";

/** One number for all channels, or an array of one a channel. */
const channels = (wanted: string, holds: (value: number) => boolean) =>
  v.lazy(
    (input): v.GenericSchema<unknown, number[]> =>
      Array.isArray(input)
        ? v.pipe(v.array(number(wanted, holds)), v.minLength(1, `${wanted}, or an array of them`))
        : v.pipe(
            number(`${wanted}, or an array of them`, holds),
            v.transform((value) => [value]),
          ),
  );
const mean = channels("a finite number", () => true);
const std = channels("a finite number that is not 0", (value) => value !== 0);
const scale = number("a number greater than 0", (value) => value > 0);
const threshold = v.nullable(number("a stored pixel value, or null"));
const normalize = v.pipe(
  object({ mean: v.optional(mean, 0.5), std: v.optional(std, 0.5) }),
  v.check(
    ({ mean, std }) => mean.length === std.length || mean.length === 1 || std.length === 1,
    "as many means as standard deviations",
  ),
);
const transformEntries = {
  normalize: v.optional(normalize, {}),
  scale: v.optional(scale, 255),
  threshold: v.optional(threshold, null),
};
const dataEntries = { ...transformEntries, split: v.optional(oneOf(["train", "test"]), "test"), limit: samplesLimit };
const path = text("the folder that holds the IDX files, relative to the study");

/** The data set, and the transform of its values. */
export const data = v.lazy((input): v.GenericSchema<unknown, DataSource> => {
  const set = keyed(input, "set");
  if (set === "images" || set === "npy" || set === "cifar10") return failsAt("set", NOT_AVAILABLE);
  if (set === "mnist" || set === "idx") return object({ ...dataEntries, set: oneOf(["mnist", "idx"]), path });
  return object({
    ...dataEntries,
    set: v.optional(oneOf(["digits", "mnist", "idx"]), "digits"),
    path: v.optional(v.null("null, for digits are made and not read"), null),
  });
});

/** What the baseline alone does differently; keys left out are the data's own. */
export const baselineData = object({
  normalize: v.optional(normalize),
  scale: v.optional(scale),
  threshold: v.optional(threshold),
});

/** The baseline's transform with the keys it leaves out taken from the data's. */
export function filled(
  part: v.InferOutput<typeof baselineData> | null,
  { scale, normalize, threshold }: TransformOptions,
): TransformOptions | null {
  if (part === null) return null;
  return {
    scale: part.scale ?? scale,
    normalize: part.normalize ?? normalize,
    threshold: part.threshold === undefined ? threshold : part.threshold,
  };
}
