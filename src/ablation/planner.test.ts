/** Plans are complete, cheap where they can be, and within their budget; what they say they cost can be worked by hand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import type { Ablation } from "./ablation.ts";
import { randomProblem } from "./chain.fixture.ts";
import { entryMacs, suffixMacs } from "./grouping.ts";
import { type PlanRequest, planSweep } from "./planner.ts";

type Sites = Ablation["sites"];

/** `units` masked in `layerIndex` alone. */
const at = (layerIndex: number, ...units: number[]): Sites => [{ layerIndex, units }];
const first = (count: number) => [...Array(count).keys()];

function request(sizes: readonly number[], sites: readonly Sites[], options: Partial<PlanRequest> = {}): PlanRequest {
  const { chain } = randomProblem(1, sizes, 1, "relu");
  const ablations = sites.map(
    (sitesOf, row): Ablation => ({ sweep: 0, index: row, row, sites: sitesOf, replacement: { kind: "zero" } }),
  );
  return {
    chain,
    ablations: { count: ablations.length, at: (row) => ablations[row]! },
    skip: () => false,
    samples: 1000,
    chunkBytesPerSample: sizes[0]! * 5,
    budgetBytes: 2 ** 28,
    isProcessor: true,
    bindingBytes: 2 ** 27,
    ...options,
  };
}

describe("groups", () => {
  test("come deep first, and small masks first within", () => {
    const sites = [at(0, 1, 2), at(1, 3), at(0, 4), at(1, 0, 1), at(0, 0), at(1, 2)];
    const { steps, ablations } = planSweep(request([8, 5, 4, 3], sites));
    expect(steps.map(({ stage, rows }) => [stage, [...rows]])).toEqual([
      [1, [1, 5, 3]],
      [0, [2, 4, 0]],
    ]);
    expect(ablations).toBe(6);
  });

  test("are apart by replacement", () => {
    const base = request([8, 5, 4, 3], [at(0, 1), at(0, 2), at(0, 1)]);
    const ablations = {
      count: 3,
      at: (row: number): Ablation => ({
        ...base.ablations.at(row),
        replacement: row === 1 ? { kind: "constant", value: 2 } : { kind: "zero" },
      }),
    };
    const { steps } = planSweep({ ...base, ablations });
    expect(steps.map(({ replacement, rows }) => [replacement.kind, [...rows]])).toEqual([
      ["zero", [0, 2]],
      ["constant", [1]],
    ]);
  });

  test("know which stages are masked further down", () => {
    const both: Sites = [
      { layerIndex: 0, units: [1] },
      { layerIndex: 2, units: [0] },
    ];
    const { steps } = planSweep(request([8, 5, 4, 3, 3], [both, [both[0]!, { layerIndex: 1, units: [2] }]]));
    expect(steps.map(({ stage, tail, deeper }) => ({ stage, tail, deeper }))).toEqual([
      { stage: 0, tail: "layered", deeper: [1, 2] },
    ]);
  });

  test("leave out what is to be skipped", () => {
    const { steps, ablations, macsWhole } = planSweep(
      request([8, 5, 4, 3], [at(0, 0), at(0, 1), at(1, 0)], { skip: (row) => row !== 1 }),
    );
    expect(steps.map(({ rows }) => [...rows])).toEqual([[1]]);
    expect(ablations).toBe(1);
    expect(macsWhole).toBe(1000 * (8 * 5 + 5 * 4 + 4 * 3));
  });

  test("may be none", () => {
    const plan = planSweep(request([8, 5, 3], [at(0, 1)], { skip: () => true }));
    expect(plan).toMatchObject({ steps: [], ablations: 0, macs: 0, macsWhole: 0 });
    expect(plan.peakBytes).toBeGreaterThan(0);
  });
});

describe("the way in and on", () => {
  test("is fused where one or two small layers are left, however many units are masked", () => {
    const { steps } = planSweep(request([8, 40, 9, 5], [at(0, 1), at(0, ...first(40)), at(1, 0)]));
    expect(steps.map(({ stage, tail, entry }) => [stage, tail, entry])).toEqual([
      [1, "fused", "delta"],
      [0, "fused", "delta"],
    ]);
  });

  test("is layered where the rest is deep, wide, or masked again", () => {
    const tailOf = (sizes: number[], sites: Sites) => planSweep(request(sizes, [sites])).steps[0]!.tail;
    expect(tailOf([8, 6, 5, 4, 3], at(0, 1))).toBe("layered");
    expect(tailOf([8, 6, 5, 4, 3], at(1, 1))).toBe("fused");
    expect(tailOf([8, 6, 5, 33], at(0, 1))).toBe("layered");
    expect(tailOf([8, 6, 5, 32], at(0, 1))).toBe("fused");
    expect(tailOf([8, 6, 129, 32], at(0, 1))).toBe("layered");
    expect(tailOf([8, 6, 5, 4], [...at(0, 1), ...at(1, 1)])).toBe("layered");
  });

  test("subtracts up to an eighth of a layer, and two units always, and multiplies anew beyond", () => {
    const entries = (units: number) =>
      [1, 2, 3, 8, 9, units].map(
        (count) => planSweep(request([8, units, 6, 5, 4], [at(0, ...first(count))])).steps[0]!.entry,
      );
    expect(entries(64)).toEqual(["delta", "delta", "delta", "delta", "masked-gemm", "masked-gemm"]);
    expect(entries(9)).toEqual(["delta", "delta", "masked-gemm", "masked-gemm", "masked-gemm", "masked-gemm"]);
  });
});

