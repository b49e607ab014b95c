/** What others published, beside what this run found. */
import { comparePublished } from "../../study/published-values.ts";
import type { PublishedValue } from "../../study/report-options.ts";
import type { RunResults } from "../../study/results.ts";
import { counted, grouped, NONE } from "../numbers.ts";
import type { Section } from "../report.ts";
import { left, right, table } from "./section.ts";

/** The comparison; null where nothing is published. */
export function published(run: RunResults, values: readonly PublishedValue[]): Section | null {
  if (values.length === 0) return null;
  const compared = comparePublished(run, values);
  const count = (verdict: string) => grouped(compared.filter((one) => one.verdict === verdict).length);
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
        compared.map(({ what, value, within, source, found, verdict }) => [
          what,
          exact(value),
          found === null ? NONE : exact(found.value),
          found === null || found.n === null ? NONE : grouped(found.n),
          found === null ? NONE : exact(Number((found.value - value).toFixed(9))),
          exact(within),
          verdict,
          source,
        ]),
      ),
    ],
  };
}

/** Six digits, whatever the measure's unit. */
const exact = (value: number) => String(Number(value.toPrecision(6)));
