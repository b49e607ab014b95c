/** What the worker that makes reports does with a request. */
import { streamPieces } from "../core/stream-pieces.ts";
import { buildReport } from "../report/build-report.ts";
import { figureSvg } from "../report/figures/figure.ts";
import { reportHtml } from "../report/html.ts";
import type { Report } from "../report/report.ts";
import { readJournal } from "../study/read-journal.ts";
import { resultsOf } from "../study/results.ts";
import type { ReportRequest, ShownSection } from "./report-request.ts";

/** The sections of a report, all but the overview and what else the lab shows as a run goes on. Rejects with a LesionError. */
export async function sectionsOf(request: ReportRequest): Promise<readonly ShownSection[]> {
  const { sections } = await reportOfJournal(request, MOST_ROWS);
  return sections
    .filter(({ id }) => id !== OVERVIEW)
    .map((section) => ({
      section,
      figures: section.figures
        .filter(({ mark }) => mark !== "map")
        .map((figure) => ({ title: figure.title, svg: figureSvg(figure), description: figure.description })),
    }));
}

/** The report as one HTML file. Rejects with a LesionError. */
export async function htmlOf(request: ReportRequest): Promise<string> {
  return reportHtml(await reportOfJournal(request));
}

const OVERVIEW = "ablations";
/** Rows of a table on the page. */
const MOST_ROWS = 8;

async function reportOfJournal({ journal, study, status, report }: ReportRequest, most?: number): Promise<Report> {
  const results = resultsOf((await readJournal(streamPieces(journal.stream()))).records);
  const statusOf = (row: number) => (status?.row === row ? status.ofSample : null);
  return buildReport(results, study, { statusOf, report, ...(most === undefined ? {} : { most }) });
}
