/** Probes of gradients on paper: what they cost, and what fits. */
import { expect, test } from "vitest";
import { denseNet } from "../training/training-nets.fixture.ts";
import { gradientMacsPerSample, planGradients } from "./gradient-layout.ts";
import { drawProbe } from "./probe.fixture.ts";

test("costs the forward pass and, from the first layer asked for on, one more, or two where weights are asked for", () => {
  const network = denseNet(1, [11, 9, 6, 5]);
  const [first, second, third] = [11 * 9, 9 * 6, 6 * 5];
  const of = (layer: string, weights: boolean) => gradientMacsPerSample(network, [layer], weights);
  expect(of("d0", true)).toBe(3 * (first + second + third));
  expect(of("d1", true)).toBe(first + 3 * (second + third));
  expect(of("d0", false)).toBe(2 * (first + second + third));
  expect(of("d1", false)).toBe(first + 2 * (second + third));
});

test("without gradients by weights memory holds the weights once", () => {
  const network = denseNet(1, [400, 1000, 1000, 5]);
  const { source } = drawProbe(network, 5);
  const parameters = 4 * (400 * 1000 + 1000 * 1000 + 1000 * 5 + 2005);
  const plan = (weights: boolean, budgetBytes: number) => {
    const limits = { isProcessor: false, budgetBytes, bindingBytes: 2 ** 27 };
    return planGradients(limits, { ...source, network, batch: 5, weights }, ["d0", "d1"]).planned;
  };
  // Weights as they are, and one layer's transposed at a time.
  const budgetBytes = parameters + 4 * 1000 * 1000 + 2 ** 19;
  expect(() => plan(true, budgetBytes)).toThrow(/the gradients of one sample take/);
  const { layout, sizes, plan: fitting } = plan(false, budgetBytes);
  expect(layout.capacity).toBe(5);
  expect(fitting.bytes).toBeLessThanOrEqual(budgetBytes);
  expect(
    [...sizes.keys()].filter((purpose) => /^(gradients|gradient sums|parameters|weight products)/.test(purpose)),
  ).toEqual([]);
});
