/** What every builder of a section starts from, and the pieces that sections have in common. */
import type { AblationRecord, LayerSummary } from "../../study/records.ts";
import type { RunResults } from "../../study/results.ts";
import { type Summary, summarize } from "../../study/summary.ts";
import { type AblationNames, ablationNames } from "../ablation-names.ts";
import type { Column, Section, Table } from "../report.ts";
import type { StudyDocument } from "../study-document.ts";

export { analysesOf } from "../../study/expect-analyses.ts";

/** A run, and how much of it is to be shown. */
export interface ReportInput {
  readonly run: RunResults;
  /** By place in `run.ablations`. */
  readonly summaries: readonly Summary[];
  /** By row. */
  readonly ablations: ReadonlyMap<number, AblationRecord>;
  /** Rows of a table at most. */
  readonly most: number;
  /** [samples]: 0 kept, 1 lost, 2 gained, 3 wrong under the ablation of a row; null where its bits are not there. */
  readonly statusOf: (row: number) => Uint8Array | null;
  readonly study: StudyDocument;
  /** Whether the run has ablations by several replacements, so that names must say by which. */
  readonly isMixed: boolean;
  readonly names: AblationNames;
}

/** A section of a run; null where the run has nothing of the kind. */
export type Builder = (input: ReportInput) => Section | null;

/** A builder's input. What all sections read of ablations is computed here, once. */
export function reportInput(run: RunResults, rest: Pick<ReportInput, "most" | "statusOf" | "study">): ReportInput {
  const replacements = [...run.ablations.map(({ replacement }) => replacement), ...rest.study.replacements.flat()];
  const isMixed = new Set(replacements).size > 1;
  return {
    run,
    isMixed,
    names: ablationNames(run.ablations, isMixed),
    ablations: new Map(run.ablations.map((ablation) => [ablation.row, ablation])),
    summaries: run.ablations.map((ablation) => summarize(ablation, run.baseline, run.run.classNames)),
    ...rest,
  };
}

export const left = (title: string): Column => ({ title, align: "left" });
export const right = (title: string): Column => ({ title, align: "right" });

/** A table of the first `most` rows. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  most = Number.POSITIVE_INFINITY,
): Table {
  return { caption, columns, rows: rows.slice(0, most), cut: Math.max(0, rows.length - most) };
}

/** "dense_0", "all layers" */
export const layerName = ({ layer }: { readonly layer: string | null }): string => layer ?? "all layers";

/** "dense_0: 11", as ablations are named. */
export const unitName = (layer: string | null, unit: number): string => `${layer ?? "unit"}: ${unit}`;

/** The name of an ablation by its row; it says the replacement where the run has several. */
export const rowName = ({ names }: ReportInput, row: number): string => names.of(row) ?? `row ${row}`;

/** As `rowName`, where the sweep is said anyhow. */
export const rowNameInSweep = ({ names }: ReportInput, row: number): string => names.of(row, "sweep") ?? `row ${row}`;

/** "sweep 0 (each-unit)" */
export function sweepName({ study }: ReportInput, sweep: number): string {
  const name = study.sweepNames[sweep];
  return name === undefined ? `sweep ${sweep}` : `sweep ${sweep} (${name})`;
}

/** Names of classes by their indices. */
export const className = ({ run }: ReportInput, index: number): string => run.run.classNames[index] ?? String(index);

/** A unit that was ablated alone. */
export interface SingleUnit {
  readonly layer: string;
  readonly layerIndex: number;
  readonly unit: number;
  /** Percentage points; null where it was not measured. */
  readonly dropPp: number | null;
  readonly isNoop: boolean;
}

/**
 * The units of a layer (null: of all layers that the sweep is of, one after the other) with the drop that the sweep measured
 * of each alone: the units that a predictor's values are of, in their order.
 */
export function singleUnits(input: ReportInput, sweep: number, layer: string | null): SingleUnit[] {
  const found = new Map<string, Summary>();
  for (const [i, ablation] of input.run.ablations.entries()) {
    const [site, another] = ablation.sites;
    if (ablation.sweep !== sweep || site?.units.length !== 1 || another !== undefined) continue;
    const key = unitKey(ablation);
    if (!found.has(key)) found.set(key, input.summaries[i]!);
  }
  const isSwept = ({ layerIndex, units }: LayerSummary) =>
    Array.from({ length: units }, (_, unit) => `${layerIndex} ${unit}`).some((key) => found.has(key));
  const layers = input.run.run.layers.filter((one) => (layer === null ? isSwept(one) : one.layer === layer));
  return layers.flatMap(({ layer, layerIndex, units }) =>
    Array.from({ length: units }, (_, unit): SingleUnit => {
      const summary = found.get(`${layerIndex} ${unit}`);
      const dropPp = summary?.dropPp ?? null;
      return { layer, layerIndex, unit, dropPp, isNoop: summary?.noop === "exact" };
    }),
  );
}

const unitKey = ({ sites: [site] }: AblationRecord) => `${site!.layerIndex} ${site!.units[0]}`;

/** Findings of several layers as one text; of many layers the first few. */
export function sentences(findings: readonly string[], most = 4): string {
  const cut = findings.length - most;
  return [...findings.slice(0, most), ...(cut > 0 ? [`And ${cut} more below.`] : [])].join(" ");
}

/** The indices of the `most` largest values, in their own order: which part of a large matrix is shown. */
export function largest(values: readonly number[], most: number): number[] {
  const ranked = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
  return ranked.slice(0, most).sort((a, b) => a - b);
}

/** Items by a key, in the order in which keys are first met. */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): [key: Key, items: Item[]][] {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups];
}
