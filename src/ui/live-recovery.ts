/**
 * What retraining has brought back so far, arranged for drawing: a curve a network and arm, how the networks of an arm are
 * spread at each epoch, and how far the axes reach. It grows in place while records stream in.
 */
import type { BaselineRecord, RecoveryAnalysisRecord, RecoveryRecord } from "../study/records.ts";
import { type RecoverySummary, summarizeRecovery } from "../study/recovery-summary.ts";
import { ARMS, type Arm } from "./arms.ts";
import { addShare, emptySpread, type Spread } from "./spread.ts";

/** One network in one arm. */
export interface RecoveryCurve {
  /** Row of the ablation; null: the control. */
  readonly row: number | null;
  readonly arm: Arm;
  /** By epoch, ascending. */
  readonly records: RecoveryRecord[];
  /** Null for the control, and until epoch 0 is known. */
  summary: RecoverySummary | null;
}

/** What one arm has. */
export interface ArmCurves {
  readonly byRow: Map<number | null, RecoveryCurve>;
  /** Accuracies of the networks that have not diverged, by epoch. */
  readonly spreads: Spread[];
  /** Networks that were trained to the last epoch. */
  finished: number;
  diverged: number;
}

/** Least and most, in percentage points. */
export type Reach = [low: number, high: number];

/** A run's recovery, grown in place by `addRecovery` and `addAnalysis`. */
export interface LiveRecovery {
  readonly arms: Readonly<Record<Arm, ArmCurves>>;
  /** Damaged networks, each arm its own, in order of arrival. */
  readonly points: RecoveryCurve[];
  readonly analyses: Map<Arm, RecoveryAnalysisRecord>;
  /** Epochs there are to be; 0 before the first record. */
  epochs: number;
  /** Accuracies, in per cent. */
  readonly accuracy: Reach;
  readonly damage: Reach;
  readonly regained: Reach;
  /** Row of the ablation that lost most; null before the first record. */
  mostDamaged: { readonly row: number; readonly lost: number } | null;
}

/** The recovery of a run of which nothing has arrived yet. */
export function emptyRecovery(): LiveRecovery {
  const arm = (): ArmCurves => ({ byRow: new Map(), spreads: [], finished: 0, diverged: 0 });
  return {
    arms: { all: arm(), after: arm(), layer: arm(), control: arm() },
    points: [],
    analyses: new Map(),
    epochs: 0,
    accuracy: [100, 0],
    damage: [0, 0],
    regained: [0, 0],
    mostDamaged: null,
  };
}

/** Takes in an epoch of a network; false where it is known already, as after a resumption. */
export function addRecovery(live: LiveRecovery, record: RecoveryRecord, baseline: BaselineRecord): boolean {
  const { row, arm, epoch, epochs, correct, samples } = record;
  const { byRow, spreads } = live.arms[arm];
  const curve = byRow.get(row) ?? { row, arm, records: [], summary: null };
  if (epoch <= (curve.records.at(-1)?.epoch ?? -1)) return false;
  byRow.set(row, curve);
  curve.records.push(record);
  live.epochs = Math.max(live.epochs, epochs);
  if (record.diverged) live.arms[arm].diverged++;
  else {
    if (epoch === epochs) live.arms[arm].finished++;
    while (spreads.length <= epoch) spreads.push(emptySpread());
    addShare(spreads[epoch]!, correct / samples);
    reach(live.accuracy, (100 * correct) / samples);
  }
  if (row !== null) addSummary(live, curve, baseline);
  return true;
}

/** Takes in an arm's analysis. The last one counts: a run that was resumed analyses again. */
export function addAnalysis(live: LiveRecovery, record: RecoveryAnalysisRecord): boolean {
  if (JSON.stringify(live.analyses.get(record.arm)) === JSON.stringify(record)) return false;
  live.analyses.set(record.arm, record);
  return true;
}

function addSummary(live: LiveRecovery, curve: RecoveryCurve, baseline: BaselineRecord): void {
  const [summary] = summarizeRecovery({ baseline, ablations: [], recoveries: curve.records });
  if (summary === undefined) return;
  if (curve.summary === null) live.points.push(curve);
  curve.summary = summary;
  const { row, lost, regained } = summary;
  const { samples } = curve.records[0]!;
  reach(live.damage, (100 * lost) / samples);
  if (regained !== null) reach(live.regained, (100 * regained) / samples);
  if (lost > (live.mostDamaged?.lost ?? Number.NEGATIVE_INFINITY)) live.mostDamaged = { row, lost };
}

function reach(range: Reach, value: number): void {
  range[0] = Math.min(range[0], value);
  range[1] = Math.max(range[1], value);
}

/** The curves of an ablation, in the order of the arms, the control's last. */
export function curvesOf(live: LiveRecovery, row: number | null): readonly RecoveryCurve[] {
  return ARMS.flatMap((arm) => live.arms[arm].byRow.get(arm === "control" ? null : row) ?? []);
}

/** Networks of an arm, and its marks, are drawn one by one up to this many; more are drawn as a median and quartiles. */
export const MOST_LINES = 40;
