/**
 * All that the lab knows, as signals, and all that a person can do to it. Components draw what is here and hold no state
 * of their own beyond what the pointer is over, so the lab can be tested without a page.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Engine } from "../../workers/client.ts";
import type { CheckReport, Files, ModelReport } from "../../workers/protocol.ts";
import { type ErrorReport, reportOf } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import { defaultStudyDocument } from "../study/defaults.ts";
import type { AdapterReport, LayerSummary } from "../study/records.ts";
import { parseStudyText } from "../study/schema.ts";
import type { Study } from "../study/study.ts";
import { placed } from "./drop-errors.ts";
import { sortFiles } from "./dropped-files.ts";
import type { Schedule } from "./event-queue.ts";
import { htmlReport } from "./html-report.ts";
import { type Drop, dataFor, placeDrop } from "./lab-files.ts";
import { liveSections } from "./live-sections.ts";
import { missingFile } from "./missing-file.ts";
import { startReportMaker } from "./report-client.ts";
import type { ReportMaker, ShownSection } from "./report-request.ts";
import { type RunControl, runControl } from "./run-control.ts";
import { builtLayers, fittingSweeps, recoveredAfter, type SweepChoice, sweepChoices } from "./sweep-choices.ts";
import type { Sort } from "./view-hash.ts";
import { DEFAULT_SORT } from "./view-hash.ts";

export interface Notice {
  readonly id: number;
  readonly kind: "error" | "warning";
  readonly report: ErrorReport;
}

export type CheckState =
  | { readonly state: "idle" | "running" }
  | { readonly state: "done"; readonly report: CheckReport };

export type Reference = "tfjs-webgpu" | "float64";

export interface Lab {
  readonly run: RunControl;
  readonly adapter: ReadonlySignal<AdapterReport | null>;
  readonly notices: ReadonlySignal<readonly Notice[]>;
  /** The study document as text: the one place where settings live. */
  readonly studyText: ReadonlySignal<string>;
  /** What is wrong with `studyText`, or null. */
  readonly studyError: ReadonlySignal<ErrorReport | null>;
  /** The study of the last `studyText` that was right. */
  readonly study: ReadonlySignal<Study>;
  /** The dropped model, or null while the study builds its own. */
  readonly model: ReadonlySignal<ModelReport | null>;
  readonly files: ReadonlySignal<Files>;
  readonly layers: ReadonlySignal<readonly LayerSummary[]>;
  readonly sweeps: ReadonlySignal<readonly SweepChoice[]>;
  /** Whether the study's files are all here. */
  readonly missing: ReadonlySignal<string | null>;
  readonly selected: ReadonlySignal<number | null>;
  readonly sort: ReadonlySignal<Sort>;
  readonly check: ReadonlySignal<CheckState>;
  /** What the run's analyses have found so far, in the order of a report. */
  readonly sections: ReadonlySignal<readonly ShownSection[]>;

  setStudyText(text: string): void;
  /** Changes the study by way of its document. Returns what is wrong with the change, which is then not made. */
  editStudy(change: (study: Study) => unknown): ErrorReport | null;
  useEmbeddedModel(): void;
  /** Builds and trains another network. Sweeps of layers that it has not are left out. */
  useNetwork(model: Study["model"]): void;
  useEmbeddedData(): void;
  takeFiles(files: readonly File[] | Promise<readonly File[]>): Promise<void>;
  startRun(): Promise<void>;
  startCheck(reference: Reference): Promise<void>;
  /** The report of what the run has measured so far, as one HTML file. Rejects with a LesionError. */
  reportHtml(): Promise<string>;
  select(row: number | null): void;
  sortBy(column: string, descending?: boolean): void;
  notify(report: ErrorReport, kind?: "error" | "warning"): void;
  dismiss(id: number): void;
}

const CHECK_SAMPLES = 1000;
const CHECK_ABLATIONS = 12;

