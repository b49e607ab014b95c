/** What a study says about its own report. Types alone; see `report-schema.ts`. */

/** A study's "report", with every default filled in. */
export interface ReportOptions {
  /** Null: the study's name. */
  readonly title: string | null;
  /** Paragraphs in a person's own words, before everything that is computed. */
  readonly notes: readonly string[];
  readonly published: readonly PublishedValue[];
}

/** A value that someone else measured, to stand beside the run's own. */
export interface PublishedValue {
  /** A measure in the language of `--expect`: "drop(dense_0: 11)". */
  readonly what: string;
  readonly value: number;
  /** By how much the run's value may differ and still agree, in its own unit. */
  readonly within: number;
  /** Where it was published: "Meyes et al. 2019, fig. 3". */
  readonly source: string;
  readonly note: string | null;
}
