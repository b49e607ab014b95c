/** The most damaging ablations, found without measuring all of them on everything. */
import { siteLabel } from "../../study/summary.ts";
import { counted, estimate, exactPercent, fixed, grouped, percent, range } from "../numbers.ts";
import type { Section } from "../report.ts";
import { analysesOf, left, type ReportInput, right, sentences, sweepName, table } from "./section.ts";

/** The top k of each adaptive sweep. */
export function adaptive(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "adaptive");
  if (records.length === 0) return null;
  const unit = (by: "loss" | "accuracy") => (by === "loss" ? "nats" : "pp");
  return {
    id: "adaptive",
    title: "Adaptive sweeps",
    finding: sentences(
      records.map(({ sweep, k, settled, confidence, samples, evaluations, fullEvaluations, top, by, seen }) => {
        const [first] = top;
        const best =
          first === undefined
            ? ""
            : `; first of them ${siteLabel(first.sites)}, ${estimate(first.effect, first.interval)} ${unit(by)}, n = ${grouped(first.n)}`;
        return `In ${sweepName(input, sweep)} the ${grouped(k)} most damaging are ${settled ? "settled" : "not settled"} at ${percent(confidence, 0)} confidence after ${grouped(seen)} of ${counted(samples, "sample")}${best}. ${percent(1 - evaluations / fullEvaluations, 1)} of ${grouped(fullEvaluations)} evaluations were saved.`;
      }),
    ),
    paragraphs: [
      "Ablations were ranked on growing parts of the samples, and those left out early that could no longer be among the most damaging.",
      "Settled means that the set of the most damaging holds at about the confidence named, which supposes that what an ablation costs shows on more than a very few samples; their order within it, and those that were left out early, are known less well.",
    ],
    figures: records
      .filter(({ top }) => top.length > 0)
      .map(({ top, by, sweep, k, confidence }) => ({
        mark: "bars",
        title: `The ${grouped(k)} most damaging of ${sweepName(input, sweep)}`,
        description: `Effect, each on as many samples as it needed; the bounds of all ablations and rounds hold together at ${exactPercent(confidence)}.`,
        value: { title: by === "loss" ? "rise of the loss (nats)" : "drop of accuracy (pp)" },
        bars: top.map(({ sites, effect, interval }) => ({ name: siteLabel(sites), value: effect, interval })),
      })),
    tables: records.map(({ top, by, sweep, confidence }) =>
      table(
        `The most damaging of ${sweepName(input, sweep)}`,
        [
          left("ablation"),
          right(by === "loss" ? "loss, nats" : "drop pp"),
          right(`bounds, together ${exactPercent(confidence)}`),
          right("n"),
        ],
        top.map(({ sites, effect, interval, n }) => [
          siteLabel(sites),
          fixed(effect, 3),
          range(interval, 3),
          grouped(n),
        ]),
        input.most,
      ),
    ),
  };
}
