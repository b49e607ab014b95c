/** Whether the gain can be had without the loss. */
import type { GainSearchRecord } from "../../study/analysis-records.ts";
import { marked } from "../ablation-names.ts";
import { counted, estimate, fixed, grouped, NONE, percent, probability } from "../numbers.ts";
import type { Section } from "../report.ts";
import { marksOf } from "./marks.ts";
import { analysesOf, groupBy, layerName, left, type ReportInput, right, table } from "./section.ts";

const METHODS: Readonly<Record<GainSearchRecord["method"], string>> = {
  scale: "scale one unit",
  gains: "trained gains",
  greedy: "greedy subset",
  control: "control: train on",
};

/** "94.00 → 94.40 %" */
const change = ({ before, after, samples }: GainSearchRecord["search"]) =>
  samples === 0 ? NONE : `${fixed((100 * before) / samples)} → ${percent(after / samples)}`;

const searchGain = ({ search: { samples, before, after } }: GainSearchRecord) => (after - before) / samples;

const TITLE = { id: "gain-search", title: "The gain without the loss?" } as const;

/** Of too few samples for two halves. */
function withoutHalves({ search, report }: GainSearchRecord): Section {
  const finding = `The study evaluates ${counted(search.samples + report.samples, "sample")}: too few for a half to search on and another to judge by, so that there is nothing to tell.`;
  return { ...TITLE, finding, paragraphs: [], figures: [], tables: [] };
}

/** Methods side by side: what the search half promised, and what the other half gave. The best is chosen by the former. */
export function gainSearch(input: ReportInput): Section | null {
  const all = analysesOf(input.run, "gain-search");
  if (all.length === 0) return null;
  const records = all.filter(({ search, report }) => search.samples > 0 && report.samples > 0);
  if (records.length === 0) return withoutHalves(all[0]!);
  const byMethod = new Map(
    groupBy(records, ({ method }) => method).map(([method, own]) => [method, marksOf(input, own)]),
  );
  const marks = (record: GainSearchRecord) => byMethod.get(record.method)!(record);
  const nameOf = (record: GainSearchRecord) => [METHODS[record.method], layerName(record), ...marks(record)].join(", ");
  const searched = records.filter(({ method }) => method !== "control");
  const best = searched.toSorted((a, b) => searchGain(b) - searchGain(a))[0];
  const control = records.find(({ method }) => method === "control");
  const half = input.study.evaluatesTraining
    ? "the report half (training samples: trained gains and the control have seen them)"
    : "the report half, which took no part in search or training";
  const told = (record: GainSearchRecord) => {
    const { method, layer, report } = record;
    const name = marked(`${METHODS[method]}${layer === null ? "" : ` in ${layer}`}`, marks(record));
    return `${name} gives ${estimate(report.gainPp, report.interval)} pp, McNemar p = ${probability(report.p)}, ${grouped(report.gained)} samples gained and ${grouped(report.lost)} lost, n = ${grouped(report.samples)}`;
  };
  return {
    ...TITLE,
    finding: [
      best === undefined
        ? ""
        : searchGain(best) > 0
          ? `What gains most on the search half, ${told(best)}, on ${half}.`
          : "No method gains anything on the search half.",
      control === undefined ? "" : `As a comparison, ${told(control)}.`,
    ]
      .filter(Boolean)
      .join(" "),
    paragraphs: [
      "Single units raise some classes and cost others. Can the network be changed so that the gain stays and the loss goes? Factors of units were searched on one half of the samples and judged on the other, against continued training of all weights as a control. Gains and control are trained on the training split, not on the search half.",
      "What holds is the report half; the search half is flattered by the search, and so the best method is the one that gains most there. Intervals and p are of each method alone: with several methods a small p of one is worth less. A gain whose interval contains 0, or that the control gives too, is no answer yes.",
      ...(input.study.evaluatesTraining
        ? [
            "This study evaluates training samples. Trained gains and the control have seen both halves, so that what they gain says nothing of other samples.",
          ]
        : []),
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
          right("gain pp (95 %)"),
          right("p"),
          right("gained"),
          right("lost"),
          right("search half"),
          right("report half"),
        ],
        records.map((record) => [
          nameOf(record),
          record.found,
          estimate(record.report.gainPp, record.report.interval),
          probability(record.report.p),
          grouped(record.report.gained),
          grouped(record.report.lost),
          change(record.search),
          change(record.report),
        ]),
      ),
    ],
  };
}
