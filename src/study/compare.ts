/**
 * Two runs side by side: the same study on two machines, before and after a change of the engine, or two networks under
 * the same ablations. Ablations are matched by what they do, not by their rows, so studies may overlap in part.
 */
import type { AblationRecord, Measured } from "./records.ts";
import type { RunResults } from "./results.ts";
import { siteLabel } from "./summary.ts";

/** How the counts of one evaluation differ: B minus A. */
export interface Difference {
  /** "baseline", or the ablation's units. */
  readonly label: string;
  readonly replacement: string;
  /** Row of the ablation in A and in B; null for the baseline. */
  readonly rows: readonly [number, number] | null;
  readonly correctA: number;
  readonly correctB: number;
  readonly correct: number;
  /** Null where one side did not measure it. */
  readonly correctTop5: number | null;
  readonly loss: number | null;
  /** Sum over classes of the absolute difference of their correct counts: differences that cancel out show here. */
  readonly classes: number;
}

/** How run B differs from run A. */
export interface Comparison {
  /** Whether both are about the same study, model and data, by their hashes. */
  readonly same: { readonly study: boolean; readonly model: boolean; readonly data: boolean };
  readonly baseline: Difference;
  /** Ablations that both have. */
  readonly compared: number;
  /** Those among them whose counts differ, the largest difference first. */
  readonly differences: readonly Difference[];
  /** Labels of ablations that only one has. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  /** Largest absolute difference of a count of correct samples, baseline included. */
  readonly largest: number;
}

/** Compares the results of two runs. Losses differ in their last digits between adapters and make no difference alone. */
export function compareRuns(a: RunResults, b: RunResults): Comparison {
  const ofB = byKey(b.ablations);
  const onlyA: string[] = [];
  const all: Difference[] = [];
  for (const [key, inA] of byKey(a.ablations)) {
    const inB = ofB.get(key);
    if (inB === undefined) {
      onlyA.push(siteLabel(inA.sites));
      continue;
    }
    ofB.delete(key);
    const rows = [inA.row, inB.row] as const;
    all.push({ label: siteLabel(inA.sites), replacement: inA.replacement, rows, ...difference(inA, inB) });
  }
  const baseline = { label: "baseline", replacement: "", rows: null, ...difference(a.baseline, b.baseline) };
  const differences = all.filter(
    ({ correct, correctTop5, classes }) => correct !== 0 || (correctTop5 ?? 0) !== 0 || classes !== 0,
  );
  return {
    same: {
      study: a.run.study === b.run.study,
      model: a.run.model === b.run.model,
      data: a.run.data === b.run.data,
    },
    baseline,
    compared: all.length,
    differences: differences.sort((x, y) => Math.abs(y.correct) - Math.abs(x.correct) || y.classes - x.classes),
    onlyA,
    onlyB: Array.from(ofB.values(), ({ sites }) => siteLabel(sites)),
    largest: [baseline, ...all].reduce((most, { correct }) => Math.max(most, Math.abs(correct)), 0),
  };
}

/** Ablations by sites and replacement; where several do the same (random draws), by their order among those. */
function byKey(ablations: readonly AblationRecord[]): Map<string, AblationRecord> {
  const found = new Map<string, AblationRecord>();
  const repeats = new Map<string, number>();
  for (const ablation of ablations) {
    const sites = ablation.sites.map(({ layerIndex, units }) => `${layerIndex}:${units.join("+")}`).join(",");
    const key = `${sites} ${ablation.replacement}`;
    const repeat = repeats.get(key) ?? 0;
    repeats.set(key, repeat + 1);
    found.set(`${key} ${repeat}`, ablation);
  }
  return found;
}

function difference(a: Measured, b: Measured) {
  const between = (x: number | null | undefined, y: number | null | undefined) =>
    x == null || y == null ? null : y - x;
  const classes = Math.max(a.classCorrect.length, b.classCorrect.length);
  return {
    correctA: a.correct,
    correctB: b.correct,
    correct: b.correct - a.correct,
    correctTop5: between(a.correctTop5, b.correctTop5),
    loss: between(a.loss, b.loss),
    classes: Array.from({ length: classes }, (_, c) =>
      Math.abs((b.classCorrect[c] ?? 0) - (a.classCorrect[c] ?? 0)),
    ).reduce((sum, d) => sum + d, 0),
  };
}
