/**
 * How shares of many networks are spread, counted as they come: quartiles of 100,000 accuracies cost a walk through 2,001
 * counters, and only when one has changed.
 */

/** Shares are counted to a twentieth of a percentage point. */
const STEPS = 2000;

export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface Spread {
  readonly counts: Uint32Array;
  total: number;
  /** Of what has been added; null where something was added since. */
  known: Quartiles | null;
}

export function emptySpread(): Spread {
  return { counts: new Uint32Array(STEPS + 1), total: 0, known: null };
}

/** Takes in a share, 0 .. 1. */
export function addShare(spread: Spread, share: number): void {
  const step = Math.round(share * STEPS);
  spread.counts[step] = spread.counts[step]! + 1;
  spread.total++;
  spread.known = null;
}

/** Shares that a quarter, half and three quarters do not exceed; null of none. */
export function quartilesOf(spread: Spread): Quartiles | null {
  if (spread.total === 0) return null;
  spread.known ??= {
    low: shareAt(spread, 0.25),
    median: shareAt(spread, 0.5),
    high: shareAt(spread, 0.75),
  };
  return spread.known;
}

function shareAt({ counts, total }: Spread, part: number): number {
  let seen = 0;
  for (let step = 0; step <= STEPS; step++) {
    seen += counts[step]!;
    if (seen >= part * total) return step / STEPS;
  }
  return 1;
}
