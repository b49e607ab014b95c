/** How far a damage travels through the layers after it. */
import type { CascadeRecord } from "../../study/analysis-records.ts";
import { siteLabel } from "../../study/summary.ts";
import { marked } from "../ablation-names.ts";
import { counted, estimate, fixed, grouped, range } from "../numbers.ts";
import type { LinesFigure, Section, Table } from "../report.ts";
import { marksOf } from "./marks.ts";
import { analysesOf, left, type ReportInput, right, table } from "./section.ts";

const MOST_LINES = 8;

/** Relative change by layer, a line an ablation. */
export function cascade(input: ReportInput): Section | null {
  const all = analysesOf(input.run, "cascade");
  if (all.length === 0) return null;
  const records = all.filter(({ mean }) => mean.some(isKnown));
  const names = namesOf(input, all);
  return {
    id: "cascade",
    title: "The damage's way through the network",
    finding: [findingOf(records, names), untoldText(all, records)].filter(Boolean).join(" "),
    paragraphs: [
      "For each ablation and each layer after it: the norm of what changed in the layer's activation, over the norm of the intact activation; the mean of the samples' own ratios, and the ratio of all samples together, in which samples with large activations count more.",
      "A line that falls shows layers that absorb the damage, one that rises layers that amplify it. At 1 the change is as large as the activation itself. The bands are 95 % intervals.",
    ],
    figures: records.length === 0 ? [] : [linesOf(input, records, names)],
    tables: records.length === 0 ? [] : [changeTable(records, names, input.most)],
  };
}

type Names = ReadonlyMap<CascadeRecord, string>;

const isKnown = (value: number | null) => value !== null && Number.isFinite(value);

/** What each is called: by its units where that is enough. */
function namesOf(input: ReportInput, records: readonly CascadeRecord[]): Names {
  const marks = marksOf(input, records);
  const labels = records.map(({ sites }) => siteLabel(sites));
  const isAlike = (label: string) => labels.filter((other) => other === label).length > 1;
  return new Map(
    records.map((record, place) => {
      const label = labels[place]!;
      const name = input.names.of(record.row) ?? (isAlike(label) ? marked(label, [`row ${record.row}`]) : label);
      return [record, [name, ...marks(record)].join(", ")];
    }),
  );
}

function findingOf([first]: readonly CascadeRecord[], names: Names): string {
  if (first === undefined) return "";
  const known = first.layers.flatMap((layer, i) => (isKnown(first.mean[i] ?? null) ? [{ layer, i }] : []));
  const change = ({ layer, i }: { readonly layer: string; readonly i: number }) =>
    `${layer} changes by ${estimate(first.mean[i]!, first.interval[i] ?? null)} of its norm`;
  const ends = known.length > 1 ? [known[0]!, known.at(-1)!] : known;
  return `With ${names.get(first)} ablated, ${ends.map(change).join(" and ")}, n = ${counted(first.n, "sample")}.`;
}

/** How many there is nothing to tell of, and why. */
function untoldText(all: readonly CascadeRecord[], told: readonly CascadeRecord[]): string {
  const untold = all.length - told.length;
  if (untold === 0) return "";
  return `Of ${counted(untold, "ablation")} there is nothing to tell: what they change, or what they change it from, is 0 or no finite number in every layer.`;
}

function linesOf(input: ReportInput, records: readonly CascadeRecord[], names: Names): LinesFigure {
  const layers = layersOf(input, records);
  const shown = records.slice(0, MOST_LINES);
  return {
    mark: "lines",
    title: "Relative change by layer",
    description: `A line an ablation${shown.length < records.length ? `, the first ${shown.length} of ${records.length}` : ""}.`,
    x: { title: "layer", names: layers },
    y: { title: "change / intact norm", include: [0] },
    series: shown.map((record) => ({
      name: names.get(record)!,
      x: record.layers.map((layer) => layers.indexOf(layer)),
      y: record.mean,
      band: record.interval.map((ends) => (ends?.every(isKnown) ? ends : null)),
    })),
  };
}

function changeTable(records: readonly CascadeRecord[], names: Names, most: number): Table {
  return table(
    "Relative change of each layer",
    [left("ablation"), left("layer"), right("mean change"), right("95 %"), right("all together"), right("n")],
    records.flatMap((record) =>
      record.layers.map((layer, i) => [
        names.get(record)!,
        layer,
        fixed(record.mean[i] ?? null, 3),
        range(record.interval[i] ?? null, 3),
        fixed(record.relativeChange[i] ?? null, 3),
        grouped(record.n),
      ]),
    ),
    most,
  );
}

/** All layers that change, in the order of the network: those of the longest record, others where they are first met. */
function layersOf({ run }: ReportInput, records: readonly CascadeRecord[]): string[] {
  const longest = records.toSorted((a, b) => b.layers.length - a.layers.length);
  const met = [...new Set(longest.flatMap(({ layers }) => layers))];
  const index = new Map(run.run.layers.map(({ layer }, i) => [layer, i]));
  return met.every((layer) => index.has(layer)) ? met.sort((a, b) => index.get(a)! - index.get(b)!) : met;
}
