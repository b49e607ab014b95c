/** How far a damage travels through the layers after it. */
import type { CascadeRecord } from "../../study/analysis-records.ts";
import { siteLabel } from "../../study/summary.ts";
import { estimate, fixed, grouped, range } from "../numbers.ts";
import type { Section } from "../report.ts";
import { analysesOf, left, type ReportInput, right, table } from "./section.ts";

const MOST_LINES = 8;

/** Relative change by layer, a line an ablation. */
export function cascade(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "cascade");
  const [first] = records;
  if (first === undefined) return null;
  const layers = layersOf(input, records);
  const shown = records.slice(0, MOST_LINES);
  const last = first.layers.length - 1;
  return {
    id: "cascade",
    title: "The damage's way through the network",
    finding: `With ${siteLabel(first.sites)} off, ${first.layers[0]} changes by ${estimate(first.mean[0] ?? null, first.interval[0] ?? null)} of its norm and ${first.layers[last]} by ${estimate(first.mean[last] ?? null, first.interval[last] ?? null)}, n = ${grouped(first.n)} samples.`,
    paragraphs: [
      "For each ablation and each layer after it: the norm of what changed in the layer's activation, over the norm of the intact activation; the mean of the samples' own ratios, and the ratio of all samples together, in which samples with large activations count more.",
      "A line that falls shows layers that absorb the damage, one that rises layers that amplify it. At 1 the change is as large as the activation itself. The bands are 95 % intervals.",
    ],
    figures: [
      {
        mark: "lines",
        title: "Relative change by layer",
        description: `A line an ablation${shown.length < records.length ? `, the first ${shown.length} of ${records.length}` : ""}.`,
        x: { title: "layer", names: layers },
        y: { title: "change / intact norm", include: [0] },
        series: shown.map(({ sites, layers: own, mean, interval }) => ({
          name: siteLabel(sites),
          x: own.map((layer) => layers.indexOf(layer)),
          y: mean,
          band: interval,
        })),
      },
    ],
    tables: [
      table(
        "Relative change of each layer",
        [left("ablation"), left("layer"), right("mean change"), right("95 %"), right("all together"), right("n")],
        records.flatMap((record) =>
          record.layers.map((layer, i) => [
            siteLabel(record.sites),
            layer,
            fixed(record.mean[i] ?? null, 3),
            range(record.interval[i] ?? null, 3),
            fixed(record.relativeChange[i] ?? null, 3),
            grouped(record.n),
          ]),
        ),
        input.most,
      ),
    ],
  };
}

/** All layers that change, in the order of the network: those of the longest record, others where they are first met. */
function layersOf({ run }: ReportInput, records: readonly CascadeRecord[]): string[] {
  const longest = records.toSorted((a, b) => b.layers.length - a.layers.length);
  const met = [...new Set(longest.flatMap(({ layers }) => layers))];
  const index = new Map(run.run.layers.map(({ layer }, i) => [layer, i]));
  return met.every((layer) => index.has(layer)) ? met.sort((a, b) => index.get(a)! - index.get(b)!) : met;
}
