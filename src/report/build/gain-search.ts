/** Whether the gain can be had without the loss. */
import type { GainSearchRecord } from "../../study/analysis-records.ts";
import { estimate, fixed, grouped, percent, probability } from "../numbers.ts";
import type { Section } from "../report.ts";
import { analysesOf, layerName, left, type ReportInput, right, table } from "./section.ts";

const METHODS: Readonly<Record<GainSearchRecord["method"], string>> = {
  scale: "scale one unit",
  gains: "trained gains",
  greedy: "greedy subset",
  control: "control: train on",
};

const nameOf = (record: GainSearchRecord) => `${METHODS[record.method]}, ${layerName(record)}`;
/** "94.00 → 94.40 %" */
const change = ({ before, after, samples }: GainSearchRecord["search"]) =>
  `${fixed((100 * before) / samples)} → ${percent(after / samples)}`;

/** Methods side by side: what the search half promised, and what the other half gave. */
export function gainSearch(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "gain-search");
  const searched = records.filter(({ method }) => method !== "control");
  const best = searched.toSorted((a, b) => b.report.gainPp - a.report.gainPp)[0];
  const control = records.find(({ method }) => method === "control");
  if (best === undefined && control === undefined) return null;
  const told = ({ method, layer, report }: GainSearchRecord) =>
    `${METHODS[method]}${layer === null ? "" : ` in ${layer}`} gives ${estimate(report.gainPp, report.interval)} pp, McNemar p = ${probability(report.p)}, ${grouped(report.gained)} samples gained and ${grouped(report.lost)} lost, n = ${grouped(report.samples)}`;
  return {
    id: "gain-search",
    title: "The gain without the loss?",
    finding: [
      best === undefined ? "" : `On samples that took no part in the search, the best, ${told(best)}.`,
      control === undefined ? "" : `As a comparison, ${told(control)}.`,
    ]
      .filter(Boolean)
      .join(" "),
    paragraphs: [
      "Single units raise some classes and cost others. Can the network be changed so that the gain stays and the loss goes? Factors of units were searched on one half of the samples and judged on the other, against continued training of all weights as a control.",
      "What holds is the report half; the search half is flattered by the search. A gain whose interval contains 0, or that the control gives too, is no answer yes.",
    ],
    figures: [
      {
        mark: "bars",
        title: "Gain on the report half",
        description: "Change of accuracy in percentage points, with 95 % intervals from paired samples.",
        value: { title: "gain of accuracy (pp)" },
        bars: records.map((record) => ({
          name: nameOf(record),
          value: record.report.gainPp,
          interval: record.report.interval,
        })),
      },
    ],
    tables: [
      table(
        "Search half and report half",
        [
          left("method"),
          left("found"),
          right("search half"),
          right("report half"),
          right("gained"),
          right("lost"),
          right("gain pp (95 %)"),
          right("p"),
        ],
        records.map((record) => [
          nameOf(record),
          record.found,
          change(record.search),
          change(record.report),
          grouped(record.report.gained),
          grouped(record.report.lost),
          estimate(record.report.gainPp, record.report.interval),
          probability(record.report.p),
        ]),
      ),
    ],
  };
}
