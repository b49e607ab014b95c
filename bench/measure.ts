/** Repeated timings and their summary: median and quartiles, as every recorded figure is given. */

/** Milliseconds of repeated runs. */
export interface Timing {
  readonly runs: number;
  readonly medianMs: number;
  readonly lowerQuartileMs: number;
  readonly upperQuartileMs: number;
}

/** Times `run` after `warmUps` untimed calls; each timed call counts as `worth` of what is reported. */
export async function measure(
  runs: number,
  worth: number,
  run: (index: number) => Promise<unknown>,
  warmUps = 1,
): Promise<Timing> {
  for (let i = 0; i < warmUps; i++) await run(i);
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const startMs = performance.now();
    await run(i);
    times.push((performance.now() - startMs) / worth);
  }
  return summary(times);
}

/** A measurement takes no longer, unless it needs to for its least runs: 3, or 1 of what takes more than `LONG_RUN_MS`. */
const LONG_MEASUREMENT_MS = 10_000;
const LONG_RUN_MS = 8_000;
const LEAST_RUNS = 3;
/** A timed call takes about so long at least: what is shorter is done several times in it, so that waiting is shared. */
const LEAST_CALL_MS = 10;
const MOST_REPEATS = 100;

/**
 * Times `run`, which does its work `times` times and resolves when all of it is done: at most `runs` timed calls, fewer of
 * what is slow. The first call is not timed, because it compiles. The clock is in milliseconds.
 */
export async function measureAdaptive(
  runs: number,
  run: (times: number) => Promise<unknown>,
  now: () => number = () => performance.now(),
): Promise<Timing> {
  const timed = async (repeats: number) => {
    const startMs = now();
    await run(repeats);
    return (now() - startMs) / repeats;
  };
  await run(1);
  const beginMs = now();
  const firstMs = await timed(1);
  const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.ceil(LEAST_CALL_MS / firstMs)));
  const times = repeats === 1 ? [firstMs] : [];
  const enough = Math.min(runs, firstMs > LONG_RUN_MS ? 1 : LEAST_RUNS);
  const fits = () => now() - beginMs + repeats * firstMs <= LONG_MEASUREMENT_MS;
  while (times.length < enough || (times.length < runs && fits())) times.push(await timed(repeats));
  return summary(times);
}

/** The mean that ratios have: of a half and a double it is 1. Not a number of no values. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Quartiles by linear interpolation between order statistics (Hyndman and Fan 1996, type 7). */
export function summary(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const quantile = (q: number) => {
    const at = q * (sorted.length - 1);
    const low = Math.floor(at);
    return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
  };
  return {
    runs: sorted.length,
    medianMs: quantile(0.5),
    lowerQuartileMs: quantile(0.25),
    upperQuartileMs: quantile(0.75),
  };
}

/** The same measurement told of one of `count` equal parts of what was timed. */
export function shareOf({ runs, medianMs, lowerQuartileMs, upperQuartileMs }: Timing, count: number): Timing {
  return {
    runs,
    medianMs: medianMs / count,
    lowerQuartileMs: lowerQuartileMs / count,
    upperQuartileMs: upperQuartileMs / count,
  };
}

/** "12.3 ms (11.9 to 12.8, n 7)". */
export function timingText({ medianMs, lowerQuartileMs, upperQuartileMs, runs }: Timing): string {
  return `${medianMs.toPrecision(3)} ms (${lowerQuartileMs.toPrecision(3)} to ${upperQuartileMs.toPrecision(3)}, n ${runs})`;
}

/** A peer's line of a summary: its name, its timing, and how many times Lesion's time that is. */
export function peerLine(name: string, timing: Timing, times: number): string {
  return `  ${name.padEnd(38)} ${timingText(timing).padEnd(38)} ${times.toFixed(1)} times Lesion`;
}
