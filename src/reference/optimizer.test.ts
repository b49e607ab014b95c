import { describe, expect, test } from "vitest";
import { type AdamMoments, adamStep, clipFactor, sgdStep } from "./optimizer.ts";

describe("sgdStep", () => {
  test("two steps worked by hand", () => {
    const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.5 };
    // v = 1 + 0.5 * 2 = 2; w = 2 - 0.2 = 1.8. Then v = 0.9 * 2 - 1 + 0.5 * 1.8 = 1.7; w = 1.8 - 0.17 = 1.63.
    const first = sgdStep(Float64Array.of(2), Float64Array.of(1), Float64Array.of(0), options);
    const second = sgdStep(first.parameters, Float64Array.of(-1), first.velocity, options);
    expect(first.parameters[0]).toBeCloseTo(1.8, 15);
    expect(second.velocity[0]).toBeCloseTo(1.7, 15);
    expect(second.parameters[0]).toBeCloseTo(1.63, 15);
  });

  test("Nesterov's momentum looks one step ahead", () => {
    const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.5, nesterov: true };
    // d = 2, v = 2, w = 2 - 0.1 (2 + 1.8) = 1.62. Then d = -1 + 0.81 = -0.19, v = 1.8 - 0.19 = 1.61 and
    // w = 1.62 - 0.1 (-0.19 + 1.449) = 1.4941.
    const first = sgdStep(Float64Array.of(2), Float64Array.of(1), Float64Array.of(0), options);
    const second = sgdStep(first.parameters, Float64Array.of(-1), first.velocity, options);
    expect(first.parameters[0]).toBeCloseTo(1.62, 14);
    expect(second.velocity[0]).toBeCloseTo(1.61, 14);
    expect(second.parameters[0]).toBeCloseTo(1.4941, 14);
  });

  test("leaves its arguments as they were", () => {
    const given = [Float64Array.of(1, 2), Float64Array.of(3, 4), Float64Array.of(5, 6)] as const;
    sgdStep(...given, { learningRate: 1, momentum: 0.5, weightDecay: 0.1 });
    expect(given.map((array) => [...array])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
});

describe("adamStep", () => {
  const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

  test("the first step is the learning rate against the gradient's sign, whatever its size", () => {
    const zeros: AdamMoments = { first: new Float64Array(3), second: new Float64Array(3) };
    const found = adamStep(Float64Array.of(1, 1, 1), Float64Array.of(1e-3, -50, 0), zeros, 1, options);
    expect([...found.parameters].map((w) => Math.round(w * 1e4) / 1e4)).toEqual([0.9, 1.1, 1]);
    expect([...found.first]).toEqual([1e-3, -50, 0].map((g) => expect.closeTo(0.1 * g, 12)));
  });

  test("the second step worked by hand", () => {
    const zeros: AdamMoments = { first: new Float64Array(1), second: new Float64Array(1) };
    const one = adamStep(Float64Array.of(1), Float64Array.of(2), zeros, 1, options);
    const two = adamStep(one.parameters, Float64Array.of(-1), one, 2, options);
    // m = 0.9 * 0.2 - 0.1 = 0.08, m^ = 0.08 / 0.19; v = 0.999 * 0.004 + 0.001 = 0.004996, v^ = 0.004996 / 0.001999.
    const expected = one.parameters[0]! - (0.1 * (0.08 / 0.19)) / (Math.sqrt(0.004996 / 0.001999) + 1e-8);
    expect(two.parameters[0]).toBeCloseTo(expected, 12);
  });

  test("weight decay acts through the gradient", () => {
    const zeros: AdamMoments = { first: new Float64Array(1), second: new Float64Array(1) };
    const decayed = adamStep(Float64Array.of(4), Float64Array.of(0.5), zeros, 1, { ...options, weightDecay: 0.25 });
    const plain = adamStep(Float64Array.of(4), Float64Array.of(1.5), zeros, 1, options);
    expect(decayed).toEqual(plain);
  });

  test("decoupled weight decay leaves the moments alone", () => {
    const zeros: AdamMoments = { first: new Float64Array(1), second: new Float64Array(1) };
    const step = (decay: object) =>
      adamStep(Float64Array.of(4), Float64Array.of(0.5), zeros, 1, { ...options, ...decay });
    const [plain, decayed] = [step({}), step({ weightDecay: 0.25, decoupled: true })];
    expect(decayed).toMatchObject({ first: plain.first, second: plain.second });
    // 4 (1 - 0.1 * 0.25) - 0.1, not 4 - 0.1.
    expect(decayed.parameters[0]).toBeCloseTo(3.8, 8);
    expect(plain.parameters[0]).toBeCloseTo(3.9, 8);
  });
});

test("a gradient is scaled down to the norm, never up", () => {
  expect(clipFactor(Float64Array.of(3, -4), 1)).toBeCloseTo(0.2, 6);
  expect(clipFactor(Float64Array.of(3, -4), 10)).toBe(1);
  expect(clipFactor(new Float64Array(2), 1)).toBe(1);
});
