/** Kinds of units: clusters by what their loss does, or by what they respond to. */
import type { PopulationsRecord } from "../../study/analysis-records.ts";
import { counted, fixed, grouped } from "../numbers.ts";
import type { HeatmapFigure, Section } from "../report.ts";
import { subjectsOf } from "./marks.ts";
import { analysesOf, className, left, type ReportInput, right, sentences, table } from "./section.ts";

const MOST_NAMED = 12;
const WORDS = { effect: "class damage", activation: "mean activation by class" } as const;

/** Clusters of each layer. */
export function populations(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "populations");
  if (records.length === 0) return null;
  const subjectOf = subjectsOf(input, records);
  const divided = records.filter(({ units }) => units.length > 1);
  return {
    id: "populations",
    title: "Populations of units",
    finding: sentences(records.map((record) => findingOf(record, subjectOf(record)))),
    paragraphs: [
      "Units are clustered by the profile of what their ablation does to each class, or of how they respond to each class. The number of clusters is the one with the largest mean silhouette, unless the study names it.",
      "A silhouette near 1 says that clusters are apart, one below about 0.25 that the division is little more than a cut through a cloud.",
    ],
    figures: divided.map((record) => profiles(input, record, subjectOf(record))),
    tables: divided.map((record) =>
      table(
        `${subjectOf(record)} by ${WORDS[record.by]}; ${silhouettesText(record)}n = ${counted(record.n, "unit")}`,
        [right("cluster"), right("units"), left("which")],
        Array.from({ length: record.k }, (_, k) => {
          const members = record.units.filter((_, i) => record.clusters[i] === k);
          const named = members.slice(0, MOST_NAMED).join(" ");
          return [String(k), grouped(members.length), members.length > MOST_NAMED ? `${named} ...` : named];
        }),
        input.most,
      ),
    ),
  };
}

function findingOf({ units, by, k, silhouette, silhouettes }: PopulationsRecord, subject: string): string {
  if (units.length < 2) return `${subject} has ${counted(units.length, "unit")}: there is nothing to divide.`;
  const head = `By ${WORDS[by]}, ${counted(units.length, "unit")} of ${subject}`;
  if (k > 1) return `${head} fall into ${counted(k, "cluster")}, mean silhouette ${fixed(silhouette)}.`;
  const why = silhouettes.length === 0 ? "so few have no divisions to compare" : "no division has a silhouette above 0";
  return `${head} are one population: ${why}.`;
}

/** Of divisions into 2, 3, ... clusters; nothing where the study named their number, or there is no such division. */
const silhouettesText = ({ silhouettes }: PopulationsRecord) =>
  silhouettes.some((value) => value !== null)
    ? `silhouettes of k = 2, 3, ...: ${silhouettes.map((value) => fixed(value)).join(", ")}; `
    : "";

function profiles(input: ReportInput, record: PopulationsRecord, subject: string): HeatmapFigure {
  const isEffect = record.by === "effect";
  return {
    mark: "heatmap",
    title: `Clusters of ${subject} by ${WORDS[record.by]}`,
    description: "Mean profile of each cluster's units, by class.",
    rows: record.profiles.map((_, k) => `${k} (${record.clusters.filter((cluster) => cluster === k).length})`),
    columns: record.profiles[0]?.map((_, c) => className(input, c)) ?? [],
    values: record.profiles,
    scale: record.profiles.flat().some((value) => value < 0) ? "diverging" : "sequential",
    value: isEffect ? "drop of recall (pp)" : "mean activation",
  };
}
