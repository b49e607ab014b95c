/** Whether it matters by what a unit is replaced. */
import type { ReplacementsRecord } from "../../study/analysis-records.ts";
import { counted, estimate, fixed } from "../numbers.ts";
import type { Section, Table } from "../report.ts";
import { subjectsOf } from "./marks.ts";
import { analysesOf, left, type ReportInput, right, sentences, table } from "./section.ts";

/** Agreement of rankings, and the rankings side by side. */
export function replacements(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "replacements");
  if (records.length === 0) return null;
  const subjectOf = subjectsOf(input, records);
  return {
    id: "replacements",
    title: "Replacements",
    finding: sentences(records.map((record) => findingOf(record, subjectOf(record)))),
    paragraphs: [
      "An ablation needs something to put in a unit's place. Zero takes its signal and its mean away, the mean only its signal; other replacements lie between. The same units were ablated by each.",
      "Where rankings agree (Spearman near 1), what is said of units does not hang on the replacement; where they do not, a statement about importance must name it. Drops under zero also count the shift that the next layer was never trained for.",
    ],
    figures: records
      .filter((record) => record.replacements.length > 2)
      .map((record) => ({
        mark: "heatmap",
        title: `Agreement of rankings, ${subjectOf(record)}`,
        description: "Spearman between the drops under each two replacements.",
        rows: record.replacements,
        columns: record.replacements,
        values: record.spearman,
        scale: "diverging",
        value: "Spearman",
      })),
    tables: records.map((record) => rankings(record, subjectOf(record), input.most)),
  };
}

function findingOf(record: ReplacementsRecord, subject: string): string {
  const pairs = record.replacements.flatMap((name, i) =>
    record.replacements.slice(0, i).map((other, j) => ({
      names: `${other} and ${name}`,
      value: record.spearman[i]?.[j] ?? null,
      interval: record.intervals[i]?.[j] ?? null,
    })),
  );
  const least = pairs.toSorted((a, b) => (a.value ?? 2) - (b.value ?? 2))[0];
  const head = `In ${subject} (${counted(record.n, "unit")})`;
  if (least === undefined) return `${head} one replacement was measured.`;
  const rankings = pairs.length > 1 ? "those rankings agree least that are" : "the rankings are";
  return `${head} ${rankings} by ${least.names}: Spearman ${estimate(least.value, least.interval)}.`;
}

/** Units by their mean drop; under each replacement the drop and, in brackets, the rank. */
function rankings(record: ReplacementsRecord, subject: string, most: number): Table {
  const places = record.dropsPp[0]?.map((_, place) => place) ?? [];
  const ranks = record.dropsPp.map((drops) => {
    const sorted = [...drops.keys()].sort((a, b) => drops[b]! - drops[a]! || a - b);
    return new Map(sorted.map((place, rank) => [place, rank + 1]));
  });
  const total = (place: number) => record.dropsPp.reduce((sum, drops) => sum + drops[place]!, 0);
  const rows = places
    .sort((a, b) => total(b) - total(a) || a - b)
    .map((place) => [
      String(record.units?.[place] ?? place),
      ...record.dropsPp.map((drops, i) => `${fixed(drops[place]!)} (${ranks[i]!.get(place)})`),
    ]);
  return table(
    `Drop in pp and rank by replacement, ${subject}`,
    [left("unit"), ...record.replacements.map(right)],
    rows,
    most,
  );
}
