import { describe, expect, test } from "vitest";
import { geometricMean, measureAdaptive, summary } from "./measure.ts";

/** Work of a given length on a clock of its own, and how often it was done in each call. */
function work(ms: number) {
  let clockMs = 0;
  const calls: number[] = [];
  const run = async (times: number) => {
    calls.push(times);
    clockMs += times * ms;
  };
  return { run, calls, now: () => clockMs };
}

describe("measureAdaptive", () => {
  test.each([
    ["a fast run several times a call", 0.4, 20, [1, 1, ...new Array<number>(20).fill(25)], 20],
    ["a moderate run as often as asked", 30, 20, new Array<number>(21).fill(1), 20],
    ["a slow run for 10 s at most", 1500, 20, new Array<number>(7).fill(1), 6],
    ["a slower run 3 times", 6000, 20, [1, 1, 1, 1], 3],
    ["what takes over 8 s once", 9000, 20, [1, 1], 1],
    ["no more often than asked", 30, 2, [1, 1, 1], 2],
  ])("times %s", async (_, ms, runs, calls, counted) => {
    const job = work(ms);
    const timing = await measureAdaptive(runs, job.run, job.now);
    expect(job.calls).toEqual(calls);
    expect(timing.runs).toBe(counted);
    expect(timing.medianMs).toBeCloseTo(ms, 9);
  });

  test("does what takes no time a bounded number of times a call", async () => {
    const job = work(0);
    await measureAdaptive(3, job.run, job.now);
    expect(Math.max(...job.calls)).toBe(100);
  });
});

test("summary gives quartiles between order statistics", () => {
  expect(summary([4, 1, 3, 2])).toEqual({ runs: 4, medianMs: 2.5, lowerQuartileMs: 1.75, upperQuartileMs: 3.25 });
});

test("geometricMean takes a half and a double for 1", () => {
  expect(geometricMean([0.5, 2])).toBeCloseTo(1, 12);
  expect(geometricMean([2, 4, 8])).toBeCloseTo(4, 12);
});
