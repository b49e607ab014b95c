/**
 * Greedy orders of a layer's units: the unit next that does least, or most, damage on top of those that are gone. Accuracy
 * decides; of equal ones the loss does, then the lower unit.
 */

/** What is left of a network without a set of units. */
export interface Left {
  readonly correct: number;
  readonly lossSum: number;
}

/** Measures sets of units, all at once. */
export type Measure = (sets: readonly (readonly number[])[]) => Promise<readonly Left[]>;

/** One step: the unit that goes, and what is left then. */
export interface GreedyStep extends Left {
  readonly unit: number;
}

/**
 * The steps of the order after `begun` units are gone, each as it is found: n(n + 1)/2 measurements for a whole layer, less
 * those of the steps that are begun.
 */
export async function* greedyOrder(
  units: number,
  kind: "least" | "most",
  measure: Measure,
  begun: readonly number[] = [],
): AsyncGenerator<GreedyStep> {
  const gone = [...begun];
  while (gone.length < units) {
    const left = Array.from({ length: units }, (_, unit) => unit).filter((unit) => !gone.includes(unit));
    const found = await measure(left.map((unit) => [...gone, unit].sort((a, b) => a - b)));
    const sign = kind === "least" ? 1 : -1;
    const best = found.reduce((least, each, i) => (sign * compared(each, found[least]!) > 0 ? i : least), 0);
    const unit = left[best]!;
    gone.push(unit);
    yield { unit, ...found[best]! };
  }
}

/** Above 0 where the first is the better network. */
function compared(a: Left, b: Left): number {
  return a.correct - b.correct || b.lossSum - a.lossSum;
}
