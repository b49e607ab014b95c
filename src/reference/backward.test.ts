import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { centralDifferences, gradients } from "./backward.ts";
import { randomChain } from "./chain.fixture.ts";
import { type ChainLayer, forward, logitsOf, type UnitChange } from "./oracle.ts";

const size = fc.integer({ min: 1, max: 5 });
// ReLU is left out: a random step across its kink has no derivative to agree with; a case of its own follows.
const smooth = fc.constantFrom("linear", "sigmoid", "tanh", "gelu", "gelu-tanh", "silu");

/** Largest difference between the chain rule and central differences, over every weight and bias. */
function worstError(layers: readonly ChainLayer[], inputs: Float32Array, labels: Uint16Array, changes: UnitChange[]) {
  const found = gradients(layers, inputs, labels, changes);
  const lossWith = (l: number, part: Partial<ChainLayer>) =>
    gradients(layers.with(l, { ...layers[l]!, ...part }), inputs, labels, changes).loss;
  let worst = 0;
  layers.forEach(({ weight, bias }, l) => {
    const byWeight = centralDifferences((point) => lossWith(l, { weight: point }), Float64Array.from(weight));
    byWeight.forEach((d, i) => {
      worst = Math.max(worst, Math.abs(d - found.layers[l]!.weight[i]!));
    });
    if (bias === null) return;
    const byBias = centralDifferences((point) => lossWith(l, { bias: point }), Float64Array.from(bias));
    byBias.forEach((d, i) => {
      worst = Math.max(worst, Math.abs(d - found.layers[l]!.bias![i]!));
    });
  });
  return worst;
}

describe("gradients", () => {
  test("of a softmax layer worked by hand", () => {
    // x = (1, 2), W = 0: both classes have probability 1/2, so dL/dz = (-1/2, 1/2) for class 0.
    const layer = { inFeatures: 2, outFeatures: 2, weight: new Float64Array(4), bias: new Float64Array(2) };
    const chain = [{ ...layer, activation: { kind: "linear", alpha: 0 } }];
    const found = gradients(chain, Float64Array.of(1, 2), Uint16Array.of(0));
    expect(found.loss).toBeCloseTo(Math.LN2, 15);
    expect([...found.layers[0]!.bias!]).toEqual([-0.5, 0.5]);
    expect([...found.layers[0]!.weight]).toEqual([-0.5, 0.5, -1, 1]);
  });

  test("agree with central differences on odd shapes, damaged or not", () => {
    const shape = fc.record({ seed: fc.integer(), samples: size, x: size, h: size, g: size, kind: smooth });
    fc.assert(
      fc.property(shape, fc.boolean(), fc.boolean(), ({ seed, samples, x, h, g, kind }, biased, damaged) => {
        const { layers, inputs, labels } = randomChain(seed, [x, h, g, 3], samples, kind, biased);
        const changes: UnitChange[] = [
          { layerIndex: 0, unit: h - 1, scale: 0.5, shift: 0.3 },
          { layerIndex: 1, unit: 0, values: new Float64Array(samples).fill(0.7) },
        ];
        expect(worstError(layers, inputs, labels, damaged ? changes : [])).toBeLessThan(1e-8);
      }),
      { numRuns: 40 },
    );
  });

  test.each(["relu", "leaky-relu"])("of %s away from its kink", (kind) => {
    const { layers, inputs, labels } = randomChain(8, [7, 6, 5], 9, kind);
    const kinks = forward(layers, inputs, 9).pre[0]!.map(Math.abs);
    expect(Math.min(...kinks)).toBeGreaterThan(1e-4);
    expect(worstError(layers, inputs, labels, [])).toBeLessThan(1e-8);
  });

  test("by post-activations are how the loss moves with them", () => {
    const { layers, inputs, labels } = randomChain(5, [3, 4, 3], 2, "silu");
    const found = gradients(layers, inputs, labels).layers[0]!.post;
    const post = forward(layers, inputs, 2).post[0]!;
    const tail = [layers[1]!];
    const differences = centralDifferences((point) => gradients(tail, point, labels).loss, post);
    differences.forEach((d, i) => {
      expect(found[i]).toBeCloseTo(d, 8);
    });
  });

  test("of a replaced unit's incoming weights are zero", () => {
    const { layers, inputs, labels } = randomChain(6, [3, 4, 3], 5, "tanh");
    const found = gradients(layers, inputs, labels, [{ layerIndex: 0, unit: 2, scale: 0, shift: 1 }]).layers[0]!;
    expect(found.weight.filter((_, at) => at % 4 === 2).every((g) => g === 0)).toBe(true);
    expect(found.weight.some((g) => g !== 0)).toBe(true);
  });

  test("leave the chain as it was", () => {
    const { layers, inputs, labels } = randomChain(7, [3, 4, 3], 5, "relu");
    const before = structuredClone(layers);
    gradients(layers, inputs, labels);
    expect(layers).toEqual(before);
    expect(logitsOf(forward(layers, inputs, 5)).length).toBe(15);
  });
});

test("centralDifferences of a cubic", () => {
  const found = centralDifferences((p) => p[0]! ** 3 + 2 * p[0]! * p[1]!, Float64Array.of(2, -1));
  expect(found[0]).toBeCloseTo(10, 7);
  expect(found[1]).toBeCloseTo(4, 7);
});
