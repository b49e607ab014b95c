/** How t-SNE's columns are split: every column once, within what bindings and submits allow, and sums into parts that cover. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KernelPlan } from "./plan.ts";
import { planTsneAffinities } from "./tsne-affinities.ts";
import { planTsneBandwidth } from "./tsne-bandwidth.ts";
import { partParameters, points4Of, TSNE_TILE4, tsneBlockBytes, tsneBlocks, tsneColumns } from "./tsne-columns.ts";
import { planTsneDistances } from "./tsne-distances.ts";
import { planTsneDivergence } from "./tsne-divergence.ts";
import { planTsneForces } from "./tsne-forces.ts";
import { planTsneStep } from "./tsne-step.ts";
import { planTsneTotal } from "./tsne-total.ts";

const counts = fc.oneof(fc.integer({ min: 4, max: 60 }), fc.integer({ min: 4, max: 10_000 }));

test("blocks and dispatches have every column once", () => {
  fc.assert(
    fc.property(
      counts,
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 2, max: 128 }),
      (points, columns, mebibytes) => {
        const bindingBytes = mebibytes * 2 ** 20;
        const blocks = tsneBlocks(points, bindingBytes);
        let next = 0;
        for (const block of blocks) {
          expect(tsneBlockBytes(points, block)).toBeLessThanOrEqual(bindingBytes);
          expect(block.first4).toBe(next);
          for (const { from4, count4 } of tsneColumns(points, block, columns)) {
            expect(from4).toBe(next);
            expect(count4).toBeGreaterThan(0);
            expect(count4 % TSNE_TILE4).toBe(0);
            expect(4 * count4).toBeLessThanOrEqual(Math.max(4 * TSNE_TILE4, columns));
            next += count4;
          }
          expect(next).toBe(block.first4 + block.stride4);
        }
        expect(next).toBe(points4Of(points));
        const wholeBytes = blocks.reduce((sum, block) => sum + tsneBlockBytes(points, block), 0);
        expect(wholeBytes).toBe((4 * points4Of(points)) ** 2 * 4);
        const most = Math.floor(bindingBytes / tsneBlockBytes(points, { first4: 0, stride4: TSNE_TILE4 }));
        expect(blocks).toHaveLength(Math.ceil(points4Of(points) / TSNE_TILE4 / most));
      },
    ),
    { seed: 31, examples: [[10_000, 400, 128]] },
  );
});

test("10,000 points take four blocks of the default binding", () => {
  // 10,016 x 10,016 numbers are 401.3 MB, and 128 MiB hold 104 of their 313 tiles.
  expect(tsneBlocks(10_000, 2 ** 27).map(({ stride4 }) => stride4)).toEqual([624, 624, 624, 632]);
  expect(() => tsneBlocks(10_000, 1000)).toThrow(/10000 points .* 1000 bytes/);
});

describe.each([true, false])("on a processor: %s", (isProcessor) => {
  test("parts cover all points, none of them too long for f32", () => {
    fc.assert(
      fc.property(counts, (points) => {
        const { parts, partSize } = partParameters(isProcessor, points);
        expect(parts).toBeGreaterThanOrEqual(1);
        expect(partSize % 4).toBe(0);
        expect(partSize).toBeLessThanOrEqual(1024);
        expect(parts * partSize).toBeGreaterThanOrEqual(points);
      }),
      { seed: 32 },
    );
  });

  test("plans have a thread for each result, and every parameter that their shader declares", () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 4, max: 4000 }), (points, count) => {
        const columns = tsneColumns(points, tsneBlocks(points, 2 ** 27)[0]!, count)[0]!;
        const { parts } = partParameters(isProcessor, points);
        const settings = { exaggeration: 1, momentum: 0.8, rate: 50 };
        const plans: readonly (readonly [KernelPlan, number])[] = [
          [planTsneDistances(columns, 3, isProcessor), points4Of(points) * columns.count4],
          [planTsneBandwidth(columns, { perplexity: 2, first: true }, isProcessor), columns.count4],
          [planTsneAffinities(columns, isProcessor), 4 * points4Of(points) * columns.count4],
          [planTsneForces(columns, isProcessor), (parts * columns.count4) / (isProcessor ? 4 : 1)],
          [planTsneDivergence(columns, isProcessor), parts * columns.count4],
          [planTsneTotal(points, isProcessor), 256],
          [planTsneStep(points, settings, isProcessor), points],
        ];
        for (const [{ shader, constants, parameters, workgroups }, threads] of plans) {
          const [x, y] = workgroups;
          const needed = threads / (constants["WORKGROUP"] ?? shader.constants["WORKGROUP"]!);
          expect(x * y, shader.name).toBeGreaterThanOrEqual(needed);
          expect(x * (y - 1), shader.name).toBeLessThan(needed);
          expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
          const uniform = Object.values(shader.bindings).find(({ kind }) => kind === "uniform")!;
          expect(Object.keys(parameters).sort(), shader.name).toEqual(Object.keys(uniform.fields).sort());
          expect(Object.values(parameters).every(Number.isFinite)).toBe(true);
        }
      }),
      { seed: 33 },
    );
  });
});
