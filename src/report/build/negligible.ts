/** Whether training makes more units matter, or fewer. */
import type { NegligibleRecord } from "../../study/analysis-records.ts";
import { counted, fixed, grouped, percent } from "../numbers.ts";
import type { LinesFigure, Section } from "../report.ts";
import { analysisOf, subjectsOf } from "./marks.ts";
import { analysesOf, groupBy, type ReportInput, right, sentences, table } from "./section.ts";

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Counts of units that hardly matter, by layer, against epochs. */
export function negligible(input: ReportInput): Section | null {
  const all = analysesOf(input.run, "negligible").toSorted((a, b) => a.epoch - b.epoch || a.network - b.network);
  const byLayer = groupBy(all, (record) => `${record.layerIndex} ${analysisOf(record)}`);
  if (byLayer.length === 0) return null;
  const subjectOf = subjectsOf(input, all);
  return {
    id: "negligible",
    title: "Negligible units and training",
    finding: sentences(byLayer.map(([, records]) => findingOf(records, subjectOf(records[0]!)))),
    paragraphs: [
      "At some epochs of training every unit was switched off alone; counted are the units whose drop of accuracy stays below a threshold.",
      "Early on a network has little accuracy to lose, so that many units are negligible for that reason alone: read the counts beside the intact accuracy. Of several networks the line is the mean and the band the range, which is no interval.",
    ],
    figures: byLayer.map(([, records]) => figureOf(records, subjectOf(records[0]!))),
    tables: byLayer.map(([, records]) =>
      table(
        `${subjectOf(records[0]!)}: units with a drop below each threshold`,
        [
          right("epoch"),
          right("network"),
          right("intact"),
          ...records[0]!.thresholdsPp.map((threshold) => right(`< ${threshold} pp`)),
          right("units"),
        ],
        records.map(({ epoch, network, baseline, counts, n }) => [
          grouped(epoch),
          grouped(network),
          percent(baseline.correct / baseline.samples),
          ...counts.map(grouped),
          grouped(n),
        ]),
        input.most,
      ),
    ),
  };
}

function findingOf(records: readonly NegligibleRecord[], subject: string): string {
  const [first, last] = [records[0]!, records.at(-1)!];
  const threshold = first.thresholdsPp[0]!;
  const count = (epoch: number) =>
    fixed(meanOf(records.filter((record) => record.epoch === epoch).map(({ counts }) => counts[0] ?? 0)), 1);
  const networks = new Set(records.map(({ network }) => network)).size;
  return `Of ${counted(first.n, "unit")} of ${subject}, ${count(first.epoch)} cost less than ${threshold} pp at epoch ${first.epoch} and ${count(last.epoch)} at epoch ${last.epoch}, mean of ${counted(networks, "network")}, each on ${grouped(first.baseline.samples)} samples.`;
}

function figureOf(records: readonly NegligibleRecord[], subject: string): LinesFigure {
  const byEpoch = groupBy(records, ({ epoch }) => epoch);
  const [first] = records;
  return {
    mark: "lines",
    title: `Negligible units of ${subject} against epochs`,
    description: "Units with a drop below each threshold; a mean and a range where there are several networks.",
    x: { title: "epochs of training", whole: true },
    y: { title: "units", include: [0, first!.n] },
    series: first!.thresholdsPp.map((threshold, i) => ({
      name: `drop below ${threshold} pp`,
      x: byEpoch.map(([epoch]) => epoch),
      y: byEpoch.map(([, ofEpoch]) => meanOf(ofEpoch.map(({ counts }) => counts[i] ?? 0))),
      band: byEpoch.map(([, ofEpoch]) => {
        const counts = ofEpoch.map(({ counts }) => counts[i] ?? 0);
        return ofEpoch.length < 2 ? null : ([Math.min(...counts), Math.max(...counts)] as const);
      }),
    })),
  };
}
