/** Where accuracy rises without a unit. */
import { counted, estimate, exactPercent, fixed, grouped, probability, range } from "../numbers.ts";
import type { Section } from "../report.ts";
import {
  analysesOf,
  className,
  left,
  type ReportInput,
  right,
  rowNameInSweep,
  sentences,
  sweepName,
  table,
} from "./section.ts";

/** Rises by sweep, with q. */
export function positiveEffects(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "positive-effects");
  if (records.length === 0) return null;
  const rates = new Set(records.map(({ rate }) => rate));
  const of = (classIndex: number | null) => (classIndex === null ? "all classes" : className(input, classIndex));
  return {
    id: "positive-effects",
    title: "What gets better",
    finding: sentences(
      records.map((record) => {
        const listed = record.effects.filter(({ q }) => q <= record.rate);
        const best = listed.toSorted((a, b) => b.gainPp - a.gainPp)[0];
        const cut = listed.length < record.significant ? ` among the ${grouped(listed.length)} listed` : "";
        const largest =
          best === undefined
            ? ""
            : ` The largest of them${cut}: ${rowNameInSweep(input, best.row)} raises ${of(best.classIndex)} by ${estimate(best.gainPp, best.interval)} pp, n = ${grouped(best.n)}; having been chosen flatters it, and its interval does not account for that.`;
        return `In ${sweepName(input, record.sweep)} ${grouped(record.significant)} of ${counted(record.rises, "rise")} among ${grouped(record.tested)} (ablation, class) pairs hold at a false discovery rate of ${exactPercent(record.rate)}.${largest}`;
      }),
    ),
    paragraphs: [
      "Every ablation is tested on every class, and on all together: did more samples turn right than wrong? McNemar's test on the samples that changed (two-sided; exact up to 1,000 of them, beyond that the chi-square with continuity correction), and Benjamini and Hochberg's correction over all pairs tested; q is the false discovery rate at which a rise would just count. Intervals are of each rise alone: where many are looked at, q is what accounts for that.",
      "A rise of one class is often another's loss: samples are given to it that it did not deserve. Its price stands in the drop of the whole ablation.",
    ],
    figures: [],
    tables: records.map((record) =>
      table(
        `${sweepName(input, record.sweep)}: rises by q${rates.size > 1 ? ` at a rate of ${exactPercent(record.rate)}` : ""}; ${counted(record.exactNoops, "exact no-op")}, ${grouped(record.unmeasured)} without a measured effect`,
        [
          left("ablation"),
          left("class"),
          right("gain pp"),
          right("95 %"),
          right("lost"),
          right("gained"),
          right("n"),
          right("p"),
          right("q"),
        ],
        record.effects.map(({ row, classIndex, gainPp, interval, lost, gained, n, p, q }) => [
          rowNameInSweep(input, row),
          of(classIndex),
          fixed(gainPp),
          range(interval),
          grouped(lost),
          grouped(gained),
          grouped(n),
          probability(p),
          probability(q),
        ]),
        input.most,
      ),
    ),
  };
}
