/** What the lab says of a recovery: the same words wherever a network is pointed at. */
import { siteLabel } from "../study/summary.ts";
import { ARM_TITLES } from "./arms.ts";
import { percent, signed } from "./format.ts";
import type { RecoveryCurve } from "./live-recovery.ts";
import type { LiveResults } from "./live-results.ts";

/** What charts of recovery say before it begins. */
export const NOT_YET = "starts when the ablations are measured";

/** An ablation by its units; null: the control. */
export function nameOf(results: LiveResults, row: number | null): string {
  if (row === null) return "the intact network";
  const position = results.positionOf.get(row);
  return position === undefined ? `ablation ${row}` : siteLabel(results.ablations[position]!.sites);
}

/** A share of what was lost: "83 %"; none where nothing was lost. */
export function shareText(fraction: number | null): string {
  return fraction === null ? "\u2013" : `${signed(100 * fraction, 0).replace("+", "")} %`;
}

/** "dense_0: 11, all layers: lost 47.87 pp, regained +45.10 pp (94 %) in 3 of 5 epochs". */
export function recoverySentence(results: LiveResults, { arm, row, records, summary }: RecoveryCurve): string {
  const last = records.at(-1)!;
  if (summary === null) {
    return `${ARM_TITLES[arm]}: ${percent(last.correct / last.samples)} % after ${last.epoch} of ${last.epochs} epochs`;
  }
  const name = `${nameOf(results, row)}, ${ARM_TITLES[arm]}: lost ${points(summary.lost, last.samples)} pp`;
  if (summary.regained === null) return `${name}, diverged in epoch ${last.epoch}`;
  const share = summary.fractionRegained === null ? "" : ` (${shareText(summary.fractionRegained)})`;
  return (
    `${name}, regained ${signed((100 * summary.regained) / last.samples)} pp${share} ` +
    `in ${last.epoch} of ${last.epochs} epochs`
  );
}

const points = (lost: number, samples: number) => signed((100 * lost) / samples).replace("+", "");
