/** A finished run for people: the table of its ablations, most damaging first, and what it cost. */

import { ablationNames, adaptiveNames } from "../report/ablation-names.ts";
import { accuracyText, digitsFor, exactPercent, fixed, percent, range } from "../report/numbers.ts";
import type { AdaptiveRecord } from "../study/analysis-records.ts";
import type { AblationRecord, EndRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { type Summary, summarize } from "../study/summary.ts";
import { type FittingColumn, fittingTable } from "./table.ts";
import { bytes, duration, grouped, macs, times } from "./units-of-measure.ts";

/** Rows of the table unless all are asked for. */
const MOST_ROWS = 30;
/** Names may be broken to this, where columns must give way. */
const LEAST_NAME = 16;

const left = (title: string, rank?: number) => column(title, "left", rank);
const right = (title: string, rank?: number) => column(title, "right", rank);
const column = (title: string, align: "left" | "right", rank?: number): FittingColumn => ({
  title,
  align,
  ...(rank === undefined ? {} : { rank }),
});

const NAME: FittingColumn = { title: "unit", align: "left", least: LEAST_NAME, wraps: true };
const REPLACEMENT = left("replacement");

/** What a narrow terminal has no room for is left out from the last on. */
const COLUMNS = [
  right("accuracy"),
  right("95 %", 3),
  right("drop pp"),
  right("lost", 1),
  right("gained", 2),
  left("damages", 4),
  left("improves", 5),
];

const LEGEND = "95 %: interval of the accuracy; damages, improves: the class moved most, in pp";

/**
 * Lines of the tables, the largest drop first: of the ablations that were measured on all samples, and of those that adaptive
 * sweeps ranked. Where `all` is false, long tables are cut, and a note says so.
 */
export function resultLines({ run, baseline, ablations, analyses }: RunResults, all: boolean, width: number): string[] {
  const summaries = ablations.map((ablation) => summarize(ablation, baseline, run.classNames));
  const ranked = analyses.filter((record) => record.name === "adaptive");
  return [
    `baseline ${accuracyText(baseline.correct, baseline.samples)}`,
    "",
    ...(summaries.length === 0 && ranked.length > 0 ? [] : ablationLines(ablations, summaries, all, width)),
    ...ranked.flatMap((record, i) => [...(i + summaries.length > 0 ? [""] : []), ...adaptiveLines(record, width)]),
  ];
}

function ablationLines(
  ablations: readonly AblationRecord[],
  summaries: readonly Summary[],
  all: boolean,
  width: number,
): string[] {
  const names = ablationNames(ablations);
  const sorted = summaries.toSorted((a, b) => b.dropPp - a.dropPp || a.row - b.row);
  const shown = all ? sorted : sorted.slice(0, MOST_ROWS);
  const cut = sorted.length - shown.length;
  // Said where a study has several: the same unit then stands in the table more than once.
  const isMixed = new Set(summaries.map(({ replacement }) => replacement)).size > 1;
  const columns = [NAME, ...(isMixed ? [REPLACEMENT] : []), ...COLUMNS];
  const rows = shown.map((summary) => [
    names.of(summary.row, "replacement")!,
    ...(isMixed ? [summary.replacement] : []),
    ...cells(summary),
  ]);
  return [
    ...fittedLines(columns, rows, width),
    ...(cut === 0 ? [] : [`... and ${grouped(cut)} more with a smaller drop; --all shows every row`]),
    LEGEND,
  ];
}

/** The ranking of an adaptive sweep, whose ablations have no records of their own. */
function adaptiveLines(record: AdaptiveRecord, width: number): string[] {
  const { sweep, by, k, confidence, settled, seen, samples, top } = record;
  const names = adaptiveNames(record);
  const columns = [
    NAME,
    right(by === "loss" ? "loss, nats" : "drop pp"),
    right(`bounds, together ${exactPercent(confidence)}`),
    right("n"),
  ];
  const digits = digitsFor(top.map(({ effect }) => effect));
  const rows = top.map(({ effect, interval, n }, place) => [
    names[place]!,
    fixed(effect, digits),
    range(interval, digits),
    grouped(n),
  ]);
  const state = settled ? "settled" : "not settled";
  return [
    `sweep ${sweep}, adaptive: the ${grouped(k)} most damaging, ${state} after ${grouped(seen)} of ${grouped(samples)} samples`,
    ...fittedLines(columns, rows, width),
  ];
}

function fittedLines(columns: readonly FittingColumn[], rows: readonly (readonly string[])[], width: number): string[] {
  const { lines, leftOut } = fittingTable(columns, rows, width);
  return leftOut.length === 0 ? [...lines] : [...lines, `(no room for: ${leftOut.toReversed().join(", ")})`];
}

function cells(summary: Summary): string[] {
  const { accuracy, interval, mostDamaged, bestImproved, noop } = summary;
  return [
    percent(accuracy),
    `${(100 * interval.low).toFixed(1)}-${(100 * interval.high).toFixed(1)}`,
    fixed(summary.dropPp),
    noop === "exact" ? "no-op" : (summary.lost?.toString() ?? ""),
    noop === "exact" ? "" : (summary.gained?.toString() ?? ""),
    mostDamaged === null ? "" : `${mostDamaged.className} -${mostDamaged.dropPp.toFixed(1)}`,
    bestImproved === null ? "" : `${bestImproved.className} +${bestImproved.gainPp.toFixed(1)}`,
  ];
}

/** One line about a run's end: what was predicted and what was measured. */
export function endLine({ ablations, ms, predicted, measured, macsSaved }: EndRecord): string {
  const forecast = predicted.ms === null ? "" : ` (${duration(predicted.ms)} predicted)`;
  const factor =
    measured.macs === 0 ? "" : `, ${times((measured.macs + macsSaved) / measured.macs)} less than whole networks`;
  return `${grouped(ablations)} ablations in ${duration(ms)}, sweeps ${duration(measured.ms)}${forecast}; ${macs(measured.macs)}${factor}; ${bytes(measured.bytes)} on the GPU`;
}
