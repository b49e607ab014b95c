/**
 * All that the lab knows, as signals, and all that a person can do to it. Components draw what is here and hold no state
 * of their own beyond what the pointer is over, so the lab can be tested without a page.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Engine } from "../../workers/client.ts";
import type { CheckReport, Files, ModelReport } from "../../workers/protocol.ts";
import { type ErrorReport, LesionError, reportOf } from "../core/errors.ts";
import { defaultStudyDocument } from "../study/defaults.ts";
import type { AdapterReport, LayerSummary } from "../study/records.ts";
import { parseStudyText } from "../study/schema.ts";
import type { Study } from "../study/study.ts";
import { completeSplits, type DroppedSet, foundData, startsSet } from "./dropped-data.ts";
import { sortFiles } from "./dropped-files.ts";
import type { Schedule } from "./event-queue.ts";
import { htmlReport } from "./html-report.ts";
import { liveSections } from "./live-sections.ts";
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
  const inspected = signal<{ readonly file: string; readonly report: ModelReport } | null>(null);
  const files = signal<Files>({});
  const selected = signal<number | null>(null);
  const sort = signal<Sort>(DEFAULT_SORT);
  const check = signal<CheckState>({ state: "idle" });

  const model = computed(() => {
    const { model } = study.value;
    return "file" in model && inspected.value?.file === model.file ? inspected.value.report : null;
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

  const takeModel = async (file: File, companions: readonly File[]) => {
    const given = Object.fromEntries([...companions, file].map((each) => [each.name, each]));
    try {
      inspected.value = { file: file.name, report: await engine.inspect(file.name, given) };
    } catch (thrown) {
      notify(placed(reportOf(thrown), file.name));
      return;
    }
    files.value = { ...files.value, ...given };
    const problem = editStudy((study) => ({ ...study, model: { file: file.name } }));
    if (problem !== null) notify(problem);
  };
  const takeData = (set: DroppedSet, dropped: readonly File[]) => {
    const isOld = (path: string) => path.startsWith(`${set}/`) && dropped.some(({ name }) => startsSet(name));
    const others = Object.entries(files.value).filter(([path]) => !isOld(path));
    const given = dropped.map((file) => [`${set}/${file.name}`, file] as const);
    files.value = Object.fromEntries([...others, ...given]);
    const found = foundData(set, Object.keys(files.value));
    if (found === null && set === "images") notify(reportOf(withoutLabels(dropped[0]!.name)));
    if (found === null) return;
    const problem = editStudy((study) => ({ ...study, data: { ...dataFor(set, study.data), set, ...found } }));
    if (problem !== null) notify(problem);
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
      void editStudy((study) => ({ ...study, data: { ...dataFor("digits", study.data), set: "digits", path: null } })),
    takeFiles: (dropped) =>
      guarded(async () => {
        const { model, companions, study, data, unknown } = sortFiles(await dropped);
        if (study !== null) setStudyText(await study.text());
        for (const [set, files] of data) takeData(set, files);
        if (unknown.length > 0) notify(reportOf(unknownFiles(unknown.map(({ name }) => name))));
        if (model !== null) await takeModel(model, companions);
        else for (const file of companions) notify(reportOf(withoutModel(file.name)));
      }),
    startRun: () => {
      check.value = { state: "idle" };
      return run.start({ study: study.value, files: files.value });
    },
    startCheck: async (reference) => {
      const request = run.request();
      if (request === null) return;
      check.value = { state: "running" };
      try {
        const options = { samples: CHECK_SAMPLES, ablations: CHECK_ABLATIONS, reference };
        check.value = { state: "done", report: await engine.check(request, options) };
      } catch (thrown) {
        check.value = { state: "idle" };
        notify(reportOf(thrown));
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

/** What a study names and the lab has not been given, as a sentence; null where all is here. */
function missingFile(study: Study, files: Files): string | null {
  const { model, data } = study;
  if ("file" in model && files[model.file] === undefined) return `Drop the model ${model.file}, or choose it.`;
  if (data.set === "digits") return null;
  const path = data.path ?? "";
  const here = Object.keys(files).filter((file) => file === path || file.startsWith(`${path}/`));
  switch (data.set) {
    case "images":
      return here.length > 0
        ? null
        : `Drop the images of ${path}: a folder or an archive, with labels.csv or a folder a class.`;
    case "cifar10":
      return here.length > 0 ? null : `Drop CIFAR-10's ${data.split === "test" ? "test" : "data"}_batch files.`;
    case "npy":
      return here.length > 1 ? null : `Drop the .npy files of the ${data.split} split: images and labels.`;
    default:
      if (completeSplits(here).includes(data.split)) return null;
      return `Drop the IDX files of the ${data.split} split: images and labels.`;
  }
}

/** What holds for another set too; for the same kind of set, all there is. */
function dataFor(set: Study["data"]["set"], data: Study["data"]): Partial<Study["data"]> {
  if (set === data.set) return data;
  const { limit, scale, normalize, threshold, split } = data;
  return { limit, scale, normalize, threshold, split };
}

/** A report that says which file it is about. */
function placed(report: ErrorReport, file: string): ErrorReport {
  if (report.where?.includes(file) || report.message.includes(file)) return report;
  return { ...report, where: report.where === undefined ? file : `${file}, ${report.where}` };
}

function withoutModel(name: string): LesionError {
  return new LesionError("bad-file", `${name} belongs to a model that was not dropped with it`, {
    where: name,
    fix: "Drop all files of the model together, model.json and its .bin files for instance.",
  });
}

function withoutLabels(name: string): LesionError {
  return new LesionError("bad-data", `${name} and what was dropped with it do not say which class an image is of`, {
    where: name,
    fix: "Drop labels.csv with the columns file,class too, or a folder that holds one folder a class.",
  });
}

function unknownFiles([first = "", ...more]: readonly string[]): LesionError {
  const others = more.length === 0 ? " is" : ` and ${more.length} more are`;
  return new LesionError("bad-file", `${first}${others} neither a model, nor data, nor a study`, {
    where: first,
    fix: "Drop a model (.onnx, .keras, .h5, .safetensors, model.json with its .bin files), data (IDX files, images with labels.csv, .npy files, CIFAR-10's batches), or a study.json.",
  });
}
