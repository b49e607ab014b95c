/** Where on the map of the inputs the samples lie that an ablation loses. */
import type { EmbeddingRecord } from "../../study/analysis-records.ts";
import { marked } from "../ablation-names.ts";
import { counted, fixed, grouped, percent } from "../numbers.ts";
import type { MapFigure, Section } from "../report.ts";
import { STATUS_NAMES } from "../status.ts";
import { marksOf } from "./marks.ts";
import { analysesOf, className, type ReportInput, rowName } from "./section.ts";

/** Classes with a colour of their own. */
const MOST_CLASSES = 10;
const METHODS = { tsne: "t-SNE", umap: "UMAP", pca: "principal components" } as const;

/** The map by class, and by the status under the most damaging ablation whose bits are there. */
export function embedding(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "embedding");
  const [first] = records;
  if (first === undefined) return null;
  const marks = marksOf(input, records);
  const nameOf = (record: EmbeddingRecord) => marked(METHODS[record.method], marks(record));
  const damaging = mostDamaging(input);
  const counts = damaging === null ? [] : STATUS_NAMES.map((_, status) => countOf(damaging.status, status, first.n));
  return {
    id: "embedding",
    title: "The map of the samples",
    finding:
      damaging === null
        ? `${counted(first.n, "sample")} are laid out by ${records.map(nameOf).join(" and by ")} of their inputs.`
        : `Of ${counted(first.n, "sample")} on the map, ${damaging.name} loses ${grouped(counts[1]!)} and gains ${grouped(counts[2]!)}; ${grouped(counts[0]!)} are kept and ${grouped(counts[3]!)} are wrong with and without it.`,
    paragraphs: [
      `Every sample stands where its input, not the network, puts it: ${records.map(methodText).join("; ")}. Samples that look alike are neighbours.`,
      "Lost samples in one patch are one kind of input that the unit carried. Distances between patches, and their sizes, mean little in t-SNE and UMAP.",
    ],
    figures: records.flatMap((record) => [
      byClass(input, record, nameOf(record)),
      ...(damaging === null ? [] : [byStatus(record, nameOf(record), damaging)]),
    ]),
    tables: [],
  };
}

function methodText({ method, components, explained, perplexity, neighbors, iterations, divergence }: EmbeddingRecord) {
  const parts = [
    method === "pca"
      ? `the first two of the inputs' principal components`
      : `${METHODS[method]} of ${grouped(components)} principal components (${percent(explained, 1)} of the variance)`,
    method === "tsne" && perplexity !== null ? `perplexity ${perplexity}` : "",
    method === "umap" && neighbors !== null ? `${neighbors} neighbours` : "",
    method === "pca" ? "" : counted(iterations, "iteration"),
    divergence === null ? "" : `divergence ${fixed(divergence)} nats`,
  ];
  return parts.filter(Boolean).join(", ");
}

interface Damaging {
  readonly name: string;
  readonly status: Uint8Array;
}

function mostDamaging(input: ReportInput): Damaging | null {
  for (const { row } of input.summaries.toSorted((a, b) => b.dropPp - a.dropPp || a.row - b.row)) {
    const status = input.statusOf(row);
    if (status !== null) return { name: rowName(input, row), status };
  }
  return null;
}

function countOf(status: Uint8Array, wanted: number, n: number): number {
  return status.subarray(0, n).reduce((count, one) => count + (one === wanted ? 1 : 0), 0);
}

/** Where there are more classes than colours, those of most samples have one, and the rest are together. */
function byClass(input: ReportInput, { points, labels, n }: EmbeddingRecord, layout: string): MapFigure {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const bySize = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const isFolded = bySize.length > MOST_CLASSES;
  const shown = isFolded ? bySize.slice(0, MOST_CLASSES - 1) : bySize.sort((a, b) => a - b);
  const place = new Map(shown.map((label, i) => [label, i]));
  return {
    mark: "map",
    title: `Samples by class, ${layout}`,
    description: `n = ${grouped(n)} samples${isFolded ? `; the ${shown.length} largest of ${sizes.size} classes have colours` : ""}.`,
    points,
    groupOf: labels.map((label) => place.get(label) ?? shown.length),
    groups: [...shown.map((label) => className(input, label)), ...(isFolded ? ["other classes"] : [])],
    colours: "categories",
  };
}

function byStatus({ points, n }: EmbeddingRecord, layout: string, { name, status }: Damaging): MapFigure {
  return {
    mark: "map",
    title: `Samples by what becomes of them without ${name}, ${layout}`,
    description: `n = ${grouped(n)} samples: right before and after, before only, after only, never.`,
    points,
    groupOf: status.subarray(0, n),
    groups: STATUS_NAMES,
    colours: "status",
  };
}
