/**
 * Outcomes from logits: the intact network's ranks and losses, what masks change, and a training batch's gradient. Logits
 * are multiples of 1/2, so that ties occur and f32 is exact.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { crossEntropy, evaluate, rankOf } from "../reference/oracle.ts";
import { countChanges } from "./counts.fixture.ts";
import { planRank } from "./rank.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { planScore } from "./score.ts";
import { planScoreRows } from "./score-rows.ts";
import { readTally, tallyLayout } from "./tally.ts";
import { packTensor } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const TOP5 = ["nothing", "counts", "bits"] as const;
const classCounts = fc.constantFrom(1, 2, 4, 5, 6, 7, 17);
const halves = (seed: number, count: number) => {
  const draw = random(seed);
  return Float32Array.from({ length: count }, () => (draw.below(13) - 6) / 2);
};
const labelsOf = (seed: number, count: number, classes: number) => {
  const draw = random(seed, "labels");
  return Uint32Array.from({ length: count }, () => draw.below(classes));
};

async function rank(logits: Float32Array, labels: Uint32Array, classes: number, classMajor = false) {
  const images = labels.length;
  const shape = { images, classes, imageStride: classMajor ? 1 : classes, classStride: classMajor ? images : 1 };
  return runPlan(gpu, planRank(shape), {
    logits,
    labels,
    truth: new Uint32Array(images + 3).fill(77),
    losses: new Float32Array(images + 3).fill(UNTOUCHED),
  });
}

describe("rank", () => {
  test("equals the oracle, whichever way the logits lie", async () => {
    await fc.assert(
      fc.asyncProperty(
        classCounts,
        fc.constantFrom(1, 3, 63, 65, 131),
        fc.boolean(),
        fc.integer(),
        async (classes, images, classMajor, seed) => {
          const logits = halves(seed, images * classes);
          const labels = labelsOf(seed, images, classes);
          const wanted = evaluate(logits, Uint16Array.from(labels));
          const laid = classMajor
            ? logits.map((_, at) => logits[(at % images) * classes + Math.floor(at / images)]!)
            : logits;
          const { truth, losses } = await rank(laid, labels, classes, classMajor);
          expect([...truth]).toEqual([...labels.map((label, n) => label | (wanted.ranks[n]! << 16)), 77, 77, 77]);
          expect(largestError(losses.subarray(0, images), wanted.losses)).toBeLessThan(1e-5);
          expect([...losses.subarray(images)]).toEqual(Array(3).fill(UNTOUCHED));
        },
      ),
      { seed: 15, numRuns: 20 },
    );
  });

  test("gives a tie to the lower index", async () => {
    const { truth } = await rank(new Float32Array(9).fill(2), Uint32Array.of(0, 1, 2), 3);
    expect([...truth.subarray(0, 3)].map((word) => word >>> 16)).toEqual([0, 1, 2]);
  });

  test("puts NaN ahead of every number, and a true logit that is NaN behind all", async () => {
    const logits = Float32Array.of(Number.NaN, 1, 2, /**/ 5, Number.NaN, 2, /**/ 5, 1, Number.NaN);
    const labels = Uint32Array.of(0, 0, 1);
    const { truth } = await rank(logits, labels, 3);
    const wanted = [...labels].map((label, n) => rankOf(logits.subarray(3 * n, 3 * n + 3), label));
    expect(wanted).toEqual([3, 1, 2]);
    expect([...truth.subarray(0, 3)].map((word) => word >>> 16)).toEqual(wanted);
  });

  test("keeps losses finite where exponentials would overflow", async () => {
    const { losses } = await rank(Float32Array.of(500, -500, 500, 0, 0, 500), Uint32Array.of(0, 1, 0), 2);
    expect([...losses.subarray(0, 3)]).toEqual([0, 500, 500]);
  });
});

