/** The report of a whole run, as `lesion report --out` writes it. */
import { LesionError } from "../core/errors.ts";
import type { Study } from "../study/study.ts";
import { journalBlob } from "./journal-blob.ts";
import type { LiveResults } from "./live-results.ts";
import type { ReportMaker } from "./report-request.ts";
import type { RunControl } from "./run-control.ts";

/**
 * One HTML file of what `run` has measured so far. Maps of samples are coloured by the most damaging ablation.
 * @throws LesionError `not-found` before anything was measured.
 */
export async function htmlReport(
  run: Pick<RunControl, "results" | "statusOf">,
  maker: ReportMaker,
  documentOf: (study: Study) => string,
): Promise<string> {
  const results = run.results.value;
  if (results?.baseline == null) {
    throw new LesionError("not-found", "nothing was measured yet", { fix: "Wait for the baseline." });
  }
  const row = mostDamagingRow(results);
  const ofSample = row === null ? null : run.statusOf(row);
  return maker.html({
    journal: await journalBlob([...results.journal]),
    study: documentOf(results.study),
    status: row === null || ofSample === null ? null : { row, ofSample },
    report: results.study.report ?? null,
  });
}

/** The row of the largest drop, the first of equals; null where no ablation was measured. */
export function mostDamagingRow({ summaries }: Pick<LiveResults, "summaries">): number | null {
  let worst = summaries[0];
  for (const summary of summaries) {
    if (summary.dropPp > worst!.dropPp || (summary.dropPp === worst!.dropPp && summary.row < worst!.row))
      worst = summary;
  }
  return worst?.row ?? null;
}
