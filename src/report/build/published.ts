/** What others published, beside what this run found. */
import { LesionError } from "../../core/errors.ts";
import { evaluateMeasure, type MeasuredValue, parseMeasure } from "../../study/expect.ts";
import type { PublishedValue } from "../../study/report-options.ts";
import type { RunResults } from "../../study/results.ts";
import { counted, grouped, NONE } from "../numbers.ts";
import type { Section } from "../report.ts";
import { left, right, table } from "./section.ts";

/** The comparison; null where nothing is published. */
export function published(run: RunResults, values: readonly PublishedValue[]): Section | null {
  if (values.length === 0) return null;
  const compared = values.map((value) => ({ ...value, found: foundOf(run, value.what) }));
  const verdicts = compared.map(({ value, within, found }) =>
    found === null
      ? "not measured"
      : Math.abs(found.value - value) <= within * (1 + 1e-9) + 1e-12
        ? "agrees"
        : "differs",
  );
  const count = (verdict: string) => grouped(verdicts.filter((one) => one === verdict).length);
  return {
    id: "published",
    title: "Published and found",
    finding: `${counted(values.length, "published value")}: ${count("agrees")} in agreement with this run, ${count("differs")} not, ${count("not measured")} not measured.`,
    paragraphs: [
      "Each published value stands beside the same measure of this run; it agrees where the difference is no larger than the study allows (“within”).",
      ...compared.flatMap(({ what, note }) => (note === null ? [] : [`${what}: ${note}`])),
    ],
    figures: [],
    tables: [
      table(
        "Published values and this run's",
        [
          left("measure"),
          right("published"),
          right("found"),
          right("n"),
          right("difference"),
          right("within"),
          left("verdict"),
          left("source"),
        ],
        compared.map(({ what, value, within, source, found }, i) => [
          what,
          exact(value),
          found === null ? NONE : exact(found.value),
          found === null || found.n === null ? NONE : grouped(found.n),
          found === null ? NONE : exact(Number((found.value - value).toFixed(9))),
          exact(within),
          verdicts[i]!,
          source,
        ]),
      ),
    ],
  };
}

/** Six digits, whatever the measure's unit. */
const exact = (value: number) => String(Number(value.toPrecision(6)));

/** What the run has of a measure; null where it does not. */
function foundOf(run: RunResults, what: string): MeasuredValue | null {
  try {
    return evaluateMeasure(parseMeasure(what), run, what);
  } catch (error) {
    if (error instanceof LesionError && error.code === "usage") return null;
    throw error;
  }
}
