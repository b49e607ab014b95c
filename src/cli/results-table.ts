/** A finished run for people: the table of its ablations, most damaging first, and what it cost. */
import type { EndRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { type Summary, summarize } from "../study/summary.ts";
import { accuracyText } from "./reporter.ts";
import { tableLines } from "./table.ts";
import { bytes, duration, grouped, macs } from "./units-of-measure.ts";

/** Rows of the table unless all are asked for. */
const MOST_ROWS = 30;

const COLUMNS = [
  { title: "unit", align: "left" },
  { title: "accuracy", align: "right" },
  { title: "drop pp", align: "right" },
  { title: "most damaged class", align: "left" },
  { title: "best improved class", align: "left" },
  { title: "lost", align: "right" },
  { title: "gained", align: "right" },
] as const;

/** Lines of the table, the largest drop first. Where `all` is false, long tables are cut, and a note says so. */
export function resultLines({ run, baseline, ablations }: RunResults, all: boolean, width: number): string[] {
  const summaries = ablations.map((ablation) => summarize(ablation, baseline, run.classNames));
  const sorted = summaries.toSorted((a, b) => b.dropPp - a.dropPp || a.row - b.row);
  const shown = all ? sorted : sorted.slice(0, MOST_ROWS);
  const cut = sorted.length - shown.length;
  return [
    `baseline ${accuracyText(baseline.correct, baseline.samples)}`,
    "",
    ...tableLines(COLUMNS, shown.map(cells), width),
    ...(cut === 0 ? [] : [`... and ${grouped(cut)} more with a smaller drop; --all shows every row`]),
  ];
}

function cells(summary: Summary): string[] {
  const { mostDamaged, bestImproved, noop } = summary;
  return [
    summary.label,
    `${(100 * summary.accuracy).toFixed(2)} %`,
    summary.dropPp.toFixed(2),
    mostDamaged === null ? "" : `${mostDamaged.className} -${mostDamaged.dropPp.toFixed(1)}`,
    bestImproved === null ? "" : `${bestImproved.className} +${bestImproved.gainPp.toFixed(1)}`,
    noop === "exact" ? "no-op" : (summary.lost?.toString() ?? ""),
    noop === "exact" ? "" : (summary.gained?.toString() ?? ""),
  ];
}

/** One line about a run's end: what was predicted and what was measured. */
export function endLine({ ablations, ms, predicted, measured, macsSaved }: EndRecord): string {
  const forecast = predicted.ms === null ? "" : ` (${duration(predicted.ms)} predicted)`;
  const factor =
    measured.macs === 0
      ? ""
      : `, ${((measured.macs + macsSaved) / measured.macs).toFixed(1)} times less than whole networks`;
  return `${grouped(ablations)} ablations in ${duration(ms)}, sweeps ${duration(measured.ms)}${forecast}; ${macs(measured.macs)}${factor}; ${bytes(measured.bytes)} on the GPU`;
}
