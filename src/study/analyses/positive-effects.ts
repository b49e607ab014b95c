/** Ablations that help: classes, and networks as a whole, that have more samples right without some units than intact. */
import { changesByClass } from "../../ablation/effects.ts";
import { benjaminiHochberg } from "../../ablation/statistics/benjamini-hochberg.ts";
import { mcnemar } from "../../ablation/statistics/mcnemar.ts";
import { pairedDifference } from "../../ablation/statistics/paired-difference.ts";
import type { PositiveEffectsOptions } from "../analysis-options.ts";
import type { PositiveEffectsRecord } from "../analysis-records.ts";
import type { AblationRecord } from "../records.ts";
import { summarize } from "../summary.ts";
import type { AnalysisInput, MeasuredSweep } from "./input.ts";
import { comparable } from "./single-units.ts";

/** Effects that a record lists at most. */
export const MOST_EFFECTS = 1000;

/** Samples of a class, or of all, that an ablation lost and gained. */
interface Change {
  readonly row: number;
  readonly classIndex: number | null;
  readonly lost: number;
  readonly gained: number;
  readonly n: number;
}

/**
 * One record of each sweep. Tested is every (ablation, class), and (ablation, all classes), of which any sample changed: a
 * pair without a changed sample cannot be significant, and which pairs those are says nothing of the direction of others.
 * Exact no-ops are not tested. p is McNemar's, two-sided; q is p after Benjamini and Hochberg over all tested of the sweep,
 * losses included. Rises are pairs with more gained than lost; listed are the first 1,000 by q, p and gain. Ablations
 * without counts of lost and gained samples and without bits are left out.
 */
export function positiveEffects(input: AnalysisInput, { rate }: PositiveEffectsOptions): PositiveEffectsRecord[] {
  const labels = Uint32Array.from(input.labels);
  return input.sweeps
    .filter(({ ablations }) => ablations.length > 0)
    .map((measured) => effectsOf(measured, input, labels, rate));
}

function effectsOf(
  measured: MeasuredSweep,
  input: AnalysisInput,
  labels: Uint32Array,
  rate: number,
): PositiveEffectsRecord {
  const ablations = comparable(measured, input.intact);
  const noops = ablations.map((record) => summarize(record, input.intact, input.classNames).noop);
  const tested = ablations
    .flatMap((record, i) => (noops[i] === "exact" ? [] : changesOf(record, input, labels)))
    .filter(({ lost, gained }) => lost + gained > 0);
  const p = tested.map(({ lost, gained }) => mcnemar(lost, gained).p);
  const q = benjaminiHochberg(p);
  const rises = tested
    .map((change, i) => ({ ...change, p: p[i]!, q: q[i]! }))
    .filter(({ lost, gained }) => gained > lost)
    .sort((a, b) => a.q - b.q || a.p - b.p || gainOf(b) - gainOf(a) || a.row - b.row);
  return {
    type: "analysis",
    name: "positive-effects",
    sweep: measured.index,
    tested: tested.length,
    rate,
    effects: rises.slice(0, MOST_EFFECTS).map(({ row, classIndex, lost, gained, n, p, q }) => {
      const { low, high } = pairedDifference(lost, gained, n);
      const gainPp = 100 * gainOf({ lost, gained, n });
      return { row, classIndex, gainPp, interval: [100 * low, 100 * high], lost, gained, n, p, q };
    }),
    rises: rises.length,
    significant: rises.filter(({ q }) => q <= rate).length,
    exactNoops: noops.filter((noop) => noop === "exact").length,
    unmeasured: noops.filter((noop) => noop === "unmeasured").length,
  };
}

const gainOf = ({ lost, gained, n }: Pick<Change, "lost" | "gained" | "n">) => (gained - lost) / n;

/** By class and in all; none where neither the record nor bits say what became of the samples. */
function changesOf(record: AblationRecord, input: AnalysisInput, labels: Uint32Array): Change[] {
  const { row, classLost, classGained } = record;
  const { samples, classSamples } = input.intact;
  // Records count against the baseline.
  const isCounted = input.intact === input.baseline && classLost !== undefined && classGained !== undefined;
  const bits = isCounted ? null : input.bitsOf(row);
  if (!isCounted && bits === null) return [];
  const { lost, gained } = isCounted
    ? { lost: classLost, gained: classGained }
    : changesByClass(input.intactBits, bits!, labels, classSamples.length);
  const byClass = classSamples.map((n, c): Change => ({ row, classIndex: c, lost: lost[c]!, gained: gained[c]!, n }));
  const total = (counts: Iterable<number>) => [...counts].reduce((sum, count) => sum + count, 0);
  return [{ row, classIndex: null, lost: total(lost), gained: total(gained), n: samples }, ...byClass];
}
