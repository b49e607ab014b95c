/**
 * One ablation in all its states, side by side: intact, damaged, recovered in each arm, and the control. The numbers of the
 * comparison's table and bars.
 */
import type { BaselineRecord, Measured } from "../study/records.ts";
import { wilson } from "../study/summary.ts";
import { ARM_TITLES, type Arm } from "./arms.ts";
import { curvesOf } from "./live-recovery.ts";
import type { LiveResults } from "./live-results.ts";

/** A network in one state. Accuracies are 0 .. 1. */
export interface ComparedState {
  readonly kind: "intact" | "damaged" | Arm;
  readonly title: string;
  readonly accuracy: number;
  readonly interval: { readonly low: number; readonly high: number };
  readonly samples: number;
  /** Of what was lost; null where that does not apply. */
  readonly fractionRegained: number | null;
  readonly epochsTo50: number | null;
  readonly epochsTo90: number | null;
  /** Recall of each class; null for a class without samples. */
  readonly recalls: readonly (number | null)[];
  readonly diverged: boolean;
}

/** All states of an ablation that have been measured; nothing before the baseline. */
export function comparedStates(results: LiveResults, row: number | null): readonly ComparedState[] {
  const { baseline, recovery } = results;
  if (baseline === null) return [];
  const state = (
    kind: ComparedState["kind"],
    title: string,
    measured: Pick<Measured, "samples" | "correct" | "classCorrect">,
  ) => ({
    kind,
    title,
    accuracy: measured.correct / measured.samples,
    interval: wilson(measured.correct, measured.samples),
    samples: measured.samples,
    fractionRegained: null,
    epochsTo50: null,
    epochsTo90: null,
    recalls: recallsOf(measured.classCorrect, baseline),
    diverged: false,
  });
  const position = row === null ? undefined : results.positionOf.get(row);
  const ablation = position === undefined ? undefined : results.ablations[position];
  const recovered = curvesOf(recovery, row).map(({ arm, records, summary }): ComparedState => {
    const { fractionRegained = null, epochsTo50 = null, epochsTo90 = null, diverged = false } = summary ?? {};
    return {
      ...state(arm, ARM_TITLES[arm], records.at(-1)!),
      fractionRegained,
      epochsTo50,
      epochsTo90,
      diverged,
    };
  });
  return [
    state("intact", "intact", baseline),
    ...(ablation === undefined ? [] : [state("damaged", "damaged", ablation)]),
    ...recovered,
  ];
}

/** The classes to show: all where they fit, else those that the damage took most from, in their order. */
export function classesShown(states: readonly ComparedState[], most: number): readonly number[] {
  const intact = states.find(({ kind }) => kind === "intact");
  if (intact === undefined) return [];
  const damaged = states.find(({ kind }) => kind === "damaged") ?? intact;
  const drop = (index: number) => (intact.recalls[index] ?? 0) - (damaged.recalls[index] ?? 0);
  return intact.recalls
    .map((_, index) => index)
    .sort((a, b) => drop(b) - drop(a) || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
}

function recallsOf(classCorrect: readonly number[], { classSamples }: BaselineRecord): readonly (number | null)[] {
  return classSamples.map((samples, index) => (samples === 0 ? null : (classCorrect[index] ?? 0) / samples));
}
