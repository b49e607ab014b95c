/** Test support: what a tally must hold, counted sample by sample in the plainest way. */
import { setBit, wordsFor } from "../core/bitset.ts";
import type { ClassChanges } from "./tally.ts";

/** Counts of one mask, in the shape that `readTally` gives, losses left out. */
export interface Counts {
  readonly classLost: Uint32Array;
  readonly classGained: Uint32Array;
  readonly top5: ClassChanges;
  readonly changed: Uint32Array;
  readonly changed5: Uint32Array;
}

/** From each sample's label, and the rank of its true class before and after; `visited` alone count, where given. */
export function countChanges(
  classes: number,
  labels: ArrayLike<number>,
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  visited?: ReadonlySet<number>,
): Counts {
  const classLost = new Uint32Array(classes);
  const classGained = new Uint32Array(classes);
  const changed = new Uint32Array(wordsFor(labels.length));
  const changed5 = new Uint32Array(wordsFor(labels.length));
  const top5 = { lost: new Uint32Array(classes), gained: new Uint32Array(classes) };
  for (let n = 0; n < labels.length; n++) {
    if (visited && !visited.has(n)) continue;
    const label = labels[n]!;
    if (before[n] === 0 && after[n] !== 0) classLost[label] = classLost[label]! + 1;
    if (before[n] !== 0 && after[n] === 0) classGained[label] = classGained[label]! + 1;
    if ((before[n] === 0) !== (after[n] === 0)) setBit(changed, n);
    if (before[n]! < 5 && after[n]! >= 5) top5.lost[label] = top5.lost[label]! + 1;
    if (before[n]! >= 5 && after[n]! < 5) top5.gained[label] = top5.gained[label]! + 1;
    if (before[n]! < 5 !== after[n]! < 5) setBit(changed5, n);
  }
  return { classLost, classGained, top5, changed, changed5 };
}
