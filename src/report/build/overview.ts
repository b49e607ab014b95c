/** The intact network, and what each sweep's ablations did to it. */
import type { Summary } from "../../study/summary.ts";
import { accuracyText, counted, fixed, grouped, NONE, percent, points, range } from "../numbers.ts";
import type { BarsFigure, Section, Table } from "../report.ts";
import { groupBy, left, type ReportInput, right, rowNameInSweep, sentences, sweepName, table } from "./section.ts";

/** Bars of a figure. */
const MOST_BARS = 20;
/** Rows of a sweep that other sections show as curves. */
const MOST_OF_CURVES = 5;

const COLUMNS = [
  left("ablation"),
  left("replacement"),
  right("accuracy"),
  right("95 %"),
  right("drop pp"),
  right("lost"),
  right("gained"),
  left("class hit most"),
];

/** The first section of every report. */
export function overview(input: ReportInput): Section {
  const { run, summaries } = input;
  const { baseline } = run;
  const exact = summaries.filter(({ noop }) => noop === "exact").length;
  const unmeasured = summaries.filter(({ noop }) => noop === "unmeasured").length;
  const better = summaries.filter(({ dropPp }) => dropPp < 0).length;
  // What is shown as curves needs no bars, and few rows: their ends are the most damaging, for there most is off.
  const asCurves = new Set(run.analyses.flatMap((record) => (record.name === "degradation" ? [record.sweep] : [])));
  const bySweep = groupBy(summaries, ({ sweep }) => sweep);
  const intact = `Intact, the network is right on ${accuracyText(baseline.correct, baseline.samples)}.`;
  return {
    id: "ablations",
    title: "The network and its ablations",
    finding:
      bySweep.length === 0
        ? `${intact} ${untoldText(input)}`
        : `${intact} ${sentences(bySweep.map(([sweep, ofSweep]) => worstText(input, bySweep.length > 1 ? sweep : null, ofSweep)))}`,
    paragraphs: [
      `Each ablation switches units off and measures the same ${grouped(baseline.samples)} samples again. The drop is intact less ablated accuracy, in percentage points; below 0 the ablation improved it.`,
      `${counted(exact, "ablation")} moved nothing at all: the masked activations were at their replacement on every sample (exact no-op). ${grouped(unmeasured)} moved activations without a measured effect; ${grouped(better)} raised accuracy.`,
      "Intervals are Wilson's at 95 %, of each accuracy by itself. The samples are the same before and after, so a difference is known better than two such intervals suggest; many ablations are compared, so the largest drop is in part the luckiest.",
      ...(run.failures.length === 0
        ? []
        : [`${counted(run.failures.length, "ablation")} failed and stand in no number here.`]),
    ],
    figures: bySweep
      .filter(([sweep]) => !asCurves.has(sweep))
      .flatMap(([sweep, ofSweep]) => bars(input, sweep, ofSweep)),
    tables: bySweep.map(([sweep, ofSweep]) => damageTable(input, sweep, ofSweep, asCurves.has(sweep))),
  };
}

/** `sweep`: where the run has several. */
function worstText(input: ReportInput, sweep: number | null, summaries: readonly Summary[]): string {
  const [worst] = byDamage(summaries);
  const { row, dropPp, correct, samples } = worst!;
  const where = sweep === null ? "" : ` of ${sweepName(input, sweep)}`;
  const of = `Of ${counted(summaries.length, "ablation")}${where} the most damaging, ${rowNameInSweep(input, row)},`;
  if (dropPp <= 0) return `${of} costs nothing (${points(dropPp)}).`;
  return `${of} costs ${points(dropPp)}: ${accuracyText(correct, samples)} remain.`;
}

/** Why a run has no ablations of its own. */
const untoldText = ({ run }: ReportInput) =>
  run.analyses.some(({ name }) => name === "adaptive")
    ? "Its ablations were ranked adaptively, each on as many samples as that took."
    : "No ablation was measured.";

const byDamage = (summaries: readonly Summary[]) => summaries.toSorted((a, b) => b.dropPp - a.dropPp || a.row - b.row);

function bars(input: ReportInput, sweep: number, summaries: readonly Summary[]): BarsFigure[] {
  if (summaries.length < 2) return [];
  const intact = input.run.baseline.correct / input.run.baseline.samples;
  const shown = byDamage(summaries).slice(0, MOST_BARS);
  return [
    {
      mark: "bars",
      title: `Drop of accuracy, ${sweepName(input, sweep)}, the ${grouped(shown.length)} largest`,
      description: `Drop in percentage points with the Wilson interval of the ablated accuracy; n = ${grouped(shown[0]!.samples)} samples each.`,
      value: { title: "drop of accuracy (pp)" },
      bars: shown.map(({ row, dropPp, interval }) => ({
        name: rowNameInSweep(input, row),
        value: dropPp,
        interval: [100 * (intact - interval.high), 100 * (intact - interval.low)],
      })),
    },
  ];
}

function damageTable(input: ReportInput, sweep: number, summaries: readonly Summary[], isCurve: boolean): Table {
  const most = isCurve && Number.isFinite(input.most) ? Math.min(input.most, MOST_OF_CURVES) : input.most;
  const rows = byDamage(summaries).map((summary) =>
    cells(input.names.of(summary.row, "replacement", "sweep")!, summary),
  );
  const exact = summaries.filter(({ noop }) => noop === "exact").length;
  const caption = `${sweepName(input, sweep)}: ${counted(rows.length, "ablation")}, the most damaging first; ${counted(exact, "exact no-op")}; n = ${grouped(summaries[0]!.samples)} samples`;
  return table(caption, COLUMNS, rows, most);
}

function cells(name: string, summary: Summary): string[] {
  const { replacement, accuracy, interval, dropPp, lost, gained, noop, mostDamaged } = summary;
  const samples = (count: number | null) => (noop === "exact" ? "no-op" : count === null ? NONE : grouped(count));
  return [
    name,
    replacement,
    percent(accuracy),
    range([100 * interval.low, 100 * interval.high]),
    fixed(dropPp),
    samples(lost),
    samples(gained),
    mostDamaged === null ? NONE : `${mostDamaged.className} (-${fixed(mostDamaged.dropPp, 1)})`,
  ];
}
