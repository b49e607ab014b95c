/** Optimizers over many networks, several steps on end, equal the float64 steps that PyTorch defines; what is held stays. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBit, setBit } from "../core/bitset.ts";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { type AdamMoments, adamStep, clipFactor, type SgdStep, sgdStep } from "../reference/optimizer.ts";
import { planAdamStep } from "./adam-step.ts";
import { gradientNormPlans, partialFloats } from "./gradient-norm.ts";
import type { KernelPlan } from "./plan.ts";
import { largestError, runPlan, UNTOUCHED, type Words } from "./run.fixture.ts";
import { planSgdStep } from "./sgd-step.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const STEPS = 3;
const BEHIND = 4;

/** Parameters of networks, a gradient for each step (not a number where nothing may be read), and bits of what is held. */
function problem(networks: number, count: number) {
  const draw = random(1337 + count);
  const all = networks * count;
  const held = new Uint32Array(all / 32);
  // A whole word, whole vec4s, and single parameters.
  for (let i = 0; i < all; i++) if (i % count < 32 || i % 64 >= 60 || draw.below(9) === 0) setBit(held, i);
  const free = Array.from({ length: all }, (_, i) => i).filter((i) => !hasBit(held, i));
  const normals = () => Float32Array.from({ length: all }, () => draw.normal());
  const gradient = () => normals().map((g, i) => (hasBit(held, i) ? Number.NaN : g));
  const gradients = Array.from({ length: STEPS }, gradient);
  const factor = Float32Array.from({ length: networks }, () => draw.uniform());
  return { all, held, free, w: normals(), gradients, factor };
}

/** With room behind the end that must stay as it is. */
const padded = (values: Float32Array) => Float32Array.of(...values, ...Array(BEHIND).fill(UNTOUCHED));
const free = (values: ArrayLike<number>, places: readonly number[]) => Float64Array.from(places, (i) => values[i]!);

/** Runs steps on the device; what its buffers hold in the end. */
async function runSteps<State extends Readonly<Record<string, Float32Array>>>(
  planOf: (step: number) => KernelPlan,
  { held, factor, gradients }: ReturnType<typeof problem>,
  state: State,
): Promise<State> {
  let now: Readonly<Record<string, Words>> = state;
  for (const [i, g] of gradients.entries()) now = await runPlan(gpu, planOf(i + 1), { ...now, g, held, factor });
  return now as State;
}

/** Expects what is held as it was, and nothing written behind the end. */
function expectStill(got: Float32Array, before: Float32Array, { all, held }: ReturnType<typeof problem>): void {
  const still = Array.from({ length: all }, (_, i) => i).filter((i) => hasBit(held, i));
  expect(free(got, still)).toEqual(free(before, still));
  expect([...got.subarray(all)]).toEqual(Array(BEHIND).fill(UNTOUCHED));
}

describe("a few steps of", () => {
  test.each([
    [1, 64, { momentum: 0, weightDecay: 0, nesterov: false, clip: false }],
    [3, 192, { momentum: 0.9, weightDecay: 0.01, nesterov: false, clip: true }],
    [2, 320, { momentum: 0.9, weightDecay: 0.1, nesterov: true, clip: true }],
  ])("sgd, %i networks of %i parameters: %o", async (networks, count, options) => {
    const given = problem(networks, count);
    const shape = { networks, count, learningRate: 0.1, ...options };
    const before = { v: padded(new Float32Array(given.all)), w: padded(given.w) };
    const got = await runSteps(() => planSgdStep(shape), given, before);
    let wanted: SgdStep = { parameters: free(given.w, given.free), velocity: new Float64Array(given.free.length) };
    for (const gradient of given.gradients) {
      const g = given.free.map((i) => gradient[i]! * (options.clip ? given.factor[Math.floor(i / count)]! : 1));
      wanted = sgdStep(wanted.parameters, Float64Array.from(g), wanted.velocity, shape);
    }
    expect(largestError(free(got.w, given.free), wanted.parameters)).toBeLessThan(2e-6);
    expect(largestError(free(got.v, given.free), wanted.velocity)).toBeLessThan(2e-6);
    expectStill(got.w, before.w, given);
    expectStill(got.v, before.v, given);
  });

  test.each([
    [1, 64, { kind: "adam", weightDecay: 0, clip: false }],
    [3, 192, { kind: "adam", weightDecay: 0.01, clip: true }],
    [2, 320, { kind: "adamw", weightDecay: 0.1, clip: true }],
  ] as const)("adam, %i networks of %i parameters: %o", async (networks, count, options) => {
    const given = problem(networks, count);
    const shape = {
      ...{ networks, count, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      ...options,
    };
    const zeros = () => padded(new Float32Array(given.all));
    const before = { m: zeros(), v: zeros(), w: padded(given.w) };
    const got = await runSteps((step) => planAdamStep({ ...shape, step }), given, before);
    const none = () => new Float64Array(given.free.length);
    let wanted: AdamMoments & { parameters: Float64Array } = {
      parameters: free(given.w, given.free),
      first: none(),
      second: none(),
    };
    for (const [s, gradient] of given.gradients.entries()) {
      const g = given.free.map((i) => gradient[i]! * (options.clip ? given.factor[Math.floor(i / count)]! : 1));
      const decoupled = options.kind === "adamw";
      wanted = adamStep(wanted.parameters, Float64Array.from(g), wanted, s + 1, { ...shape, decoupled });
    }
    expect(largestError(free(got.w, given.free), wanted.parameters)).toBeLessThan(4e-6);
    expect(largestError(free(got.m, given.free), wanted.first)).toBeLessThan(2e-6);
    expect(largestError(free(got.v, given.free), wanted.second)).toBeLessThan(2e-6);
    for (const name of ["m", "v", "w"] as const) expectStill(got[name], before[name], given);
  });
});

test.each([
  [1, 64, 1],
  [3, 192, 1e3],
  [3, 4096, 1],
  // More sums than one pass adds up.
  [2, 64 * 600, 0.5],
])("the norms of %i networks of %i parameters against %f", async (networks, count, clip) => {
  const { held, gradients, free: places } = problem(networks, count);
  let data = {
    ...{ g: gradients[0]!, held },
    partial: new Float32Array(partialFloats({ networks, count }) + BEHIND).fill(UNTOUCHED),
    factor: new Float32Array(networks + BEHIND).fill(UNTOUCHED),
  };
  for (const plan of gradientNormPlans({ networks, count, clip })) {
    const bound = Object.keys(plan.shader.bindings);
    const taken = Object.fromEntries(Object.entries(data).filter(([name]) => bound.includes(name)));
    data = { ...data, ...(await runPlan(gpu, plan, taken)) };
  }
  const wanted = Array.from({ length: networks }, (_, n) => {
    const own = places.filter((i) => Math.floor(i / count) === n);
    return clipFactor(free(gradients[0]!, own), clip);
  });
  expect(largestError(data.factor.subarray(0, networks), wanted)).toBeLessThan(1e-6);
  expect([...data.factor.subarray(networks), ...data.partial.subarray(-BEHIND)]).toEqual(
    Array(2 * BEHIND).fill(UNTOUCHED),
  );
  expect(wanted.every((factor) => factor === 1)).toBe(clip === 1e3);
});
