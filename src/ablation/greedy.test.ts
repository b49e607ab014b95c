import { expect, test } from "vitest";
import { type GreedyStep, greedyOrder, type Left } from "./greedy.ts";

/** Units 0 and 1 stand in for each other; unit 2 matters a little, unit 3 not at all, but for the loss. */
const measure = async (sets: readonly (readonly number[])[]): Promise<Left[]> =>
  sets.map((set) => {
    const gone = (unit: number) => set.includes(unit);
    return {
      correct: 100 - (gone(0) && gone(1) ? 50 : 0) - (gone(2) ? 10 : 0),
      lossSum: set.length + (gone(3) ? 0.5 : 0),
    };
  });

async function all(kind: "least" | "most", begun: readonly number[] = []): Promise<GreedyStep[]> {
  const steps: GreedyStep[] = [];
  for await (const step of greedyOrder(4, kind, measure, begun)) steps.push(step);
  return steps;
}

test("the least damage first: one of the two that stand in for each other goes before the loss is spent", async () => {
  const steps = await all("least");
  expect(steps.map(({ unit }) => unit)).toEqual([0, 3, 2, 1]);
  expect(steps.map(({ correct }) => correct)).toEqual([100, 100, 90, 40]);
});

test("the most damage first", async () => {
  expect((await all("most")).map(({ unit }) => unit)).toEqual([2, 3, 0, 1]);
});

test("goes on from where it was", async () => {
  expect(await all("least", [0, 3])).toEqual((await all("least")).slice(2));
});
