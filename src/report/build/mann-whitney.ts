/** Whether a unit's incoming weights changed in training, and whether units that changed more matter more. */
import type { MannWhitneyRecord } from "../../study/analysis-records.ts";
import { counted, estimate, fixed, grouped, probability } from "../numbers.ts";
import type { Figure, Section, Table } from "../report.ts";
import { subjectsOf } from "./marks.ts";
import { analysesOf, left, type ReportInput, right, sentences, singleUnits, table, unitName } from "./section.ts";

/** One section for all layers. */
export function mannWhitney(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "mann-whitney");
  if (records.length === 0) return null;
  const subjectOf = subjectsOf(input, records);
  const ofLayers = records.filter(({ layer }) => layer !== null);
  return {
    id: "mann-whitney",
    title: "Change of weights in training",
    finding: sentences(records.map((record) => coefficientText(record, subjectOf(record)))),
    paragraphs: [
      "“Will the banana taste well without eating it?” (Meyes et al. 2019): can a unit's importance be told from its weights alone? The test compares the incoming weights after training with those before, with tie correction and continuity. As in the paper's code p is the tail on the side on which they differ, whichever that is: half of the two-sided p, at most 1/2. A small p says that they changed, not in which direction.",
      "A negative correlation means that units with a small p cost more accuracy when they are switched off. p is a measure of change here, not a test of a hypothesis: it depends on how many incoming weights a unit has, so that layers cannot be compared by it.",
    ],
    figures: ofLayers.map((record) => scatter(input, record, subjectOf(record))),
    tables: [correlations(records, subjectOf), ...ofLayers.map((record) => units(input, record, subjectOf(record)))],
  };
}

function coefficientText({ spearman, interval, n }: MannWhitneyRecord, subject: string): string {
  const head = `In ${subject} the p of the Mann-Whitney test of weights after against before training`;
  return spearman === null
    ? `${head} or the drop is the same for all n = ${counted(n, "unit")}, or there are too few of them: nothing can be said.`
    : `${head} goes with the drop by Spearman ${estimate(spearman, interval.spearman)}, n = ${counted(n, "unit")}.`;
}

function correlations(records: readonly MannWhitneyRecord[], subjectOf: (record: MannWhitneyRecord) => string): Table {
  return table(
    "Correlation of p with the measured drop (95 % bootstrap interval)",
    [left("layer"), right("n"), right("Spearman"), right("Pearson"), right("Kendall")],
    records.map((record) => [
      subjectOf(record),
      grouped(record.n),
      estimate(record.spearman, record.interval.spearman),
      estimate(record.pearson, record.interval.pearson),
      estimate(record.kendall, record.interval.kendall),
    ]),
  );
}

function scatter(input: ReportInput, { sweep, layer, p, n }: MannWhitneyRecord, subject: string): Figure {
  const points = singleUnits(input, sweep, layer)
    .flatMap(({ unit, dropPp }, i) => {
      const x = p[i] ?? null;
      return x === null || dropPp === null ? [] : [{ x, y: dropPp, label: String(unit) }];
    })
    .sort((a, b) => b.y - a.y);
  return {
    mark: "scatter",
    title: `p against the measured drop, ${subject}`,
    description: `A dot a unit, n = ${grouped(n)}; p on a logarithmic axis, less change to the right.`,
    x: { title: "p (Mann-Whitney)", log: true },
    y: { title: "drop of accuracy (pp)" },
    groups: [],
    points,
  };
}

function units(input: ReportInput, { sweep, layer, p, u }: MannWhitneyRecord, subject: string): Table {
  const drops = singleUnits(input, sweep, layer);
  const rows = p
    .map((value, unit) => ({ value, unit }))
    .sort((a, b) => (a.value ?? 2) - (b.value ?? 2) || a.unit - b.unit)
    .map(({ value, unit }) => [
      unitName(layer, unit),
      probability(value),
      u[unit] === undefined ? "" : grouped(u[unit]),
      fixed(drops[unit]?.dropPp ?? null),
    ]);
  return table(
    `Units of ${subject}, the most changed first`,
    [left("unit"), right("p"), right("U"), right("drop pp")],
    rows,
    input.most,
  );
}
