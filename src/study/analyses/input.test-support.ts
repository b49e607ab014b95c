/** Test support: what analyses start from, written as a string of 0 and 1 for each ablation, a digit a sample. */
import { setBit, wordsFor } from "../../core/bitset.ts";
import type { AblationRecord, BaselineRecord, LayerSummary } from "../records.ts";
import type { Sweep } from "../study.ts";
import type { AnalysisInput } from "./input.ts";

/** An ablation: which samples are right with these units off. */
export interface Ablated {
  /** Layer index, and units. */
  readonly sites: readonly (readonly [layerIndex: number, ...units: number[]])[];
  readonly right: string;
  readonly replacement?: string;
  readonly more?: Partial<AblationRecord>;
  /** Its bits were not kept. */
  readonly bitless?: true;
}

/** Two layers, of four and three units. */
export const LAYERS: readonly LayerSummary[] = [
  { layer: "first", layerIndex: 0, units: 4 },
  { layer: "second", layerIndex: 1, units: 3 },
];

export const EACH_UNIT: Sweep = { ablate: "each-unit", layers: "all" };
export const PAIRS: Sweep = { ablate: "pairs", layers: "all", across: false };

/**
 * An input of samples with these labels, intact right where `intact` has a 1, and at the baseline where `baseline` has, which
 * is of other images if it differs. Rows count through the sweeps.
 */
export function inputOf(
  labels: readonly number[],
  intact: string,
  sweeps: readonly { readonly sweep: Sweep; readonly ablations: readonly Ablated[] }[],
  layers = LAYERS,
  baseline = intact,
): AnalysisInput {
  const classes = Math.max(...labels) + 1;
  const classCounts = (right: string) => {
    const counts = Array.from({ length: classes }, () => 0);
    labels.forEach((label, n) => {
      if (right[n] === "1") counts[label]!++;
    });
    return counts;
  };
  const measured = (right: string) => ({
    samples: labels.length,
    correct: classCounts(right).reduce((sum, count) => sum + count, 0),
    classCorrect: classCounts(right),
  });
  const recordOf = (right: string): BaselineRecord => ({
    type: "baseline",
    ...measured(right),
    classSamples: classCounts("1".repeat(labels.length)),
  });
  const own = recordOf(intact);
  const bits = new Map<number, Uint32Array>();
  let row = 0;
  return {
    seed: 7,
    layers,
    classNames: Array.from({ length: classes }, (_, c) => `class ${c}`),
    baseline: baseline === intact ? own : recordOf(baseline),
    baselineBits: bitsOf(baseline),
    intact: own,
    intactBits: bitsOf(intact),
    labels,
    sweeps: sweeps.map(({ sweep, ablations }, index) => ({
      index,
      sweep,
      ablations: ablations.map((ablated, i): AblationRecord => {
        const record: AblationRecord = {
          type: "ablation",
          sweep: index,
          index: i,
          row: row++,
          sites: ablated.sites.map(([layerIndex, ...units]) => ({
            layer: layers[layerIndex]!.layer,
            layerIndex,
            units,
          })),
          replacement: ablated.replacement ?? "zero",
          ...measured(ablated.right),
          ms: 1,
          ...ablated.more,
        };
        if (!ablated.bitless) bits.set(record.row, bitsOf(ablated.right));
        return record;
      }),
    })),
    bitsOf: (wanted) => bits.get(wanted) ?? null,
  };
}

function bitsOf(right: string): Uint32Array {
  const words = new Uint32Array(wordsFor(right.length));
  for (let n = 0; n < right.length; n++) if (right[n] === "1") setBit(words, n);
  return words;
}