describe("multiply-accumulates", () => {
  test("of entries and suffixes, by hand", () => {
    const { chain } = request([8, 7, 6, 5, 4], []);
    expect(entryMacs(chain, 0, "delta", 2)).toBe(2 * 6);
    expect(entryMacs(chain, 0, "masked-gemm", 2)).toBe(7 * 6);
    expect(suffixMacs(chain, 0)).toBe(6 * 5 + 5 * 4);
    expect(suffixMacs(chain, 2)).toBe(0);
  });

  test("of the published sweep: 20 units and 190 pairs of the first layer of 784-20-10-10", () => {
    const pairs = first(20).flatMap((a) => first(a).map((b) => at(0, b, a)));
    const plan = planSweep(
      request([784, 20, 10, 10], [...first(20).map((unit) => at(0, unit)), ...pairs], { samples: 10_000 }),
    );
    // A single unit: 1 x 10 to enter, 10 x 10 on; a pair: 2 x 10 and 10 x 10.
    expect(plan.macs).toBe(10_000 * (20 * 110 + 190 * 120));
    expect(plan.macsWhole).toBe(10_000 * 210 * (784 * 20 + 20 * 10 + 10 * 10));
    expect(plan.steps.reduce((sum, { macs }) => sum + macs, 0)).toBe(plan.macs);
  });
});

/** Networks, masks, samples and budgets of all sorts. */
const requests = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 3, maxLength: 6 }),
    samples: fc.integer({ min: 1, max: 40_000 }),
    budgetBytes: fc.integer({ min: 2 ** 17, max: 2 ** 27 }),
    bindingBytes: fc.constantFrom(2 ** 20, 2 ** 27),
    isProcessor: fc.boolean(),
    draws: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 60 }),
  })
  .map(({ sizes, draws, ...options }) => {
    const layers = sizes.length - 2;
    const sites = draws.map(([where, count, deeper]): Sites => {
      const layerIndex = where % layers;
      const one = at(layerIndex, ...first(1 + (count % sizes[layerIndex + 1]!)));
      return deeper && layerIndex + 1 < layers ? [...one, ...at(layerIndex + 1, 0)] : one;
    });
    return request(sizes, sites, options);
  });

test("every plan computes every row once, within its budget, in whole words of samples", () => {
  let planned = 0;
  fc.assert(
    fc.property(requests, (asked) => {
      let plan: ReturnType<typeof planSweep>;
      try {
        plan = planSweep(asked);
      } catch (error) {
        expect(error).toMatchObject({ code: "out-of-memory" });
        return;
      }
      planned++;
      const rows = plan.steps.flatMap((step) => [...step.rows]).sort((a, b) => a - b);
      expect(rows).toEqual(first(asked.ablations.count));
      expect(plan.peakBytes).toBeLessThanOrEqual(asked.budgetBytes);
      expect(plan.samplesPerSegment).toBeLessThanOrEqual(asked.samples);
      if (plan.samplesPerSegment < asked.samples) expect(plan.samplesPerSegment % 64).toBe(0);
      expect(plan.chunk % 64).toBe(0);
      expect(plan.chunk * asked.chunkBytesPerSample).toBeLessThanOrEqual(
        Math.max(asked.bindingBytes, 64 * asked.chunkBytesPerSample),
      );
      for (const step of plan.steps) {
        expect(step.masksPerBatch).toBeGreaterThanOrEqual(1);
        expect(step.masksPerBatch).toBeLessThanOrEqual(step.rows.length);
        expect(step.rowsAtOnce).toBeGreaterThanOrEqual(64);
        const sizes = [...step.rows].map((row) =>
          asked.ablations.at(row).sites.reduce((sum, { units }) => sum + units.length, 0),
        );
        expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
        for (const row of step.rows) {
          const { sites } = asked.ablations.at(row);
          expect(sites[0]!.layerIndex).toBe(step.stage);
          expect(step.deeper).toEqual(expect.arrayContaining(sites.slice(1).map(({ layerIndex }) => layerIndex)));
        }
      }
      const stages = plan.steps.map(({ stage }) => stage);
      expect(stages).toEqual(stages.toSorted((a, b) => b - a));
    }),
    { seed: 22, numRuns: 300 },
  );
  expect(planned).toBeGreaterThan(150);
});

test("a budget that does not hold 64 samples is refused with both numbers, and the one asked for is enough", () => {
  const asked = request([784, 20, 10, 10], [at(0, 1)], { budgetBytes: 100_000 });
  let refusal: LesionError | null = null;
  try {
    planSweep(asked);
  } catch (error) {
    if (error instanceof LesionError) refusal = error;
  }
  expect(refusal).toMatchObject({ code: "out-of-memory", where: "--memory" });
  const { needed, budgetBytes } = refusal!.detail as { needed: number; budgetBytes: number };
  expect(budgetBytes).toBe(100_000);
  expect(refusal!.message).toContain(String(needed));
  expect(refusal!.message).toContain("100000");
  expect(refusal!.fix).toContain(`${Math.ceil(needed / 2 ** 20)} MiB`);
  expect(planSweep({ ...asked, budgetBytes: needed }).samplesPerSegment).toBe(64);
});
