/** The part of the study schema that is about the report. */
import * as v from "valibot";
import { LesionError } from "../core/errors.ts";
import { parseMeasure } from "./expect.ts";
import type { ReportOptions } from "./report-options.ts";
import { number, object, REMEDY, text } from "./schema-fields.ts";

const measure = v.pipe(
  text('a measure, such as "drop(dense_0: 11)"'),
  v.check(
    (what) => mistakeIn(what) === null,
    ({ input }) => {
      const { message, fix } = mistakeIn(input)!;
      return `a measure, such as "baseline.correct": ${message}${REMEDY}${fix}`;
    },
  ),
);

/** What is wrong with a measure, and the remedy; null where nothing is. */
function mistakeIn(what: string): LesionError | null {
  try {
    parseMeasure(what);
    return null;
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
}

const optionalText = v.optional(v.nullable(text("a text, or null")), null);
const published = object({
  what: measure,
  value: number(),
  within: v.optional(
    number("a number of at least 0", (value) => value >= 0),
    0,
  ),
  source: text("where it was published, as a text"),
  note: optionalText,
});

/** What a study says about its own report. */
export const report: v.GenericSchema<unknown, ReportOptions> = object({
  title: optionalText,
  notes: v.optional(v.array(text("a paragraph"), "an array of paragraphs"), []),
  published: v.optional(v.array(published, "an array of published values"), []),
});
