/** Which units lose the same samples. */
import type { OverlapRecord } from "../../study/analysis-records.ts";
import { fixed, grouped } from "../numbers.ts";
import type { Section } from "../report.ts";
import { analysesOf, largest, layerName, left, type ReportInput, right, table, unitName } from "./section.ts";

const MOST_UNITS = 100;

/** Jaccard indices by layer, ordered by likeness. */
export function overlap(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "overlap");
  const [first] = records;
  if (first === undefined) return null;
  const pairs = records.flatMap(pairsOf).sort((a, b) => b.jaccard - a.jaccard);
  const [best] = pairs;
  return {
    id: "overlap",
    title: "Units that lose the same samples",
    finding:
      best === undefined
        ? `No unit loses a sample; n = ${grouped(first.n)} samples that are right intact.`
        : `${best.name} share most of what they lose: Jaccard index ${fixed(best.jaccard)} (${grouped(best.lost[0])} and ${grouped(best.lost[1])} samples lost, of n = ${grouped(first.n)} that are right intact).`,
    paragraphs: [
      "Of two single-unit ablations: samples that both lose, over samples that either loses. 1: the same samples; 0: none in common.",
      "Units that lose few samples have indices that rest on few samples; the number lost stands beside each. Hatched: neither loses a sample. Rows are ordered so that alike units are neighbours.",
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
        title: `Overlap of lost samples in ${layerName(record)}, ordered by likeness`,
        description: `Units by units${shown.length < units.length ? `; the ${shown.length} of ${units.length} that lose most` : ""}.`,
        rows: names,
        columns: names,
        values: shown.map((i) => shown.map((j) => (i === j ? null : (jaccard[i]?.[j] ?? null)))),
        scale: "sequential",
        value: "Jaccard index",
      };
    }),
    tables: [
      table(
        "Pairs by overlap",
        [left("pair"), right("Jaccard"), right("lost by first"), right("by second")],
        pairs.map(({ name, jaccard, lost }) => [name, fixed(jaccard, 3), grouped(lost[0]), grouped(lost[1])]),
        input.most,
      ),
    ],
  };
}

function pairsOf({ units, jaccard, lost, layer }: OverlapRecord) {
  return jaccard.flatMap((row, i) =>
    row.slice(0, i).flatMap((value, j) =>
      value === null
        ? []
        : [
            {
              name: `${unitName(layer, units[j]!)} and ${units[i]}`,
              jaccard: value,
              lost: [lost[j] ?? 0, lost[i] ?? 0] as const,
            },
          ],
    ),
  );
}
