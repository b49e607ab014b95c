import { describe, expect, test } from "vitest";
import { type PlanReport, totalOf } from "../study/plan-report.ts";
import { planLines } from "./plan-lines.ts";

const step = {
  ...{ layer: "dense_0", layerIndex: 0, ablations: 8, entry: "delta", tail: "fused" },
  ...{ masksPerBatch: 8, samplesPerBatch: 200, batches: 1, macs: 88_000, bytes: 40_000 },
};
const sweeps = {
  ...{ ablations: 8, ranked: 0, samples: 200, macs: 88_000, macsWhole: 8_800_000, peakBytes: 2 ** 20 },
  ...{
    budgetBytes: 2 ** 31,
    predictedMs: 15,
    steps: [step],
    training: null,
    analyses: [],
    recovery: null,
    warnings: [],
  },
} satisfies Omit<PlanReport, "total">;
const linesOf = (change: Partial<PlanReport> = {}) => {
  const report = { ...sweeps, ...change };
  return planLines({ ...report, total: totalOf(report) }, 100);
};

const training = { epochs: 100, samples: 60_000, macs: 304e9, ms: 200_000 };
const recovery = {
  ...{ networks: 91, epochs: 5, copiesAtOnce: 31, bytes: 2 ** 26, macs: 784e9, ms: 340_000 },
  prefix: "none" as const,
};

describe("the lines of a plan", () => {
  test("of sweeps alone say one time, and the layers", () => {
    const lines = linesOf();
    expect(lines.slice(0, 4)).toEqual([
      "8 ablations of 200 samples",
      "compute   88.0 kMAC, 100 times less than whole networks (8.8 MMAC)",
      "memory    1.0 MiB at most, of a budget of 2.0 GiB",
      "time      about 15 ms",
    ]);
    expect(lines.at(-1)).toMatch(/^0 dense_0 +8 +delta/);
  });

  test("add training, analyses and recovery to the time", () => {
    const analyses = [
      { name: "gain-search", ablations: 185, macs: 6.9e9, ms: 9000 },
      { name: "overlap", ablations: 0, macs: 0, ms: 0 },
    ];
    const lines = linesOf({ training, recovery, analyses });
    expect([lines[3], ...lines.slice(5, 11)]).toEqual([
      "time      about 9 min 09 s: training 3 min 20 s, sweeps 15 ms, analyses 9.0 s, recovery 5 min 40 s",
      "training  100 epochs of 60,000 samples, 304 GMAC, about 3 min 20 s",
      "analyses  2, about 9.0 s at most",
      "          gain-search: 185 ablations at most, 6.9 GMAC besides, about 9.0 s",
      "          overlap: no evaluations of its own",
      "recovery  91 networks of 5 epochs, 784 GMAC, about 5 min 40 s",
      "          31 at once in 64.0 MiB",
    ]);
  });

  test("name no time of analyses that take none", () => {
    const lines = linesOf({ analyses: [{ name: "overlap", ablations: 0, macs: 0, ms: 0 }] });
    expect(lines.slice(5, 7)).toEqual(["analyses  1", "          overlap: no evaluations of its own"]);
  });

  test("say of what the time is not known", () => {
    const lines = linesOf({ training: { ...training, ms: null } });
    expect(lines[3]).toBe("time      about 15 ms; not known of training, too large to try");
    expect(lines[5]).toBe("training  100 epochs of 60,000 samples, 304 GMAC, time not known");
  });

  test("name what cannot be made instead of a price", () => {
    const lines = linesOf({ warnings: ['analyses[0], "depth", cannot be made: it needs a sweep.'] });
    expect(lines[5]).toBe('warning   analyses[0], "depth", cannot be made: it needs a sweep.');
  });

  test("of an adaptive sweep alone have its ablations and its time, and no table", () => {
    const analyses = [{ name: "adaptive sweep 0", ablations: 13, macs: 3.8e6, ms: 600 }];
    const none = { ablations: 0, macs: 0, macsWhole: 0, predictedMs: 0, steps: [] };
    const lines = linesOf({ ...none, ranked: 13, analyses });
    expect(lines[0]).toBe("13 ablations of 200 samples at most in adaptive sweeps");
    expect(lines[2]).toBe("time      about 600 ms");
    expect(lines[3]).toBe("          besides starting the browser, compiling kernels, and making or reading samples");
    expect(lines.at(-1)).toBe("          adaptive sweep 0: 13 ablations at most, 3.8 MMAC besides, about 600 ms");
    expect(linesOf({ ranked: 13, analyses })[0]).toBe(
      "8 ablations of 200 samples, 13 ablations of 200 samples at most in adaptive sweeps",
    );
  });
});
