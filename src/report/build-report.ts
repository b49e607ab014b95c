/** From a run's results to its report: which sections there are, in which order, and what is said at its head. */
import { parseJsonc } from "../study/jsonc.ts";
import type { ReportOptions } from "../study/report-options.ts";
import type { RunResults } from "../study/results.ts";
import { adaptive } from "./build/adaptive.ts";
import { cascade } from "./build/cascade.ts";
import { classDamage } from "./build/class-damage.ts";
import { degradation } from "./build/degradation.ts";
import { depth } from "./build/depth.ts";
import { embedding } from "./build/embedding.ts";
import { ensemble } from "./build/ensemble.ts";
import { gainSearch } from "./build/gain-search.ts";
import { importance } from "./build/importance.ts";
import { interactions } from "./build/interactions.ts";
import { mannWhitney } from "./build/mann-whitney.ts";
import { negligible } from "./build/negligible.ts";
import { optimal } from "./build/optimal.ts";
import { overlap } from "./build/overlap.ts";
import { overview } from "./build/overview.ts";
import { populations } from "./build/populations.ts";
import { positiveEffects } from "./build/positive-effects.ts";
import { published } from "./build/published.ts";
import { recovery } from "./build/recovery.ts";
import { redundancy } from "./build/redundancy.ts";
import { replacements } from "./build/replacements.ts";
import { type Builder, reportInput } from "./build/section.ts";
import { shapley } from "./build/shapley.ts";
import { support } from "./build/support.ts";
import type { Report } from "./report.ts";
import { studyDocument } from "./study-document.ts";
import { unfinishedTexts } from "./unfinished.ts";

/** Sections after the published values, in the order of a report. */
const BUILDERS: readonly Builder[] = [
  overview,
  adaptive,
  classDamage,
  overlap,
  populations,
  redundancy,
  interactions,
  shapley,
  importance,
  mannWhitney,
  ensemble,
  negligible,
  replacements,
  optimal,
  degradation,
  depth,
  cascade,
  embedding,
  positiveEffects,
  gainSearch,
  recovery,
  support,
];

/** Rows of a table unless more are asked for. */
const MOST_ROWS = 20;

export interface BuildOptions {
  /** [samples]: 0 kept, 1 lost, 2 gained, 3 wrong under the ablation of a row; null where its bits were not kept. */
  readonly statusOf?: (row: number) => Uint8Array | null;
  /** What the study says about its report. */
  readonly report?: ReportOptions | null;
  /** Rows of a table at most. */
  readonly most?: number;
}

/**
 * The report of a run. `study` is the study document's text, as it was run.
 * @throws LesionError `bad-study` where it is no JSON.
 */
export function buildReport(run: RunResults, study: string, { statusOf, report, most }: BuildOptions = {}): Report {
  const document = studyDocument(parseJsonc(study).value);
  const input = reportInput(run, {
    most: most ?? MOST_ROWS,
    statusOf: statusOf ?? (() => null),
    study: document,
  });
  const sections = [published(run, report?.published ?? []), ...BUILDERS.map((build) => build(input))]
    .filter((section) => section !== null)
    // Titles above nothing tell nothing.
    .map((section) => ({ ...section, tables: section.tables.filter(({ rows }) => rows.length > 0) }));
  const unfinished = unfinishedTexts(run, document);
  return {
    title: report?.title ?? run.run.name,
    unfinished,
    summary: [...unfinished, ...sections.filter(({ id }) => id !== "support").map(({ finding }) => finding)],
    notes: report?.notes ?? [],
    sections,
    study,
    provenance: provenanceOf(run),
  };
}

function provenanceOf({ run, end }: RunResults): [name: string, value: string][] {
  const { vendor, architecture, device, description, fallback } = run.adapter;
  const adapter = [vendor, architecture, device, description].filter(Boolean).join(" ") || "unnamed";
  return [
    ["run", run.name],
    ["started", run.started],
    ["state", end?.state ?? "interrupted"],
    ["seed", String(run.seed)],
    ["engine", `lesion ${run.engine}`],
    ["adapter", fallback ? `${adapter} (a processor in place of a GPU)` : adapter],
    ["study (SHA-256)", run.study],
    ["model (SHA-256)", run.model],
    ["data (SHA-256)", run.data],
  ];
}
