import { expect, test } from "vitest";
import { OPTIMAL_EVALUATIONS, searchOptimal } from "./optimal-constants.ts";

test("finds the least of convex losses, all units at once", async () => {
  const least = [0.3, -1.2, 2.5, 0];
  let calls = 0;
  const { constants, losses } = await searchOptimal({ means: [0, 0, 1, 0], deviations: [1, 1, 1, 0.5] }, async (at) => {
    calls++;
    return at.map((x, unit) => (x - least[unit]!) ** 2 + unit);
  });
  expect(calls).toBe(OPTIMAL_EVALUATIONS);
  // The bracket is 2 grid steps, 1.5 deviations; eight sections and the first leave 0.618^9 of it.
  for (const [unit, x] of constants.entries()) expect(Math.abs(x - least[unit]!)).toBeLessThan(1.5 * 0.618 ** 9 + 1e-9);
  for (const [unit, loss] of losses.entries()) expect(loss).toBeCloseTo(unit, 2);
});

test("is never worse than 0 or the mean, even where the loss is rugged", async () => {
  const loss = (x: number) => Math.sin(9 * x) + 0.1 * x * x;
  const { losses } = await searchOptimal({ means: [0.52], deviations: [1] }, async (at) => at.map(loss));
  expect(losses[0]).toBeLessThanOrEqual(Math.min(loss(0), loss(0.52)));
});

test("of a unit that never moves, its own value is as good as any", async () => {
  const { constants } = await searchOptimal({ means: [0.7], deviations: [0] }, async (at) =>
    at.map((x) => Math.abs(x - 0.7)),
  );
  expect(constants).toEqual([0.7]);
});
