/**
 * What a report reads of the study as it was run: what sweeps and analyses asked for. Of a study that is no longer one, as much
 * as can be understood.
 */
import * as v from "valibot";
import type { AnalysisOptions } from "../study/analysis-options.ts";
import { analysis } from "../study/analysis-schema.ts";
import { replacementText } from "../study/replacement.ts";
import { keyed } from "../study/schema-fields.ts";
import type { AblationPlace, Replacement, Sweep } from "../study/study.ts";
import { replacement, sweep } from "../study/sweep-schema.ts";

export interface StudyDocument {
  /** By their index in the study; null where one is not understood. */
  readonly sweeps: readonly (Sweep | null)[];
  readonly analyses: readonly (AnalysisOptions | null)[];
  /** What the study calls its sweeps: "pairs". */
  readonly sweepNames: readonly string[];
  /** The replacement of whatever names none, as records write it. */
  readonly replacement: string;
  /** By sweep: its replacements, as records write them. */
  readonly replacements: readonly (readonly string[])[];
  /** Whether the samples that the study evaluates are those of the training split. */
  readonly evaluatesTraining: boolean;
}

/** Reads a study that is parsed as JSON. */
export function studyDocument(study: unknown): StudyDocument {
  const listOf = (key: string): unknown[] => {
    const list = keyed(study, key);
    return Array.isArray(list) ? list : [];
  };
  const sweeps = listOf("sweeps").map((given) => understood<Sweep>(sweep, given));
  const site = keyed(study, "site") as AblationPlace | undefined;
  const own = understood<Replacement>(replacement, keyed(study, "replacement")) ?? { kind: "zero" };
  return {
    sweeps,
    analyses: listOf("analyses").map((given) => understood<AnalysisOptions>(analysis, given)),
    sweepNames: listOf("sweeps").map((given) => String(keyed(given, "ablate") || "?")),
    replacement: replacementText(own, site),
    replacements: sweeps.map((each) =>
      (each?.replacements ?? [each?.replacement ?? own]).map((one) => replacementText(one, each?.site ?? site)),
    ),
    evaluatesTraining: keyed(keyed(study, "data"), "split") === "train",
  };
}

function understood<Value>(schema: v.GenericSchema<unknown, Value>, given: unknown): Value | null {
  const read = v.safeParse(schema, given);
  return read.success ? read.output : null;
}
