/** Which units are needed for the same samples: those whose ablations lose the same ones, by the Jaccard index. */
import { countBits, popcount } from "../../core/bitset.ts";
import type { OverlapOptions } from "../analysis-options.ts";
import type { OverlapRecord } from "../analysis-records.ts";
import type { AnalysisInput } from "./input.ts";
import { seriation } from "./seriation.ts";
import { mostDamaging, singleUnitsOf } from "./single-units.ts";

/**
 * One record of each sweep, layer and replacement: J_ij, the samples that are lost (right intact, wrong without the unit)
 * without i as well as without j, over those lost without either of the two. Null where there are none; 1 of a unit with
 * itself. Ordered by seriation of 1 - J, two units that lose nothing being alike. Units without bits are left out, and so
 * are, in layers of more than MOST_UNITS units, those that lose least.
 */
export function overlap(input: AnalysisInput, { layers }: OverlapOptions): OverlapRecord[] {
  return singleUnitsOf(input, layers).flatMap((singles) => {
    const { sweep, layer, layerIndex, replacement, units, ablations } = mostDamaging(singles);
    const measured = ablations.flatMap(({ row }, i) => {
      const bits = input.bitsOf(row);
      return bits === null ? [] : [{ unit: units[i]!, lost: lostOf(input.intactBits, bits) }];
    });
    if (measured.length === 0) return [];
    const lost = measured.map((unit) => countBits(unit.lost));
    const jaccard: (number | null)[][] = measured.map(() => []);
    for (let i = 0; i < measured.length; i++) {
      for (let j = 0; j <= i; j++) {
        const shared = i === j ? lost[i]! : countShared(measured[i]!.lost, measured[j]!.lost);
        const either = lost[i]! + lost[j]! - shared;
        jaccard[i]![j] = either === 0 ? null : shared / either;
        jaccard[j]![i] = jaccard[i]![j]!;
      }
    }
    return [
      {
        type: "analysis",
        name: "overlap",
        sweep,
        layer,
        layerIndex,
        replacement,
        units: measured.map(({ unit }) => unit),
        jaccard,
        lost,
        order: seriation(measured.length, (i, j) => 1 - (jaccard[i]![j] ?? 1)),
        n: input.intact.correct,
      },
    ];
  });
}

function lostOf(before: Uint32Array, after: Uint32Array): Uint32Array {
  return before.map((word, w) => word & ~after[w]!);
}

function countShared(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let word = 0; word < a.length; word++) shared += popcount(a[word]! & b[word]!);
  return shared;
}
