/**
 * Rank correlations of points that are sorted once: a bootstrap sample of them is how often each point was drawn, so that
 * thousands of samples need no further sort.
 */

/** Points as ranks: equal values share one, from 0 without gaps. */
export interface PairedRanks {
  /** The points by ascending x. */
  readonly order: Uint32Array;
  /** [points]. */
  readonly x: Uint32Array;
  readonly y: Uint32Array;
  /** Different values of x, and of y. */
  readonly levelsX: number;
  readonly levelsY: number;
}

/** Sorts points (x[i], y[i]), as many of both, no NaN among them. */
export function pairedRanks(x: ArrayLike<number>, y: ArrayLike<number>): PairedRanks {
  const byX = denseRanks(x);
  const byY = denseRanks(y);
  return { order: byX.order, x: byX.ranks, y: byY.ranks, levelsX: byX.levels, levelsY: byY.levels };
}

/**
 * Kendall's tau-b (1945, Biometrika 33:239) of points that count `counts[i]` times each. Knight's order (1966, JASA 61:436):
 * points are gone through by ascending x, and those before a point that are below and above it in y are looked up, here in a
 * Fenwick tree (1994): n log n steps. NaN where a side is constant.
 */
export function kendallOfCounts({ order, x, y, levelsY }: PairedRanks, counts: ArrayLike<number>): number {
  const tree = new Float64Array(levelsY + 1);
  const upTo = (level: number) => {
    let sum = 0;
    for (let i = level + 1; i > 0; i &= i - 1) sum += tree[i]!;
    return sum;
  };
  const add = (level: number, count: number) => {
    for (let i = level + 1; i <= levelsY; i += i & -i) tree[i]! += count;
  };
  let before = 0;
  let agreement = 0;
  let tiedX = 0;
  for (let start = 0; start < order.length; ) {
    const level = x[order[start]!]!;
    let end = start;
    // Points of equal x are compared with those before, not among each other.
    for (; end < order.length && x[order[end]!] === level; end++) {
      const point = order[end]!;
      const count = counts[point]!;
      if (count > 0) agreement += count * (upTo(y[point]! - 1) - (before - upTo(y[point]!)));
    }
    const first = before;
    for (let i = start; i < end; i++) {
      const point = order[i]!;
      before += counts[point]!;
      if (counts[point]! > 0) add(y[point]!, counts[point]!);
    }
    tiedX += (before - first) ** 2;
    start = end;
  }
  const tiedY = levelCounts(y, levelsY, counts).reduce((sum, count) => sum + count * count, 0);
  const untied = Math.sqrt((before ** 2 - tiedX) / 2) * Math.sqrt((before ** 2 - tiedY) / 2);
  return Math.max(-1, Math.min(1, agreement / untied));
}

/** Mean ranks from 1 of points that count `counts[i]` times each, [points]: `x` or `y` of `pairedRanks`. */
export function meanRanksOfCounts(ranks: Uint32Array, levels: number, counts: ArrayLike<number>): Float64Array {
  const byLevel = levelCounts(ranks, levels, counts);
  let before = 0;
  for (let level = 0; level < levels; level++) {
    const count = byLevel[level]!;
    byLevel[level] = before + (count + 1) / 2;
    before += count;
  }
  return Float64Array.from(ranks, (level) => byLevel[level]!);
}

function levelCounts(ranks: Uint32Array, levels: number, counts: ArrayLike<number>): Float64Array {
  const result = new Float64Array(levels);
  for (let i = 0; i < ranks.length; i++) result[ranks[i]!]! += counts[i]!;
  return result;
}

function denseRanks(values: ArrayLike<number>) {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Uint32Array(values.length);
  let level = 0;
  order.forEach((point, i) => {
    if (i > 0 && values[point] !== values[order[i - 1]!]) level++;
    ranks[point] = level;
  });
  return { order, ranks, levels: values.length === 0 ? 0 : level + 1 };
}
