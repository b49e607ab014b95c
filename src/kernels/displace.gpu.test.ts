/** Replacements on the GPU: what they add, where they move anything, the moments they rest on, and their noise. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBit, wordsFor } from "../core/bitset.ts";
import { random } from "../core/random.ts";
import { packBits } from "../engine/masks.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { ActivationKind } from "../network/network.ts";
import { differentiable } from "../reference/activation.ts";
import { type DisplaceShape, planDisplace } from "./displace.ts";
import { pcg } from "./hash.fixture.ts";
import { planMoved } from "./moved.ts";
import { planRemask } from "./remask.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { MOMENTS_BLOCK, planUnitMoments } from "./unit-moments.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const shapes = fc.record({
  units: fc.constantFrom(1, 3, 7, 33),
  samples: fc.constantFrom(1, 5, 63, 65, 131),
  gap: fc.nat(3),
  seed: fc.integer(),
});

const kinds = ["relu", "leaky-relu", "tanh"] as const satisfies ActivationKind[];
test.each(kinds.flatMap((kind) => [false, true].map((before) => [kind, before] as const)))(
  "displace equals a' - a of %s, replaced before it: %s",
  async (kind, before) => {
    const activation = { kind, alpha: 0.2 };
    await fc.assert(
      fc.asyncProperty(shapes, async ({ units, samples, gap, seed }) => {
        const draw = random(seed);
        const stride = samples + gap;
        const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
        const z = normals(units * stride);
        const coefficients = normals(units * 3).map((value, i) => (i % 3 === 2 ? 0 : value));
        const wanted = Float64Array.from({ length: units * stride }, (_, at) => {
          if (at % stride >= samples) return UNTOUCHED;
          const unit = Math.floor(at / stride);
          const { value } = differentiable(activation);
          const replaced = (x: number) => coefficients[3 * unit]! * x + coefficients[3 * unit + 1]!;
          return (before ? value(replaced(z[at]!)) : replaced(value(z[at]!))) - value(z[at]!);
        });
        const shape = { units, samples, stride, activation, before, seed: 1, sampleStart: 0 };
        const displacement = new Float32Array(units * stride).fill(UNTOUCHED);
        const got = await runPlan(gpu, planDisplace(shape), { z, coefficients, displacement });
        const off = got.displacement.map((value, i) => value - wanted[i]!);
        expect(Math.max(...off.map(Math.abs))).toBeLessThan(3e-6);
      }),
      { seed: 18, numRuns: 8 },
    );
  },
);

test.each([false, true])(
  "displace takes shifts that differ by sample from where it writes; before: %s",
  async (before) => {
    const [units, samples, stride] = [5, 67, 70];
    const draw = random(3);
    const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
    const [z, given] = [normals(units * stride), normals(units * stride)];
    const activation = { kind: "relu", alpha: 0 } as const;
    const shape = { units, samples, stride, activation, before, given: true, seed: 1, sampleStart: 0 };
    const coefficients = new Float32Array(3 * units);
    const { displacement } = await runPlan(gpu, planDisplace(shape), { z, coefficients, displacement: given });
    const wanted = given.map((value, at) => {
      if (at % stride >= samples) return value;
      return Math.fround((before ? Math.max(0, value) : value) - Math.max(0, z[at]!));
    });
    expect(displacement).toEqual(wanted);
  },
);

describe("noise", () => {
  const draw = async (options: Partial<DisplaceShape>, sigma = 1) => {
    const shape: DisplaceShape = {
      units: 3,
      samples: 10_000,
      stride: options.samples ?? 10_000,
      activation: { kind: "relu", alpha: 0 },
      before: false,
      seed: 5,
      sampleStart: 0,
      ...options,
    };
    const { displacement } = await runPlan(gpu, planDisplace(shape), {
      z: new Float32Array(shape.units * shape.stride),
      coefficients: Float32Array.from({ length: shape.units * 3 }, (_, i) => [1, 0, sigma][i % 3]!),
      displacement: new Float32Array(shape.units * shape.stride),
    });
    return displacement;
  };
  const mean = (values: Float32Array, power = 1) =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;

  test("is normal: mean, variance, skewness and kurtosis of 10,000", async () => {
    const values = await draw({});
    for (let unit = 0; unit < 3; unit++) {
      const noise = values.subarray(unit * 10_000, (unit + 1) * 10_000);
      // Five standard errors of each: 1, sqrt 2, sqrt 15, sqrt 96, over sqrt 10,000.
      expect(Math.abs(mean(noise))).toBeLessThan(0.05);
      expect(Math.abs(mean(noise, 2) - 1)).toBeLessThan(0.071);
      expect(Math.abs(mean(noise, 3))).toBeLessThan(0.2);
      expect(Math.abs(mean(noise, 4) - 3)).toBeLessThan(0.5);
    }
  });

  test("is what Box and Muller make of the hash, to the ends of its range", async () => {
    const wanted = (unit: number, sample: number) => {
      const first = pcg(pcg(pcg(5) + unit) + sample);
      const uniform = Math.fround(Math.fround((first >>> 8) + 0.5) / 2 ** 24);
      return Math.sqrt(-2 * Math.log(uniform)) * Math.cos((2 * Math.PI * (pcg(first) >>> 8)) / 2 ** 24);
    };
    const values = await draw({});
    const expected = values.map((_, at) => wanted(Math.floor(at / 10_000), at % 10_000));
    // WGSL grants a cosine 2^-11, and radii reach 5.9.
    expect(largestError(values, expected)).toBeLessThan(3e-3);
    // Of the second unit: 2^24 - 1 of the hash, plus a half, is 2^24 in f32, whose logarithm must not pass 0.
    const [, last] = await draw({ units: 2, samples: 1, sampleStart: 19_083_289 });
    expect(pcg(pcg(pcg(5) + 1) + 19_083_289) >>> 8).toBe(2 ** 24 - 1);
    expect(Math.abs(last!)).toBeLessThan(1e-3);
  });

  test("of different units, neighbouring samples and seeds is not correlated", async () => {
    const values = await draw({});
    const [a, b] = [values.subarray(0, 10_000), values.subarray(10_000, 20_000)];
    const other = (await draw({ seed: 6 })).subarray(0, 10_000);
    const next = Float32Array.of(...a.subarray(1), a[0]!);
    for (const second of [b, other, next]) {
      expect(Math.abs(mean(a.map((value, i) => value * second[i]!)))).toBeLessThan(0.05);
    }
  });

  test("is decided by seed, unit and the sample's number in the data set", async () => {
    const [first, again] = [await draw({}), await draw({})];
    expect(again).toEqual(first);
    const later = await draw({ samples: 100, sampleStart: 37 });
    for (let unit = 0; unit < 3; unit++) {
      expect(later.subarray(unit * 100, unit * 100 + 100)).toEqual(
        first.subarray(unit * 10_000 + 37, unit * 10_000 + 137),
      );
    }
    const double = await draw({ samples: 100 }, 2);
    expect(
      largestError(
        double.subarray(0, 100),
        first.subarray(0, 100).map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-6);
  });

  test("is added before the activation where units are replaced there", async () => {
    const [linear, inside] = await Promise.all([
      draw({ samples: 200, activation: { kind: "linear", alpha: 0 } }),
      draw({ samples: 200, before: true }),
    ]);
    // z is 0 throughout, so that a ReLU passes on what is positive of the noise.
    expect(inside).toEqual(linear.map((value) => Math.max(0, value)));
    expect(inside.some((value) => value > 0)).toBe(true);
  });

  test("is the same where a layer further down is masked", async () => {
    const samples = 65;
    const units = 5;
    const entered = await draw({ units, samples, sampleStart: 7 });
    const { h } = await runPlan(
      gpu,
      planRemask({
        ...{ rows: samples, units, images: samples, maskStart: 0, imageStart: 3, sampleStart: 4 },
        ...{ seed: 5, before: null },
      }),
      {
        masks: packBits([[...Array(units).keys()]], units),
        coefficients: Float32Array.from({ length: units * 3 }, (_, i) => [1, 0, 1][i % 3]!),
        h: new Float32Array(samples * units),
      },
    );
    expect(h).toEqual(h.map((_, at) => entered[(at % units) * samples + Math.floor(at / units)]!));
  });
});

test("moved marks exactly the samples with a displacement", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async ({ units, samples, gap, seed }) => {
      const draw = random(seed);
      const stride = samples + gap;
      const displacement = Float32Array.from({ length: units * stride }, () =>
        draw.below(2) === 0 ? 0 : draw.normal(),
      );
      displacement[0] = -0;
      displacement[units * stride - 1] = 1.2e-38; // Smaller ones are subnormal, which GPUs take for 0.
      const words = wordsFor(samples);
      const { moved } = await runPlan(gpu, planMoved(units, samples, stride), {
        displacement,
        moved: new Uint32Array(units * words + 1).fill(99),
      });
      for (let unit = 0; unit < units; unit++) {
        const row = moved.subarray(unit * words, (unit + 1) * words);
        for (let n = 0; n < words * 32; n++) {
          expect(hasBit(row, n)).toBe(n < samples && displacement[unit * stride + n] !== 0);
        }
      }
      expect(moved[units * words]).toBe(99);
    }),
    { seed: 19, numRuns: 12 },
  );
});

test("unit-moments sums activations and their squares by blocks", async () => {
  const activation = { kind: "relu", alpha: 0 } as const;
  await fc.assert(
    fc.asyncProperty(shapes, async ({ units, samples, gap, seed }) => {
      const draw = random(seed);
      const stride = samples + gap;
      const z = Float32Array.from({ length: units * stride }, () => draw.normal());
      const blocks = Math.ceil(samples / MOMENTS_BLOCK);
      const wanted = new Float64Array(units * blocks * 2);
      for (let unit = 0; unit < units; unit++) {
        for (let n = 0; n < samples; n++) {
          const a = Math.max(0, z[unit * stride + n]!);
          const at = 2 * (unit * blocks + Math.floor(n / MOMENTS_BLOCK));
          wanted[at] = wanted[at]! + a;
          wanted[at + 1] = wanted[at + 1]! + a * a;
        }
      }
      const plan = planUnitMoments(units, samples, stride, activation);
      const { partial } = await runPlan(gpu, plan, { z, partial: new Float32Array(units * blocks * 2) });
      expect(largestError(partial, wanted)).toBeLessThan(1e-5);
    }),
    { seed: 20, numRuns: 12 },
  );
});

test.each([[null], [{ kind: "tanh", alpha: 0 }]] as const)(
  "remask replaces masked units alone, by the mask and image of each row, before %j",
  async (before) => {
    const { value: activated } = differentiable(before ?? { kind: "linear", alpha: 0 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          units: fc.constantFrom(1, 5, 31, 33, 65),
          masks: fc.integer({ min: 1, max: 4 }),
          maskStart: fc.nat(2),
          images: fc.integer({ min: 1, max: 33 }),
          seed: fc.integer(),
        }),
        async ({ units, masks, maskStart, images, seed }) => {
          const draw = random(seed);
          const rows = masks * images;
          const bits = Uint32Array.from({ length: (maskStart + masks) * wordsFor(units) }, () => draw.uint32());
          const coefficients = Float32Array.from({ length: units * 3 }, (_, i) => (i % 3 === 2 ? 0 : draw.normal()));
          const h = Float32Array.from({ length: rows * units + 3 }, () => draw.normal());
          const wanted = h.map((value, at) => {
            const row = Math.floor(at / units);
            const unit = at % units;
            if (row >= rows) return value;
            const mask = bits.subarray((maskStart + Math.floor(row / images)) * wordsFor(units));
            return activated(
              hasBit(mask, unit) ? coefficients[3 * unit]! * value + coefficients[3 * unit + 1]! : value,
            );
          });
          const plan = planRemask({ rows, units, images, maskStart, imageStart: 0, sampleStart: 0, seed: 1, before });
          const got = await runPlan(gpu, plan, { masks: bits, coefficients, h });
          expect(Math.max(...got.h.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(3e-6);
          expect(got.h.subarray(rows * units)).toEqual(h.subarray(rows * units));
        },
      ),
      { seed: 21, numRuns: 12 },
    );
  },
);

test("remask gives masked units what they become on each image, which goes through the activation before which they are", async () => {
  const [units, images, masks, imageStart] = [33, 5, 3, 2];
  const draw = random(4);
  const rows = masks * images;
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const bits = Uint32Array.from({ length: masks * wordsFor(units) }, () => draw.uint32());
  const [given, h] = [normals((imageStart + images) * units), normals(rows * units)];
  for (const before of [null, { kind: "relu", alpha: 0 } as const]) {
    const shape = { rows, units, images, maskStart: 0, imageStart, sampleStart: 0, seed: 1, before, given: true };
    const got = await runPlan(gpu, planRemask(shape), { masks: bits, coefficients: given, h });
    const wanted = h.map((value, at) => {
      const [row, unit] = [Math.floor(at / units), at % units];
      const isMasked = hasBit(bits.subarray(Math.floor(row / images) * wordsFor(units)), unit);
      const after = isMasked ? given[(imageStart + (row % images)) * units + unit]! : value;
      return before ? Math.max(0, after) : after;
    });
    expect(got.h).toEqual(wanted);
  }
});
