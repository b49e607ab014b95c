/** The part of the study schema that says what a network is evaluated on. */
import * as v from "valibot";
import { keyed, number, object, oneOf, samplesLimit, text, whole } from "./schema-fields.ts";
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
const selectionEntries = {
  scale: v.optional(scale, 255),
  threshold: v.optional(threshold, null),
  split: v.optional(oneOf(["train", "test"]), "test"),
  limit: samplesLimit,
};
/** Of sets whose values lie from 0 to 255 and which people use with the same constants. */
const usualEntries = { ...selectionEntries, normalize: v.optional(normalize, {}) };
/** Constants of other sets belong to the network: a default would be wrong for most, and nobody would see it. */
const givenEntries = { ...selectionEntries, normalize };

const SETS = ["digits", "mnist", "idx", "images", "cifar10", "npy"] as const;
const folder = (files: string) => text(`the folder that holds ${files}, relative to the study`);
const side = v.optional(v.nullable(whole(1, 8192, "a number of pixels from 1 to 8192, or null")), null);
const table = v.optional(v.nullable(text("the path of a table (.csv), or null")), null);

const images = object({
  set: v.literal("images"),
  path: text("the folder, .zip, .tar or .tar.gz that holds the images, relative to the study"),
  ...givenEntries,
  labels: table,
  classes: table,
  resize: side,
  crop: side,
  channels: v.optional(oneOf(["rgb", "bgr", "gray"]), "rgb"),
});
const cifar10 = object({ set: v.literal("cifar10"), path: folder("CIFAR-10's binary batches"), ...givenEntries });
const npy = object({ set: v.literal("npy"), path: folder("the .npy files"), ...givenEntries, scale });
const idx = object({ ...usualEntries, set: oneOf(["mnist", "idx"]), path: folder("the IDX files") });
const digits = object({
  ...usualEntries,
  set: v.optional(oneOf(SETS), "digits"),
  path: v.optional(v.null("null, for digits are made and not read"), null),
});

/** The data set, and the transform of its values. */
export const data = v.lazy((input): v.GenericSchema<unknown, DataSource> => {
  switch (keyed(input, "set")) {
    case "images":
      return images;
    case "cifar10":
      return cifar10;
    case "npy":
      return npy;
    case "mnist":
    case "idx":
      return idx;
    default:
      return digits as v.GenericSchema<unknown, DataSource>;
  }
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
