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

/** "12.3 ms (11.9 to 12.8, n 7)". */
export function timingText({ medianMs, lowerQuartileMs, upperQuartileMs, runs }: Timing): string {
  return `${medianMs.toPrecision(3)} ms (${lowerQuartileMs.toPrecision(3)} to ${upperQuartileMs.toPrecision(3)}, n ${runs})`;
}

/** A peer's line of a summary: its name, its timing, and how many times Lesion's time that is. */
export function peerLine(name: string, timing: Timing, times: number): string {
  return `  ${name.padEnd(38)} ${timingText(timing).padEnd(38)} ${times.toFixed(1)} times Lesion`;
}
