/**
 * What a run has measured so far, arranged for drawing: ablations in order of arrival, and for each sweep and layer where
 * the ablation of a unit, or of a pair of units, is found. It grows in place while records stream in; the lab's state
 * says when to look again.
 */

import { analysisKey, analysisSubject } from "../study/analysis-key.ts";
import type { StudyAnalysisRecord } from "../study/analysis-records.ts";
import type {
  AblationRecord,
  BaselineRecord,
  EndRecord,
  FailureRecord,
  LayerSummary,
  LesionRecord,
  RecoveryAnalysisRecord,
  RunRecord,
  TrainRecord,
} from "../study/records.ts";
import type { Study } from "../study/study.ts";
import { type Summary, summarize } from "../study/summary.ts";
import { addAnalysis, addRecovery, emptyRecovery, type LiveRecovery } from "./live-recovery.ts";

/** Where the ablations of one layer's units, or pairs of units, are among the ablations. */
export interface Panel {
  /** `units`: position of unit u at u. `pairs`: position of {i, j} at i * units + j, and at j * units + i. */
  readonly kind: "units" | "pairs";
  readonly sweep: number;
  readonly layer: LayerSummary;
  /** What takes the units' place, as its ablations' records have it; a sweep with several has a panel for each. */
  readonly replacement: string;
  /** Positions in `ablations`; -1 where none has arrived. */
  readonly positions: Int32Array;
  /** Shared by all panels of its kind, so that their scales are the same. */
  readonly extent: Extent;
}

/** Largest accuracy drop and gain, their intervals included, and largest change of a class's recall; percentage points. */
export interface Extent {
  drop: number;
  gain: number;
  classDrop: number;
}

/** A run's records, grown in place by `addRecords`. */
export interface LiveResults {
  readonly study: Study;
  /** Everything accepted, in order of arrival: the journal of the run. Of analyses that say how far they are, the last. */
  readonly journal: LesionRecord[];
  run: RunRecord | null;
  baseline: BaselineRecord | null;
  end: EndRecord | null;
  /** Of each network that was trained, by epoch; the first is the one that is ablated. */
  readonly train: TrainRecord[][];
  readonly failures: FailureRecord[];
  readonly ablations: AblationRecord[];
  /** Exact no-ops among `ablations`. */
  noops: number;
  /** Of `ablations`, position by position. */
  readonly summaries: Summary[];
  /** Position in `ablations` by row of the study. */
  readonly positionOf: Map<number, number>;
  readonly panels: Panel[];
  readonly extents: Readonly<Record<Panel["kind"], Extent>>;
  readonly recovery: LiveRecovery;
  /** What analyses have found, the last record of each subject, by subject. */
  readonly analyses: Map<string, StudyAnalysisRecord>;
  /** How often each analysis has had something new to say: what is made of its records is stale when this has grown. */
  readonly revisions: Map<StudyAnalysisRecord["name"], number>;
  /** Where the record of a subject is in `journal`. */
  readonly places: Map<string, number>;
}

/** The results of a run of which nothing has arrived yet. */
export function emptyResults(study: Study): LiveResults {
  return {
    study,
    journal: [],
    run: null,
    baseline: null,
    end: null,
    train: [],
    failures: [],
    ablations: [],
    noops: 0,
    summaries: [],
    positionOf: new Map(),
    panels: [],
    extents: { units: { drop: 0, gain: 0, classDrop: 0 }, pairs: { drop: 0, gain: 0, classDrop: 0 } },
    recovery: emptyRecovery(),
    analyses: new Map(),
    revisions: new Map(),
    places: new Map(),
  };
}

/** Takes in records. What a resumed run says again (its head, its baseline, an epoch, a row) is not counted twice. */
export function addRecords(results: LiveResults, records: readonly LesionRecord[]): void {
  for (const record of records) if (add(results, record)) results.journal.push(record);
}

/** Forgets how an interrupted run ended and which batches failed, so that it can go on. */
export function reopen(results: LiveResults): void {
  const kept = results.journal.filter(({ type }) => type !== "end" && type !== "failure");
  results.journal.length = 0;
  for (const record of kept) {
    const place = results.journal.push(record) - 1;
    if (isStudyAnalysis(record)) results.places.set(analysisSubject(record), place);
  }
  results.failures.length = 0;
  results.end = null;
}

