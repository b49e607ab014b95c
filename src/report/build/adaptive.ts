/** The most damaging ablations, found without measuring all of them on everything. */

import type { AdaptiveRecord } from "../../study/analysis-records.ts";
import { adaptiveNames } from "../ablation-names.ts";
import { counted, digitsFor, estimate, exactPercent, fixed, grouped, percent, range } from "../numbers.ts";
import type { Section, Table } from "../report.ts";
import { analysesOf, left, type ReportInput, right, sentences, sweepName, table } from "./section.ts";

/** The top k of each adaptive sweep. */
export function adaptive(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "adaptive");
  if (records.length === 0) return null;
  const names = new Map(
    records.map((record) => [record, adaptiveNames(record, input.study.replacements[record.sweep])]),
  );
  const unit = (by: "loss" | "accuracy") => (by === "loss" ? "nats" : "pp");
  return {
    id: "adaptive",
    title: "Adaptive sweeps",
    finding: sentences(
      records.map((record) => {
        const { sweep, k, settled, confidence, samples, evaluations, fullEvaluations, top, by, seen } = record;
        const [first] = top;
        const best =
          first === undefined
            ? ""
            : first.effect <= 0
              ? "; none of them costs anything"
              : `; first of them ${names.get(record)![0]}, ${estimate(first.effect, first.interval, digitsOf(record))} ${unit(by)}, n = ${grouped(first.n)}`;
        return `In ${sweepName(input, sweep)} the ${grouped(k)} most damaging are ${settled ? "settled" : "not settled"} at ${exactPercent(confidence)} confidence after ${grouped(seen)} of ${counted(samples, "sample")}${best}. ${percent(1 - evaluations / fullEvaluations, 1)} of ${grouped(fullEvaluations)} evaluations were saved.`;
      }),
    ),
    paragraphs: [
      "Ablations were ranked on growing parts of the samples, and those left out early that could no longer be among the most damaging.",
      "Settled means that the set of the most damaging holds at about the confidence named, which supposes that what an ablation costs shows on more than a very few samples; their order within it, and those that were left out early, are known less well.",
    ],
    figures: records
      .filter(({ top }) => top.length > 0)
      .map((record) => ({ ...record, names: names.get(record)! }))
      .map(({ top, by, sweep, k, confidence, names }) => ({
        mark: "bars",
        title: `The ${grouped(k)} most damaging of ${sweepName(input, sweep)}`,
        description: `Effect, each on as many samples as it needed; the bounds of all ablations and rounds hold together at ${exactPercent(confidence)}.`,
        value: { title: by === "loss" ? "rise of the loss (nats)" : "drop of accuracy (pp)" },
        bars: top.map(({ effect, interval }, place) => ({ name: names[place]!, value: effect, interval })),
      })),
    tables: records.map((record) => adaptiveTable(input, record, names.get(record)!)),
  };
}

/** Losses are of any size. */
const digitsOf = ({ top }: AdaptiveRecord) => digitsFor(top.map(({ effect }) => effect));

function adaptiveTable(input: ReportInput, record: AdaptiveRecord, names: readonly string[]): Table {
  const { top, by, sweep, confidence } = record;
  const digits = digitsOf(record);
  return table(
    `The most damaging of ${sweepName(input, sweep)}`,
    [
      left("ablation"),
      right(by === "loss" ? "loss, nats" : "drop pp"),
      right(`bounds, together ${exactPercent(confidence)}`),
      right("n"),
    ],
    top.map(({ effect, interval, n }, place) => [
      names[place]!,
      fixed(effect, digits),
      range(interval, digits),
      grouped(n),
    ]),
    input.most,
  );
}
