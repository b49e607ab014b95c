/**
 * The schema of a study document: which keys there are, what each may hold, and what is filled in where one is left out.
 */
import * as v from "valibot";
import { analysis } from "./analysis-schema.ts";
import { baselineData, data } from "./data-schema.ts";
import { model } from "./model-schema.ts";
import { checkRecovered } from "./recovered-sweeps.ts";
import { report } from "./report-schema.ts";
import { object, oneOf, text, unique } from "./schema-fields.ts";
import { place, replacement, sweep } from "./sweep-schema.ts";
import { recover } from "./training-schema.ts";

const MEASURES = ["accuracy", "top5", "loss", "status"] as const;

/** A study document. Its output still has `baselineData` in parts, which `filled` completes. */
export const studySchema = v.pipe(
  object({
    version: v.optional(v.literal(1, "1, the version of the format"), 1),
    name: v.optional(text("a name"), "study"),
    model: v.optional(model, {}),
    data: v.optional(data, {}),
    baselineData: v.optional(v.nullable(baselineData), null),
    replacement: v.optional(replacement, "zero"),
    site: v.optional(place, "post-activation"),
    sweeps: v.array(sweep, 'an array of sweeps, such as { "ablate": "each-unit" }'),
    measure: v.optional(
      v.pipe(
        v.array(oneOf(MEASURES), `an array of some of "${MEASURES.join('", "')}"`),
        v.check((items) => unique(items), "each measure once"),
      ),
      [...MEASURES],
    ),
    seed: v.optional(v.pipe(v.number("a whole number"), v.safeInteger("a whole number")), 1337),
    analyses: v.optional(v.array(analysis, "an array of analyses"), []),
    recover: v.optional(v.nullable(recover), null),
    report: v.exactOptional(report),
  }),
  checkRecovered(),
);
