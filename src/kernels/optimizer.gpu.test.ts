/** SGD and Adam, several steps on end, equal the float64 steps that PyTorch defines. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { type AdamMoments, adamStep, type SgdStep, sgdStep } from "../reference/optimizer.ts";
import { planAdam } from "./adam.ts";
import { largestError, runPlan } from "./run.fixture.ts";
import { planSgd } from "./sgd.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const STEPS = 4;

/** Parameters, and a gradient for each step. */
function problem(count: number) {
  const draw = random(count);
  const normals = () => Float32Array.from({ length: count }, () => draw.normal());
  return { w: normals(), gradients: Array.from({ length: STEPS }, normals) };
}

test.each([
  [1, 0, 0],
  [65, 0.9, 0],
  [131, 0.9, 0.01],
])("sgd over %i parameters, momentum %f, weight decay %f", async (count, momentum, weightDecay) => {
  const options = { learningRate: 0.1, momentum, weightDecay };
  const { w, gradients } = problem(count);
  let got = { w, v: new Float32Array(count) };
  let wanted: SgdStep = { parameters: Float64Array.from(w), velocity: new Float64Array(count) };
  for (const g of gradients) {
    got = await runPlan(gpu, planSgd(count, options), { ...got, g });
    wanted = sgdStep(wanted.parameters, Float64Array.from(g), wanted.velocity, options);
  }
  expect(largestError(got.w, wanted.parameters)).toBeLessThan(1e-6);
  expect(largestError(got.v, wanted.velocity)).toBeLessThan(1e-6);
});

test.each([
  [3, 0],
  [129, 0.01],
])("adam over %i parameters, weight decay %f", async (count, weightDecay) => {
  const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay };
  const { w, gradients } = problem(count);
  let got = { w, m: new Float32Array(count), v: new Float32Array(count) };
  const zeros = () => new Float64Array(count);
  let wanted: AdamMoments & { parameters: Float64Array } = {
    parameters: Float64Array.from(w),
    first: zeros(),
    second: zeros(),
  };
  for (const [i, g] of gradients.entries()) {
    got = await runPlan(gpu, planAdam(count, options, i + 1), { ...got, g });
    wanted = adamStep(wanted.parameters, Float64Array.from(g), wanted, i + 1, options);
  }
  expect(largestError(got.w, wanted.parameters)).toBeLessThan(2e-6);
  expect(largestError(got.m, wanted.first)).toBeLessThan(1e-6);
  expect(largestError(got.v, wanted.second)).toBeLessThan(1e-6);
});

test("what lies behind the parameters stays", async () => {
  const ones = () => new Float32Array(70).fill(1);
  const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0 };
  const { w, v } = await runPlan(gpu, planSgd(65, options), { g: ones(), v: ones(), w: ones() });
  for (const array of [w, v]) {
    expect([...array.subarray(65)]).toEqual([1, 1, 1, 1, 1]);
    expect(array[64]).not.toBe(1);
  }
});
