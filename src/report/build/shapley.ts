/** Each unit's fair share of the network's accuracy. */
import type { ShapleyRecord } from "../../study/analysis-records.ts";
import { counted, estimate, exactPercent, fixed, grouped, range } from "../numbers.ts";
import type { Section } from "../report.ts";
import { analysisOf, subjectsOf } from "./marks.ts";
import { analysesOf, groupBy, left, type ReportInput, right, sentences, table, unitName } from "./section.ts";

const MOST_BARS = 30;

/** Neuron Shapley by layer; of each the last state that was recorded. */
export function shapley(input: ReportInput): Section | null {
  const records = groupBy(
    analysesOf(input.run, "shapley"),
    (record) => `${record.layerIndex} ${analysisOf(record)}`,
  ).map(([, states]) => states.at(-1)!);
  if (records.length === 0) return null;
  const subjectOf = subjectsOf(input, records);
  return {
    id: "shapley",
    title: "Neuron Shapley",
    finding: sentences(records.map((record) => findingOf(record, subjectOf(record)))),
    paragraphs: [
      "A unit's Shapley value is its mean contribution to accuracy over all orders in which units could be taken away (Ghorbani and Zou 2020), in percentage points: unlike the drop of a single ablation it shares out what units do together. Orders are drawn at random, and cut short where accuracy is near chance.",
      "Negative values are units that the network does better without, on average. Bounds hold together, for all units and rounds of a layer, at the confidence named (empirical Bernstein inequality), and are wide; while the top is not settled, ranks about its edge may still change places.",
    ],
    figures: records.map((record) => {
      const shown = ranked(record).slice(0, MOST_BARS);
      return {
        mark: "bars",
        title: `Shapley values, ${subjectOf(record)}, the ${shown.length} largest of ${record.units.length}`,
        description: `Mean marginal contribution over ${counted(record.permutations, "permutation")}, with bounds that hold together at ${exactPercent(record.confidence)}.`,
        value: { title: "contribution to accuracy (pp)" },
        bars: shown.map((i) => ({
          name: unitName(record.layer, record.units[i]!),
          value: record.values[i]!,
          interval: record.intervals[i] ?? null,
        })),
      };
    }),
    tables: records.map((record) =>
      table(
        `${subjectOf(record)}: ${counted(record.permutations, "permutation")}, ${grouped(record.evaluations)} evaluations, ${grouped(record.truncated)} cut short`,
        [
          left("unit"),
          right("value pp"),
          right(`bounds, together ${exactPercent(record.confidence)}`),
          right("permutations"),
          left("top"),
        ],
        ranked(record).map((i) => [
          unitName(record.layer, record.units[i]!),
          fixed(record.values[i]!),
          range(record.intervals[i] ?? null),
          grouped(record.counts[i] ?? 0),
          record.top.includes(record.units[i]!) ? "yes" : "",
        ]),
        input.most,
      ),
    ),
  };
}

const ranked = ({ values }: ShapleyRecord) => [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);

function findingOf(record: ShapleyRecord, subject: string): string {
  const best = ranked(record)[0];
  const state = `${record.settled ? "settled" : "not settled"} at ${exactPercent(record.confidence)} confidence`;
  if (best === undefined) return `${subject} has no units.`;
  if (record.values.every((value) => value === 0)) {
    return `In ${subject}, no unit contributes anything in ${counted(record.permutations, "permutation")}.`;
  }
  return `In ${subject}, unit ${record.units[best]} contributes most, ${estimate(record.values[best]!, record.intervals[best] ?? null)} pp (bounds at ${exactPercent(record.confidence)}, all units together); the top ${grouped(record.top.length)} (${record.top.join(", ")}) is ${state} after ${counted(record.permutations, "permutation")}.`;
}