/** The lab on an engine. `schedule` asks for the next animation frame. */
export function createLab(engine: Engine, schedule: Schedule, reports: ReportMaker = startReportMaker()): Lab {
  const adapter = signal<AdapterReport | null>(null);
  const notices = signal<readonly Notice[]>([]);
  const studyText = signal(documentText(defaultStudyDocument));
  const studyError = signal<ErrorReport | null>(null);
  const study = signal(parseStudyText(studyText.value));
  const inspected = signal<ReadonlyMap<string, ModelReport>>(new Map());
  const files = signal<Files>({});
  const selected = signal<number | null>(null);
  const sort = signal<Sort>(DEFAULT_SORT);
  const check = signal<CheckState>({ state: "idle" });

  const model = computed(() => {
    const { model } = study.value;
    return "file" in model ? (inspected.value.get(model.file) ?? null) : null;
  });
  const layers = computed(() => builtLayers(study.value) ?? model.value?.ablatable ?? []);
  const missing = computed(() => missingFile(study.value, files.value));

  let noticeId = 0;
  const notify = (report: ErrorReport, kind: "error" | "warning" = "error") => {
    const same = ({ report: { message, where } }: Notice) => message === report.message && where === report.where;
    notices.value = [...notices.value.filter((notice) => !same(notice)), { id: ++noticeId, kind, report }];
  };
  const guarded = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (thrown) {
      notify(reportOf(thrown));
    }
  };

  const setStudyText = (text: string) => {
    studyText.value = text;
    try {
      study.value = parseStudyText(text);
      studyError.value = null;
    } catch (thrown) {
      studyError.value = reportOf(thrown);
    }
  };
  const editStudy = (change: (study: Study) => unknown): ErrorReport | null => {
    const text = documentText(change(study.value));
    try {
      parseStudyText(text);
    } catch (thrown) {
      return reportOf(thrown);
    }
    setStudyText(text);
    return null;
  };

  /** Those of a drop's models that can be read; the others are told. */
  const readable = async (models: readonly File[], companions: readonly File[]) => {
    const given = Object.fromEntries([...companions, ...models].map((file) => [file.name, file]));
    const read: File[] = [];
    for (const file of models) {
      try {
        inspected.value = new Map(inspected.value).set(file.name, await engine.inspect(file.name, given));
        read.push(file);
      } catch (thrown) {
        notify(placed(reportOf(thrown), file.name));
      }
    }
    return read;
  };
  const place = (drop: Drop) => {
    const { files: next, model, data, notices } = placeDrop(files.value, study.value, drop);
    files.value = next;
    for (const { report, kind } of notices) notify(report, kind);
    // A study that came with its files and is wrong stays to be corrected.
    if (drop.withStudy && studyError.value !== null) return;
    for (const [key, source] of Object.entries({ model, data })) {
      if (canonicalJson(source) === canonicalJson(study.value[key as "model" | "data"])) continue;
      const problem = editStudy((study) => ({ ...study, [key]: source }));
      if (problem !== null) notify(problem);
    }
  };

  const run = runControl(engine, notify, schedule);
  const sections = liveSections(run, reports, (results) => documentText(results.study), notify);
  void guarded(async () => {
    adapter.value = await engine.adapter();
  });

  return {
    run,
    adapter,
    notices,
    studyText,
    studyError,
    study,
    model,
    files,
    layers,
    sweeps: computed(() => sweepChoices(study.value, layers.value)),
    missing,
    selected,
    sort,
    check,
    sections,
    setStudyText,
    editStudy,
    useEmbeddedModel: () => void editStudy((study) => ({ ...study, model: defaultStudyDocument.model })),
    useNetwork: (model) =>
      void editStudy((study) => {
        const sweeps = fittingSweeps({ ...study, model });
        return { ...study, model, sweeps, recover: recoveredAfter(study, sweeps) };
      }),
    useEmbeddedData: () =>
      void editStudy((study) => ({ ...study, data: { ...dataFor("digits", study.data), path: null } })),
    takeFiles: (dropped) =>
      guarded(async () => {
        const { study: document, models, companions, ...others } = sortFiles(await dropped);
        if (document !== null) setStudyText(await document.text());
        const read = await readable(models, companions);
        const belong = read.length === 0 && models.length > 0 ? [] : companions;
        place({ ...others, models: read, companions: belong, withStudy: document !== null });
      }),
    startRun: () => {
      check.value = { state: "idle" };
      const before = run.results.value?.study;
      // Rows of another study are other ablations.
      if (before !== undefined && canonicalJson(before) !== canonicalJson(study.value)) selected.value = null;
      return run.start({ study: study.value, files: files.value });
    },
    startCheck: async (reference) => {
      const request = run.request();
      if (request === null) return;
      const results = run.results.value;
      // An answer about a run that another has followed is nobody's any more.
      const answer = (state: CheckState) => {
        if (run.results.value === results) check.value = state;
        return run.results.value === results;
      };
      answer({ state: "running" });
      try {
        const options = { samples: CHECK_SAMPLES, ablations: CHECK_ABLATIONS, reference };
        answer({ state: "done", report: await engine.check(request, options) });
      } catch (thrown) {
        if (answer({ state: "idle" })) notify(reportOf(thrown));
      }
    },
    reportHtml: () => htmlReport(run, reports, documentText),
    select: (row) => {
      selected.value = row;
    },
    sortBy: (column, descending = sort.value.column === column ? !sort.value.descending : column !== "unit") => {
      sort.value = { column, descending };
    },
    notify,
    dismiss: (id) => {
      notices.value = notices.value.filter((notice) => notice.id !== id);
    },
  };
}

/** A study document as text, short arrays on one line. */
export function documentText(document: unknown): string {
  const text = JSON.stringify(document, null, 2);
  return text.replace(/\[[^[\]{}]*\]/g, (list) => {
    const line = list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]");
    return line.length <= 80 ? line : list;
  });
}