test("score counts what the ranks say, and sums losses as the oracle does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        classes: fc.constantFrom(1, 4, 6),
        masks: fc.integer({ min: 1, max: 4 }),
        images: fc.integer({ min: 1, max: 33 }),
        imageStart: fc.nat(40),
        loss: fc.boolean(),
        top5: fc.constantFrom(...TOP5),
        seed: fc.integer(),
      }),
      async ({ classes, masks, images, imageStart, loss, top5, seed }) => {
        const samples = imageStart + images + 5;
        const labels = labelsOf(seed, samples, classes);
        const intact = halves(seed, samples * classes);
        const before = evaluate(intact, Uint16Array.from(labels)).ranks;
        const logits = halves(seed + 1, masks * images * classes);
        const layout = tallyLayout(classes, samples, top5);
        const { tally } = await runPlan(
          gpu,
          planScore({ masks, images, imageStart, rowStart: layout.words, layout, loss }),
          {
            logits,
            truth: labels.map((label, n) => label | (before[n]! << 16)),
            tally: new Uint32Array((masks + 2) * layout.words),
          },
        );
        for (let mask = 0; mask < masks; mask++) {
          const after = before.slice();
          let lossWanted = 0;
          for (let i = 0; i < images; i++) {
            const row = logits.subarray((mask * images + i) * classes, (mask * images + i + 1) * classes);
            after[imageStart + i] = rankOf(row, labels[imageStart + i]!);
            lossWanted += crossEntropy(row, labels[imageStart + i]!);
          }
          const { lossSum, ...counts } = readTally(tally, mask + 1, layout);
          const wanted = countChanges(classes, labels, before, after);
          expect(counts).toEqual({
            ...wanted,
            ...(top5 === "bits" ? {} : { changed5: null }),
            ...(top5 === "nothing" ? { top5: null } : {}),
          });
          expect(Math.abs(lossSum - (loss ? lossWanted : 0))).toBeLessThan(1e-5 * lossWanted + 2e-5 * images);
        }
        expect(tally.subarray(0, layout.words).every((word) => word === 0)).toBe(true);
        expect(tally.subarray((masks + 1) * layout.words).every((word) => word === 0)).toBe(true);
      },
    ),
    { seed: 16, numRuns: 15 },
  );
});

test("score carries loss sums beyond 32 bits", async () => {
  // 70 samples of 5000 nats each: 70 * 5000 * 2^16 is 5.3 times 2^32.
  const images = 70;
  const layout = tallyLayout(2, images, "counts");
  const shape = { masks: 1, images, imageStart: 0, rowStart: 0, layout, loss: true };
  const { tally } = await runPlan(gpu, planScore(shape), {
    logits: Float32Array.from({ length: 2 * images }, (_, i) => (i % 2 === 0 ? 0 : 5000)),
    truth: new Uint32Array(images),
    tally: new Uint32Array(layout.words),
  });
  expect(readTally(tally, 0, layout).lossSum).toBe(70 * 5000);
});

describe("score-rows", () => {
  const [masks, images] = [3, 33];

  test.each([1, 4, 7])("counts as score does where every image meets every mask: %i classes", async (classes) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...TOP5), fc.integer(), async (top5, seed) => {
        const layout = tallyLayout(classes, images, top5);
        const logits = halves(seed, masks * images * classes);
        const draw = random(seed, "ranks");
        const truth = labelsOf(seed, images, classes).map((label) => label | (draw.below(classes + 1) << 16));
        const tally = new Uint32Array((masks + 1) * layout.words);
        const grid = { masks, images, imageStart: 0, rowStart: 0, layout, loss: true };
        const wanted = await runPlan(gpu, planScore(grid), { logits, truth, tally });
        const order = random(seed).permutation(masks * images);
        const shuffled = Float32Array.from(logits, (_, at) => {
          return logits[order[Math.floor(at / classes)]! * classes + (at % classes)]!;
        });
        const got = await runPlan(gpu, planScoreRows(masks * images, layout, true), {
          ...{ logits: packTensor(shuffled, masks * images, [classes]), truth, tally },
          rows: Uint32Array.from([...order].flatMap((row) => [row % images, Math.floor(row / images)])),
        });
        expect(got.tally).toEqual(wanted.tally);
      }),
      { seed: 1337, numRuns: 8 },
    );
  });

  test("counts the listed images of each mask alone", async () => {
    const classes = 6;
    const layout = tallyLayout(classes, images, "bits");
    const labels = labelsOf(4, images, classes);
    const before = evaluate(halves(4, images * classes), Uint16Array.from(labels)).ranks;
    const rows = Array.from({ length: images }, (_, n) => [(n * 7) % images, n % masks] as const);
    const logits = halves(5, rows.length * classes);
    const { tally } = await runPlan(gpu, planScoreRows(rows.length, layout, false), {
      logits: packTensor(logits, rows.length, [classes]),
      truth: labels.map((label, n) => label | (before[n]! << 16)),
      rows: Uint32Array.from(rows.flat()),
      tally: new Uint32Array(masks * layout.words),
    });
    for (let mask = 0; mask < masks; mask++) {
      const after = before.slice();
      rows.forEach(([image, of], row) => {
        if (of === mask) after[image] = rankOf(logits.subarray(row * classes, (row + 1) * classes), labels[image]!);
      });
      const { lossSum, ...counts } = readTally(tally, mask, layout);
      expect(counts).toEqual(countChanges(classes, labels, before, after));
      expect(lossSum).toBe(0);
    }
  });
});
