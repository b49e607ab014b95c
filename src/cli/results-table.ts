/** A finished run for people: the table of its ablations, most damaging first, and what it cost. */

import { accuracyText, percent } from "../report/numbers.ts";
import type { EndRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { type Summary, summarize } from "../study/summary.ts";
import { tableLines } from "./table.ts";
import { bytes, duration, grouped, macs, times } from "./units-of-measure.ts";

/** Rows of the table unless all are asked for. */
const MOST_ROWS = 30;

const COLUMNS = [
  { title: "unit", align: "left" },
  { title: "accuracy", align: "right" },
  { title: "95 %", align: "right" },
  { title: "drop pp", align: "right" },
  { title: "lost", align: "right" },
  { title: "gained", align: "right" },
  { title: "damages", align: "left" },
  { title: "improves", align: "left" },
] as const;

const REPLACEMENT = { title: "replacement", align: "left" } as const;

const LEGEND = "95 %: interval of the accuracy; damages, improves: the class moved most, in pp";

/** Lines of the table, the largest drop first. Where `all` is false, long tables are cut, and a note says so. */
export function resultLines({ run, baseline, ablations }: RunResults, all: boolean, width: number): string[] {
  const summaries = ablations.map((ablation) => summarize(ablation, baseline, run.classNames));
  const sorted = summaries.toSorted((a, b) => b.dropPp - a.dropPp || a.row - b.row);
  const shown = all ? sorted : sorted.slice(0, MOST_ROWS);
  const cut = sorted.length - shown.length;
  // Said where a study has several: the same unit then stands in the table more than once.
  const isMixed = new Set(summaries.map(({ replacement }) => replacement)).size > 1;
  const columns = isMixed ? [COLUMNS[0], REPLACEMENT, ...COLUMNS.slice(1)] : COLUMNS;
  const rows = shown.map((summary) => {
    const [unit, ...rest] = cells(summary);
    return isMixed ? [unit!, summary.replacement, ...rest] : [unit!, ...rest];
  });
  return [
    `baseline ${accuracyText(baseline.correct, baseline.samples)}`,
    "",
    ...tableLines(columns, rows, width),
    ...(cut === 0 ? [] : [`... and ${grouped(cut)} more with a smaller drop; --all shows every row`]),
    LEGEND,
  ];
}

function cells(summary: Summary): string[] {
  const { accuracy, interval, mostDamaged, bestImproved, noop } = summary;
  return [
    summary.label,
    percent(accuracy),
    `${(100 * interval.low).toFixed(1)}-${(100 * interval.high).toFixed(1)}`,
    summary.dropPp.toFixed(2),
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
