/**
 * What retraining brought back, as people read it: of each damaged network in each arm how much, and after how many
 * epochs; and over all of them whether more comes back where more was lost.
 */

import { correlationsOf } from "../ablation/statistics/correlations.ts";
import { quantile } from "../ablation/statistics/quantile.ts";
import type { AblationRecord, BaselineRecord, RecoveryAnalysisRecord, RecoveryRecord } from "./records.ts";

/** An arm in which a damaged network is trained. */
export type DamagedArm = RecoveryAnalysisRecord["arm"];

/** The recovery of one ablation in one arm. Accuracies are 0 .. 1, on the data that the study evaluates. */
export interface RecoverySummary {
  /** Row of the ablation in the study. */
  readonly row: number;
  readonly arm: DamagedArm;
  /** The last epoch that is recorded, and how many there are to be. */
  readonly epoch: number;
  readonly epochs: number;
  /** Of the intact network. */
  readonly baseline: number;
  readonly damaged: number;
  /** After the last epoch; null where the network diverged. */
  readonly recovered: number | null;
  /** Samples: intact minus damaged, and recovered minus damaged. Whole numbers, so that exactly half is 0.5. */
  readonly lost: number;
  readonly regained: number | null;
  /** regained / lost; null where nothing was lost, or the network diverged. */
  readonly fractionRegained: number | null;
  /** The first epoch by which half, and nine tenths, of what was lost is back; null where none is. */
  readonly epochsTo50: number | null;
  readonly epochsTo90: number | null;
  readonly diverged: boolean;
}

/** What recovery is summed up from: records of one run, each once. */
export interface RecoveryRecords {
  readonly baseline: BaselineRecord;
  readonly ablations: readonly AblationRecord[];
  readonly recoveries: readonly RecoveryRecord[];
}

const ARMS: readonly DamagedArm[] = ["all", "after", "layer"];

/**
 * The recovery of each ablation in each arm, by row and arm; the control has none, for it lost nothing. Networks of which
 * neither the ablation nor epoch 0 is recorded are left out.
 */
export function summarizeRecovery({ baseline, ablations, recoveries }: RecoveryRecords): RecoverySummary[] {
  const damagedOf = new Map(ablations.map(({ row, correct }) => [row, correct]));
  const curves = new Map<string, RecoveryRecord[]>();
  for (const record of recoveries) {
    const key = `${record.row} ${record.arm}`;
    curves.set(key, [...(curves.get(key) ?? []), record]);
  }
  const summaries = Array.from(curves.values(), (curve): RecoverySummary | null => {
    const epochs = curve.sort((a, b) => a.epoch - b.epoch);
    const last = epochs.at(-1)!;
    const { row, arm, samples } = last;
    if (row === null || arm === "control") return null;
    const damaged = epochs[0]!.epoch === 0 ? epochs[0]!.correct : damagedOf.get(row);
    if (damaged === undefined) return null;
    const lost = baseline.correct - damaged;
    const diverged = epochs.some((record) => record.diverged === true);
    const regained = diverged ? null : last.correct - damaged;
    const firstAt = (share: number) =>
      lost > 0
        ? (epochs.find((record) => !record.diverged && (record.correct - damaged) / lost >= share)?.epoch ?? null)
        : null;
    return {
      row,
      arm,
      epoch: last.epoch,
      epochs: last.epochs,
      baseline: baseline.correct / baseline.samples,
      damaged: damaged / samples,
      recovered: diverged ? null : last.correct / samples,
      lost,
      regained,
      fractionRegained: lost > 0 && regained !== null ? regained / lost : null,
      epochsTo50: firstAt(0.5),
      epochsTo90: firstAt(0.9),
      diverged,
    };
  });
  return summaries
    .filter((summary) => summary !== null)
    .sort((a, b) => a.row - b.row || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm));
}

/**
 * Recovery against damage in each arm that has any, over the networks that were trained to the last epoch. `seed` decides
 * the draws of the intervals.
 */
export function analyzeRecovery(records: RecoveryRecords, seed: number): RecoveryAnalysisRecord[] {
  const summaries = summarizeRecovery(records);
  return ARMS.flatMap((arm) => {
    const ofArm = summaries.filter((summary) => summary.arm === arm);
    return ofArm.length === 0 ? [] : [analysisOf(arm, ofArm, seed)];
  });
}

function analysisOf(arm: DamagedArm, summaries: readonly RecoverySummary[], seed: number): RecoveryAnalysisRecord {
  const finished = summaries.filter(({ regained, epoch, epochs }) => regained !== null && epoch >= epochs);
  const fractions = summaries
    .flatMap(({ fractionRegained, epoch, epochs }) => (epoch < epochs ? [] : (fractionRegained ?? [])))
    .sort((a, b) => a - b);
  // Of samples: correlations are the same as of accuracies.
  const { n, pearson, spearman, interval } = correlationsOf(
    finished.map(({ lost }) => lost),
    finished.map(({ regained }) => regained),
    seed,
    `recovery ${arm}`,
  );
  return {
    type: "analysis",
    name: "recovery",
    arm,
    n,
    diverged: summaries.filter(({ diverged }) => diverged).length,
    pearson,
    spearman,
    interval: { pearson: interval.pearson, spearman: interval.spearman },
    regained: {
      n: fractions.length,
      mean: finite(fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length),
      median: finite(quantile(fractions, 0.5)),
    },
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
