/**
 * What the page asks of the worker that makes reports, and gets. Types alone: builders and figures load in the worker, so
 * that neither the page's first load nor its main thread pays for them.
 */
import type { ErrorReport } from "../core/errors.ts";
import type { Section } from "../report/report.ts";
import type { ReportOptions } from "../study/report-options.ts";

/** Records to make a report of. */
export interface ReportRequest {
  /** Lines of a journal, a `run` and a `baseline` among them. */
  readonly journal: Blob;
  /** The study document's text. */
  readonly study: string;
  /** What becomes of each sample under the ablation of one row, by which a map is coloured; null: no map is. */
  readonly status: { readonly row: number; readonly ofSample: Uint8Array } | null;
  /** What the study says about its report; null: nothing. */
  readonly report: ReportOptions | null;
}

/** A section, and its figures as SVG; maps of samples are left out, for the lab draws them itself. */
export interface ShownSection {
  readonly section: Section;
  readonly figures: readonly { readonly title: string; readonly svg: string; readonly description: string }[];
}

/** A request on its way to the worker: for sections, or for the whole report as an HTML file. */
export interface ReportCall extends ReportRequest {
  readonly id: number;
  readonly as: "sections" | "html";
}

/** What comes back. */
export type ReportAnswer = { readonly id: number } & (
  | { readonly sections: readonly ShownSection[] }
  | { readonly html: string }
  | { readonly error: ErrorReport }
);

/** Makes reports. Both reject with a LesionError. */
export interface ReportMaker {
  sections(request: ReportRequest): Promise<readonly ShownSection[]>;
  html(request: ReportRequest): Promise<string>;
}