function add(results: LiveResults, record: LesionRecord): boolean {
  switch (record.type) {
    case "run":
      if (results.run !== null) return false;
      results.run = record;
      return true;
    case "baseline":
      if (results.baseline !== null) return false;
      results.baseline = record;
      return true;
    case "train":
      return addEpoch(results, record);
    case "failure":
      results.failures.push(record);
      return true;
    case "end":
      results.end = record;
      return true;
    case "ablation":
      return addAblation(results, record);
    case "recovery":
      return results.baseline !== null && addRecovery(results.recovery, record, results.baseline);
    case "analysis":
      return isStudyAnalysis(record)
        ? addStudyAnalysis(results, record)
        : addAnalysis(results.recovery, record as RecoveryAnalysisRecord);
  }
}

const isStudyAnalysis = (record: LesionRecord): record is StudyAnalysisRecord =>
  record.type === "analysis" && record.name !== "recovery";

/**
 * Takes in what an analysis found, or how far it is; what a resumed run says again is not counted twice. A record that goes
 * further than an earlier one takes its place in the journal, for an analysis of many rounds says all it knows in each.
 */
function addStudyAnalysis(results: LiveResults, record: StudyAnalysisRecord): boolean {
  const { analyses, revisions, places, journal } = results;
  const subject = analysisSubject(record);
  const before = analyses.get(subject);
  if (before !== undefined && analysisKey(before) === analysisKey(record)) return false;
  analyses.set(subject, record);
  revisions.set(record.name, (revisions.get(record.name) ?? 0) + 1);
  if (before === undefined) {
    places.set(subject, journal.length);
    return true;
  }
  journal[places.get(subject)!] = record;
  return false;
}

function addEpoch({ train }: LiveResults, record: TrainRecord): boolean {
  const network = record.network ?? 0;
  while (train.length <= network) train.push([]);
  const epochs = train[network]!;
  if (record.epoch <= (epochs.at(-1)?.epoch ?? 0)) return false;
  epochs.push(record);
  return true;
}

function addAblation(results: LiveResults, record: AblationRecord): boolean {
  const { baseline, run, positionOf } = results;
  if (positionOf.has(record.row) || baseline === null || run === null) return false;
  const position = results.ablations.push(record) - 1;
  const summary = summarize(record, baseline, run.classNames);
  results.summaries.push(summary);
  if (record.noop !== undefined) results.noops++;
  positionOf.set(record.row, position);
  const panel = panelFor(results, run, record);
  if (panel === null) return true;
  const [first = 0, second = first] = record.sites[0]!.units;
  if (panel.kind === "units") panel.positions[first] = position;
  else {
    panel.positions[first * panel.layer.units + second] = position;
    panel.positions[second * panel.layer.units + first] = position;
  }
  const { extent } = panel;
  extent.drop = Math.max(extent.drop, summary.dropPp + 100 * (summary.accuracy - summary.interval.low));
  extent.gain = Math.max(extent.gain, 100 * (summary.interval.high - summary.accuracy) - summary.dropPp);
  extent.classDrop = Math.max(extent.classDrop, summary.mostDamaged?.dropPp ?? 0, summary.bestImproved?.gainPp ?? 0);
  return true;
}

/** The panel an ablation belongs to, made when its first ablation arrives; null for all but units and pairs of a layer. */
function panelFor(results: LiveResults, run: RunRecord, record: AblationRecord): Panel | null {
  const ablate = results.study.sweeps[record.sweep]?.ablate;
  const site = record.sites[0];
  const isOfOneLayer = site !== undefined && record.sites.length === 1;
  if (!isOfOneLayer || (ablate !== "each-unit" && ablate !== "pairs")) return null;
  const { panels } = results;
  const { replacement } = record;
  const known = panels.find(
    (panel) =>
      panel.sweep === record.sweep && panel.layer.layerIndex === site.layerIndex && panel.replacement === replacement,
  );
  if (known !== undefined) return known;
  const layer = run.layers.find(({ layerIndex }) => layerIndex === site.layerIndex);
  if (layer === undefined) return null;
  const kind = ablate === "pairs" ? "pairs" : "units";
  const panel: Panel = {
    kind,
    sweep: record.sweep,
    layer,
    replacement,
    positions: new Int32Array(kind === "units" ? layer.units : layer.units ** 2).fill(-1),
    extent: results.extents[kind],
  };
  panels.push(panel);
  panels.sort((a, b) => a.sweep - b.sweep || a.layer.layerIndex - b.layer.layerIndex);
  return panel;
}
