/** Slopes of activations from their input and their output, and held channels, against float64. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setBit, wordsFor } from "../core/bitset.ts";
import { type Random, random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Activation } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import { differentiable } from "../reference/activation.ts";
import { planActivationGradient, slopeFromOutput } from "./activation-gradient.ts";
import { planHoldChannels } from "./hold-channels.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { drawTensor, packTensor, someAxis, someChannels, unpackTensor } from "./tensor.fixture.ts";
import { paddedChannels } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const sizes = fc.record({
  networks: fc.integer({ min: 1, max: 4 }),
  rowsPerNetwork: fc.integer({ min: 1, max: 3 }),
  axes: fc.array(someAxis, { maxLength: 2 }),
  channels: someChannels,
  seed: fc.integer(),
});
const options = { seed: 1337, numRuns: 15 };

/** Some channels of each network: which, and as words. */
function drawHeld(draw: Random, networks: number, channels: number) {
  const words = wordsFor(channels);
  const bits = new Uint32Array(networks * words);
  const isHeld = Array.from({ length: networks }, (_, n) =>
    Array.from({ length: channels }, (_, c) => {
      const held = draw.below(3) === 0;
      if (held) setBit(bits.subarray(n * words), c);
      return held;
    }),
  );
  return { bits, isHeld };
}

/** Where exponentials overflow, where approximations meet, and between. */
const far = [-1e4, -200, -88.8, -30, -5, -0.0501, -0.0499, -1e-6, 0, 1e-6, 0.0499, 0.0501, 5, 30, 88.8, 200, 1e4];

test.each<Activation["kind"]>([
  ...(["relu", "leaky-relu", "sigmoid", "tanh", "gelu", "gelu-tanh", "silu", "clip", "hard-sigmoid"] as const),
  ...(["hard-swish", "elu"] as const),
])("the slope of %s by its input, also far from 0", async (kind) => {
  const activation = { kind, alpha: 0.3, beta: 0.6 };
  const shape = [far.length];
  const plan = planActivationGradient({ rows: 1, rowsPerNetwork: 1, shape, activation, of: "input", held: false });
  const dy = packTensor(new Float32Array(far.length).fill(1), 1, shape);
  const result = await runPlan(gpu, plan, { z: packTensor(far, 1, shape), held: new Uint32Array(1), dy });
  const slopes = unpackTensor(result.dy, 1, shape);
  far.forEach((x, i) => {
    // The cube of a number this large leaves nothing of tanh's argument to compare.
    if (kind === "gelu-tanh" && Math.abs(x) > 1e3) return;
    const wanted = differentiable(activation).derivative(Math.fround(x));
    expect(Math.abs(slopes[i]! - wanted), `at ${x}: ${slopes[i]}, not ${wanted}`).toBeLessThan(
      2e-6 + 3e-6 * Math.abs(wanted),
    );
  });
});

describe("activation-gradient", () => {
  const cases: readonly (readonly [activation: Activation, of: "input" | "output", held: boolean])[] = [
    [{ kind: "linear", alpha: 0 }, "output", true],
    [{ kind: "relu", alpha: 0 }, "output", true],
    [{ kind: "leaky-relu", alpha: 0.1 }, "output", false],
    [{ kind: "sigmoid", alpha: 0 }, "output", true],
    [{ kind: "tanh", alpha: 0 }, "output", false],
    [{ kind: "clip", alpha: -0.5, beta: 0.75 }, "output", true],
    [{ kind: "hard-sigmoid", alpha: 0.4, beta: 0.5 }, "output", false],
    [{ kind: "elu", alpha: 0.7 }, "output", false],
    [{ kind: "relu", alpha: 0 }, "input", false],
    [{ kind: "gelu", alpha: 0 }, "input", true],
  ];
  test.each(cases)("of %o by its %s, held: %s", async (activation, of, held) => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ networks, rowsPerNetwork, axes, channels, seed }) => {
        const draw = random(seed);
        const rows = networks * rowsPerNetwork;
        const shape = [...axes, channels];
        const x = drawTensor(draw, rows, shape);
        const gradient = drawTensor(draw, rows, shape);
        const { bits, isHeld } = drawHeld(draw, networks, channels);
        const gate = (at: number) => held && isHeld[Math.floor(at / (rowsPerNetwork * sizeOf(shape)))]![at % channels]!;
        const { value, derivative } = differentiable(activation);
        const z = of === "input" ? x.packed : packTensor(x.values.map(value), rows, shape);
        // What comes to a held channel does not matter.
        const given = gradient.values.map((g, at) => (gate(at) ? Number.NaN : g));
        const plan = planActivationGradient({ rows, rowsPerNetwork, shape, activation, of, held });
        const dy = Float32Array.of(...packTensor(given, rows, shape), UNTOUCHED);
        const got = (await runPlan(gpu, plan, { z, held: bits, dy })).dy;
        const wanted = x.values.map((v, at) => (gate(at) ? 0 : gradient.values[at]! * derivative(v)));
        expect(largestError(unpackTensor(got, rows, shape), wanted)).toBeLessThan(1e-5);
        expect(got.at(-1)).toBe(UNTOUCHED);
      }),
      options,
    );
  });

  test("tells which slopes an output gives", () => {
    expect(slopeFromOutput({ kind: "elu", alpha: 1 })).toBe(true);
    expect(slopeFromOutput({ kind: "leaky-relu", alpha: -0.1 })).toBe(false);
    expect(slopeFromOutput({ kind: "silu", alpha: 0 })).toBe(false);
  });
});

test("hold-channels sets the held channels of each network, and no others", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ networks, rowsPerNetwork, axes, channels, seed }) => {
      const draw = random(seed);
      const rows = networks * rowsPerNetwork;
      const shape = [...axes, channels];
      const before = drawTensor(draw, rows, shape);
      const { bits, isHeld } = drawHeld(draw, networks, channels);
      const values = drawTensor(draw, networks, [channels]);
      const y = Float32Array.of(...before.packed, UNTOUCHED);
      const plan = planHoldChannels({ rows, rowsPerNetwork, shape });
      const got = await runPlan(gpu, plan, { held: bits, values: values.packed, y });
      const size = rowsPerNetwork * (sizeOf(shape) / channels) * paddedChannels(channels);
      const wanted = y.map((kept, at) => {
        const [n, c] = [Math.floor(at / size), at % paddedChannels(channels)];
        return isHeld[n]?.[c] ? values.values[n * channels + c]! : kept;
      });
      expect(got.y).toEqual(wanted);
    }),
    options,
  );
});
