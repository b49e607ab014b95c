/** Which units lose the same samples. */
import type { OverlapRecord } from "../../study/analysis-records.ts";
import { wilson } from "../../study/summary.ts";
import { counted, estimate, fixed, grouped, range } from "../numbers.ts";
import type { Section } from "../report.ts";
import { subjectsOf } from "./marks.ts";
import { analysesOf, largest, left, type ReportInput, right, table } from "./section.ts";

const MOST_UNITS = 100;

/** Jaccard indices by layer, ordered by likeness. */
export function overlap(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "overlap");
  const [first] = records;
  if (first === undefined) return null;
  const subjectOf = subjectsOf(input, records);
  const measured = records.flatMap((record) => pairsOf(record, subjectOf(record)));
  const pairs = measured.filter(({ jaccard }) => jaccard > 0).sort((a, b) => b.interval[0] - a.interval[0]);
  const [best] = pairs;
  const none = measured.length - pairs.length;
  return {
    id: "overlap",
    title: "Units that lose the same samples",
    finding:
      best === undefined
        ? `${measured.length === 0 ? "No unit loses a sample" : "No two units lose a sample in common"}; n = ${counted(first.n, "sample")} that ${first.n === 1 ? "is" : "are"} right intact.`
        : `Of ${counted(measured.length, "pair")}, ${best.name} share most of what they lose: Jaccard index ${estimate(best.jaccard, best.interval)}, ${grouped(best.lost[0])} and ${grouped(best.lost[1])} samples lost, of n = ${grouped(first.n)} that are right intact.`,
    paragraphs: [
      "Of two single-unit ablations: samples that both lose, over samples that either loses. 1: the same samples; 0: none in common.",
      "Units that lose few samples have indices that rest on few samples: pairs are sorted by the low end of the index's interval (Wilson's at 95 %, of the samples that either loses), so that few samples do not lead. The first of many pairs is flattered by having been chosen. Hatched: neither loses a sample. Rows of figures are ordered so that alike units are neighbours.",
    ],
    figures: records.map((record) => {
      const { order, jaccard, units, lost } = record;
      const shown = largest(
        order.map((i) => lost[i] ?? 0),
        MOST_UNITS,
      ).map((place) => order[place]!);
      const names = shown.map((i) => String(units[i]));
      return {
        mark: "heatmap",
        title: `Overlap of lost samples in ${subjectOf(record)}, ordered by likeness`,
        description: `Units by units${shown.length < units.length ? `; the ${shown.length} of ${units.length} that lose most` : ""}.`,
        rows: names,
        columns: names,
        values: shown.map((i) => shown.map((j) => (i === j ? null : (jaccard[i]?.[j] ?? null)))),
        scale: "sequential",
        value: "Jaccard index",
      };
    }),
    tables: [
      ...(pairs.length === 0
        ? []
        : [
            table(
              `Pairs by overlap${none === 0 ? "" : `; without a lost sample in common: ${grouped(none)} more`}`,
              [left("pair"), right("Jaccard"), right("95 %"), right("lost by first"), right("by second")],
              pairs.map(({ name, jaccard, interval, lost }) => [
                name,
                fixed(jaccard, 3),
                range(interval, 3),
                grouped(lost[0]),
                grouped(lost[1]),
              ]),
              input.most,
            ),
          ]),
    ],
  };
}

/** Pairs of which either loses a sample. `subject`: the layer, with what tells the record apart. */
function pairsOf({ units, jaccard, lost }: OverlapRecord, subject: string) {
  return jaccard.flatMap((row, i) =>
    row.slice(0, i).flatMap((value, j) => {
      if (value === null) return [];
      const own = [lost[j] ?? 0, lost[i] ?? 0] as const;
      // J = common / (own[0] + own[1] - common)
      const common = Math.round((value * (own[0] + own[1])) / (1 + value));
      const { low, high } = wilson(common, own[0] + own[1] - common);
      return [
        {
          name: `${subject}: ${units[j]} and ${units[i]}`,
          jaccard: value,
          interval: [low, high] as const,
          lost: own,
        },
      ];
    }),
  );
}
