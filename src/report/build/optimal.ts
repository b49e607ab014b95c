/** The constants at which units cost least when they are held there. */

import { marked } from "../ablation-names.ts";
import { counted, fixed, grouped } from "../numbers.ts";
import type { Section } from "../report.ts";
import { analysesOf, layerName, left, type ReportInput, right, sentences, table, unitName } from "./section.ts";

/** Constants and losses by layer. */
export function optimal(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "optimal");
  const [first] = records;
  if (first === undefined) return null;
  const sites = new Set(records.map(({ site }) => site));
  const costliest = (losses: readonly number[]) =>
    losses.reduce((best, loss, i) => (loss > losses[best]! ? i : best), 0);
  return {
    id: "optimal",
    title: "Optimal constants",
    finding: sentences(
      records.map((record) => {
        const unit = costliest(record.losses);
        return `Of ${counted(record.constants.length, "unit")} of ${marked(layerName(record), sites.size > 1 ? [record.site] : [])}, ${unit} matters most when each is held at its own best constant: mean loss ${fixed(record.losses[unit] ?? null, 4)} nats, n = ${grouped(record.n)} samples.`;
      }),
    ),
    paragraphs: [
      "Each unit alone is held at the constant that minimises the mean loss. What is lost even so is what the unit tells about single samples, whatever later layers expect of it on average.",
    ],
    figures: [],
    tables: records.map((record) =>
      table(
        `${layerName(record)}, ${record.site}: the largest loss first`,
        [left("unit"), right("constant"), right("mean loss (nats)")],
        [...record.losses.keys()]
          .sort((a, b) => record.losses[b]! - record.losses[a]! || a - b)
          .map((unit) => [
            unitName(record.layer, unit),
            fixed(record.constants[unit] ?? null, 4),
            fixed(record.losses[unit]!, 4),
          ]),
        input.most,
      ),
    ),
  };
}
