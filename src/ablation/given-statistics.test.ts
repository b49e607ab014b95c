/** Donors, class means and other samples' activations, gathered from segments whose activations are known. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GivenValues, givenBySample } from "../engine/given.ts";
import type { SampleReplacement } from "../engine/site.ts";
import { donorsOf, GivenStatistics, givenOf, type ReadableSegment } from "./given-statistics.ts";

/** A segment of samples start .. start + labels.length; number `at` of a sample n gives 10 n + at. */
function segmentOf(labels: readonly number[], start: number, width: number): ReadableSegment {
  const values = Float32Array.from(
    { length: labels.length * width },
    (_, i) => 10 * (start + Math.floor(i / width)) + (i % width),
  );
  return {
    // Ranks lie above the labels.
    truths: Uint32Array.from(labels, (label) => label | (7 << 16)),
    activations: async () => values,
    sampleActivations: async () => values,
  };
}

const rowsOf = (given: GivenValues | null) => {
  const flat = givenBySample(given!);
  return [...given!.rowOf.keys()].map((n) => [...flat.subarray(n * given!.width, (n + 1) * given!.width)]);
};

describe("donorsOf", () => {
  test("gives every sample another, the same for the same seed, uniformly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer(), (samples, seed) => {
        const donors = donorsOf(samples, seed);
        expect(donors).toHaveLength(samples);
        expect(donors.every((donor, n) => donor !== n && donor < samples)).toBe(true);
        expect(donorsOf(samples, seed)).toEqual(donors);
      }),
    );
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 3000; seed++) {
      const [, donor] = donorsOf(4, seed);
      counts.set(donor!, (counts.get(donor!) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 2, 3]);
    // 1,000 each, with a standard deviation of 26.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
    expect(donorsOf(100, 1)).not.toEqual(donorsOf(100, 2));
  });

  test("refuses a sample that is alone", () => {
    expect(() => donorsOf(1, 0)).toThrowError(expect.objectContaining({ code: "bad-data" }));
  });
});

describe("GivenStatistics", () => {
  const labels = [3, 0, 3, 3, 0, 5];
  const wanted = (kind: SampleReplacement["kind"]) => [
    { stage: 1, replacement: { kind }, site: "post-activation" as const },
  ];
  const gathered = async (kind: SampleReplacement["kind"], sizes: readonly number[]) => {
    const statistics = new GivenStatistics(labels.length, 8);
    let start = 0;
    for (const size of sizes) {
      await statistics.add(segmentOf(labels.slice(start, start + size), start, 2), start, wanted(kind));
      start += size;
    }
    return statistics;
  };

  test("takes class means over all segments", async () => {
    // Class 3 has samples 0, 2 and 3, class 0 has 1 and 4, class 5 has 5 alone.
    const means = new Map([
      [3, [50 / 3, 53 / 3].map(Math.fround)],
      [0, [25, 26]],
      [5, [50, 51]],
    ]);
    for (const sizes of [[6], [4, 2], [1, 1, 1, 1, 1, 1]]) {
      const statistics = await gathered("class-mean", sizes);
      const on = (start: number, samples: number) =>
        statistics.on({ start, samples })(1, { kind: "class-mean" }, "post-activation");
      expect(rowsOf(await on(0, 6))).toEqual(labels.map((label) => means.get(label)));
      expect(rowsOf(await on(3, 2))).toEqual([means.get(3), means.get(0)]);
    }
  });

  test("takes donors from all segments", async () => {
    const donors = donorsOf(6, 8);
    const statistics = await gathered("resample", [4, 2]);
    const given = await statistics.on({ start: 2, samples: 4 })(1, { kind: "resample" }, "post-activation");
    expect(rowsOf(given)).toEqual([2, 3, 4, 5].map((n) => [10 * donors[n]!, 10 * donors[n]! + 1]));
    const alone = givenOf(segmentOf(labels, 0, 2), 8);
    const whole = await alone(1, { kind: "resample" }, "post-activation");
    expect(rowsOf(whole).slice(2)).toEqual(rowsOf(given));
    expect(await alone(1, { kind: "zero" }, "post-activation")).toBeNull();
  });

  test("refuses to keep more than 1 GiB of activations, with the bytes and a remedy; class means take none", async () => {
    const statistics = new GivenStatistics(2 ** 27, 0);
    const add = (kind: SampleReplacement["kind"]) => statistics.add(segmentOf([0, 1], 0, 3), 0, wanted(kind));
    await expect(add("resample")).rejects.toMatchObject({
      code: "out-of-memory",
      message: expect.stringContaining(`${2 ** 27 * 12} bytes`),
      fix: expect.stringMatching(/data\.limit.*class-mean/),
    });
  });
});
