/** Replaced channels of maps: what they become, where that moves anything, what rows see of them, and their moments. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBit, setBit, wordsFor } from "../core/bitset.ts";
import { random } from "../core/random.ts";
import { packBits } from "../engine/masks.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { applyActivation } from "../network/activation.ts";
import { LINEAR, RELU6 } from "../network/network.ts";
import { CHANNEL_MOMENTS_BLOCK, planChannelMoments } from "./channel-moments.ts";
import { planDisplace } from "./displace.ts";
import { planMaskChannels } from "./mask-channels.ts";
import { planMovedChannels } from "./moved-channels.ts";
import { planReplaceChannels, type ReplaceShape } from "./replace-channels.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { planSelectChannels } from "./select-channels.ts";
import { blankTensor, drawTensor, packTensor, someChannels, unpackTensor } from "./tensor.fixture.ts";
import { paddedChannels, tensorFloats } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const maps = fc.record({
  images: fc.constantFrom(1, 2, 5, 33, 65),
  positions: fc.constantFrom(1, 3, 9),
  channels: someChannels,
  seed: fc.integer(),
});

/** Factors, shifts and sigmas of `channels`, with garbage in the padding. */
function drawCoefficients(seed: number, channels: number, sigma = 0) {
  const draw = random(seed, "coefficients");
  const values = Float32Array.from({ length: 3 * channels }, (_, at) => (at < 2 * channels ? draw.normal() : sigma));
  return { values, packed: packTensor(values, 3, [channels]) };
}

/** Expects that nothing was written behind [rows, positions, channels]; gives back what was written before. */
function whole(padded: Float32Array, rows: number, positions: number, channels: number): Float32Array {
  const behind = padded.subarray(tensorFloats(rows, [positions, channels]));
  expect(behind.every((value) => value === UNTOUCHED)).toBe(true);
  return unpackTensor(padded, rows, [positions, channels]);
}

const leaky = { kind: "leaky-relu", alpha: 0.2 } as const;

describe("replace-channels", () => {
  test.each([false, true])("gives a' of every channel; replaced before the activation: %s", async (before) => {
    await fc.assert(
      fc.asyncProperty(maps, async ({ images, positions, channels, seed }) => {
        const z = drawTensor(random(seed), images, [positions, channels]);
        const coefficients = drawCoefficients(seed, channels);
        const shape = { images, positions, channels, activation: leaky, before, noise: false, seed: 1, sampleStart: 0 };
        const { replaced } = await runPlan(gpu, planReplaceChannels(shape), {
          ...{ z: z.packed, coefficients: coefficients.packed },
          replaced: blankTensor(images, [positions, channels]),
        });
        const wanted = Float64Array.from(z.values, (value, at) => {
          const [factor, shift] = [
            coefficients.values[at % channels]!,
            coefficients.values[channels + (at % channels)]!,
          ];
          if (before) return applyActivation(leaky, factor * value + shift);
          return factor * applyActivation(leaky, value) + shift;
        });
        expect(largestError(whole(replaced, images, positions, channels), wanted)).toBeLessThan(1e-6);
      }),
      { seed: 1337, numRuns: 10 },
    );
  });

  test("writes what a network without an activation computes, where it changes nothing", async () => {
    const z = drawTensor(random(1), 2, [3, 5]);
    const unchanged = { activation: LINEAR, before: false, noise: false, seed: 1, sampleStart: 0 };
    const { replaced } = await runPlan(
      gpu,
      planReplaceChannels({ images: 2, positions: 3, channels: 5, ...unchanged }),
      {
        ...{ z: z.packed, coefficients: packTensor([1, 1, 1, 1, 1, ...Array(10).fill(0)], 3, [5]) },
        replaced: blankTensor(2, [3, 5]),
      },
    );
    expect(whole(replaced, 2, 3, 5)).toEqual(z.values);
  });
});

describe("noise", () => {
  const [images, positions, channels] = [7, 9, 5];
  const sigma = packTensor([...Array(5).fill(1), ...Array(5).fill(0), ...Array(5).fill(1)], 3, [channels]);
  const drawn = async (options: Partial<ReplaceShape> = {}) => {
    const shape = {
      ...{ images, positions, channels, activation: leaky, before: false, noise: true, seed: 5, sampleStart: 11 },
      ...options,
    };
    const { replaced } = await runPlan(gpu, planReplaceChannels(shape), {
      z: new Float32Array(tensorFloats(shape.images, [shape.positions, channels])),
      coefficients: sigma,
      replaced: blankTensor(shape.images, [shape.positions, channels]),
    });
    return whole(replaced, shape.images, shape.positions, channels);
  };

  test("is decided by seed, channel, position and the image's number in the data set, and differs in each", async () => {
    const first = await drawn();
    expect(await drawn()).toEqual(first);
    expect(await drawn({ images: 3, sampleStart: 13 })).toEqual(
      first.subarray(2 * positions * channels, 5 * positions * channels),
    );
    expect(new Set(first).size).toBe(first.length);
    const other = await drawn({ seed: 6 });
    expect(first.some((value, at) => value === other[at])).toBe(false);
  });

  test("of single positions is that of dense units", async () => {
    const entered = await drawn({ positions: 1 });
    const shape = {
      units: channels,
      samples: images,
      stride: images,
      activation: leaky,
      before: false,
      seed: 5,
      sampleStart: 11,
    };
    const { displacement } = await runPlan(gpu, planDisplace(shape), {
      z: new Float32Array(channels * images),
      coefficients: Float32Array.from({ length: channels * 3 }, (_, at) => [1, 0, 1][at % 3]!),
      displacement: new Float32Array(channels * images),
    });
    expect(entered).toEqual(
      entered.map((_, at) => displacement[(at % channels) * images + Math.floor(at / channels)]!),
    );
  });

  test("is the same where a layer further down is masked", async () => {
    const entered = await drawn();
    const draw = random(2);
    const rows = Array.from({ length: 12 }, () => [draw.below(images), draw.below(2)] as const);
    const shape = { rows: 12, positions, units: channels, noise: true, seed: 5, sampleStart: 11 };
    const { h } = await runPlan(gpu, planMaskChannels(shape), {
      masks: packBits([[0, 2, 4], [1]], channels),
      coefficients: sigma,
      rows: Uint32Array.from(rows.flat()),
      h: new Float32Array(tensorFloats(12, [positions, channels])),
    });
    const size = positions * channels;
    const wanted = Float32Array.from({ length: 12 * size }, (_, at) => {
      const [image, mask] = rows[Math.floor(at / size)]!;
      const isMasked = ((at % channels) % 2 === 1) === (mask === 1) && at % channels !== 3;
      return isMasked ? entered[image * size + (at % size)]! : 0;
    });
    expect(unpackTensor(h, 12, [positions, channels])).toEqual(wanted);
  });
});

test("moved-channels marks the images that a channel moves anywhere, and no other", async () => {
  await fc.assert(
    fc.asyncProperty(maps, async ({ images, positions, channels, seed }) => {
      const draw = random(seed);
      const a = drawTensor(draw, images, [positions, channels]);
      const replaced = a.values.map((value) => (draw.below(2 * positions) === 0 ? draw.normal() : value));
      const words = wordsFor(images);
      const wanted = new Uint32Array(channels * words);
      for (let at = 0; at < replaced.length; at++) {
        if (replaced[at] === a.values[at]) continue;
        setBit(wanted.subarray((at % channels) * words), Math.floor(at / (positions * channels)));
      }
      const size = paddedChannels(channels) * words;
      const { moved } = await runPlan(gpu, planMovedChannels(images, positions, channels), {
        ...{ a: a.packed, replaced: packTensor(replaced, images, [positions, channels]) },
        moved: new Uint32Array(size + 3).fill(99, size),
      });
      expect(moved.subarray(0, channels * words)).toEqual(wanted);
      expect([...moved.subarray(size)]).toEqual([99, 99, 99]);
    }),
    { seed: 1337, numRuns: 20 },
  );
});

/** Masks, and rows of (image, mask) in no order. */
function drawRows(seed: number, images: number, units: number) {
  const draw = random(seed, "rows");
  const bits = packBits(
    Array.from({ length: 3 }, () => Array.from({ length: units }, (_, unit) => unit).filter(() => draw.below(2) === 0)),
    units,
  );
  const rows = Array.from({ length: 1 + draw.below(9) }, () => [draw.below(images), draw.below(3)] as const);
  const isMasked = (row: number, unit: number) => {
    return unit >= 0 && unit < units && hasBit(bits.subarray(rows[row]![1] * wordsFor(units)), unit);
  };
  return { bits, rows, table: Uint32Array.from(rows.flat()), isMasked };
}

test.each([false, true])(
  "replace-channels takes what differs by image from where it writes; before: %s",
  async (before) => {
    const [images, positions, channels] = [3, 9, 5];
    const [z, given] = [1, 2].map((seed) => drawTensor(random(seed), images, [positions, channels])) as [
      ReturnType<typeof drawTensor>,
      ReturnType<typeof drawTensor>,
    ];
    const shape = { images, positions, channels, activation: RELU6, before, noise: false, given: true };
    const { replaced } = await runPlan(gpu, planReplaceChannels({ ...shape, seed: 1, sampleStart: 0 }), {
      ...{ z: z.packed, coefficients: new Float32Array(24) },
      replaced: Float32Array.of(...given.packed, UNTOUCHED, UNTOUCHED),
    });
    const wanted = given.values.map((value) => (before ? applyActivation(RELU6, value) : value));
    expect(whole(replaced, images, positions, channels)).toEqual(wanted);
  },
);

test.each([1, 9])(
  "mask-channels gives masked units what they become on each image at %i of 9 positions",
  async (many) => {
    await fc.assert(
      fc.asyncProperty(someChannels, fc.integer({ min: 1, max: 5 }), fc.integer(), async (channels, images, seed) => {
        const positions = 9;
        const { bits, rows, table, isMasked } = drawRows(seed, images, channels);
        const h = drawTensor(random(seed), rows.length, [positions, channels]);
        const given = drawTensor(random(seed, "given"), images, [many, channels]);
        const shape = { rows: rows.length, positions, units: channels, activation: RELU6, noise: false };
        const plan = planMaskChannels({ ...shape, givenPositions: many, seed: 1, sampleStart: 0 });
        const got = await runPlan(gpu, plan, {
          ...{ masks: bits, coefficients: given.packed, rows: table },
          h: Float32Array.of(...h.packed, UNTOUCHED, UNTOUCHED),
        });
        const wanted = h.values.map((value, at) => {
          const [row, channel] = [Math.floor(at / (positions * channels)), at % channels];
          const position = Math.floor(at / channels) % positions;
          const place = rows[row]![0] * many + (many === 1 ? 0 : position);
          return applyActivation(RELU6, isMasked(row, channel) ? given.values[place * channels + channel]! : value);
        });
        expect(whole(got.h, rows.length, positions, channels)).toEqual(wanted);
      }),
      { seed: 1337, numRuns: 12 },
    );
  },
);

test("select-channels takes masked units from one tensor, all else from the other", async () => {
  await fc.assert(
    fc.asyncProperty(maps, fc.nat(64), async ({ images, positions, channels, seed }, skip) => {
      const draw = random(seed);
      const shape = [positions, channels];
      const [a, replaced] = [drawTensor(draw, images, shape), drawTensor(draw, images, shape)];
      const channelStart = skip % channels;
      const units = 1 + draw.below(channels - channelStart);
      const { bits, rows, table, isMasked } = drawRows(seed, images, units);
      const plan = planSelectChannels({ rows: rows.length, positions, channels, channelStart, units });
      const { y } = await runPlan(gpu, plan, {
        ...{ a: a.packed, replaced: replaced.packed, masks: bits, rows: table, y: blankTensor(rows.length, shape) },
      });
      const size = positions * channels;
      const wanted = Float32Array.from({ length: rows.length * size }, (_, at) => {
        const row = Math.floor(at / size);
        const from = isMasked(row, (at % channels) - channelStart) ? replaced : a;
        return from.values[rows[row]![0] * size + (at % size)]!;
      });
      expect(whole(y, rows.length, positions, channels)).toEqual(wanted);
    }),
    { seed: 1337, numRuns: 25 },
  );
});

test.each([LINEAR, RELU6])("mask-channels replaces the units of each row's mask, then takes %o", async (activation) => {
  await fc.assert(
    fc.asyncProperty(maps, async ({ images, positions, channels, seed }) => {
      const { bits, rows, table, isMasked } = drawRows(seed, images, channels);
      const h = drawTensor(random(seed), rows.length, [positions, channels]);
      const coefficients = drawCoefficients(seed, channels);
      const shape = {
        rows: rows.length,
        positions,
        units: channels,
        activation,
        noise: false,
        seed: 1,
        sampleStart: 0,
      };
      const got = await runPlan(gpu, planMaskChannels(shape), {
        ...{ masks: bits, coefficients: coefficients.packed, rows: table },
        h: Float32Array.of(...h.packed, UNTOUCHED, UNTOUCHED),
      });
      const wanted = Float64Array.from(h.values, (value, at) => {
        const channel = at % channels;
        const [factor, shift] = [coefficients.values[channel]!, coefficients.values[channels + channel]!];
        const row = Math.floor(at / (positions * channels));
        return applyActivation(activation, isMasked(row, channel) ? factor * value + shift : value);
      });
      expect(largestError(whole(got.h, rows.length, positions, channels), wanted)).toBeLessThan(1e-6);
    }),
    { seed: 1337, numRuns: 15 },
  );
});

test("channel-moments sums activations and their squares, block by block", async () => {
  const counts = fc.constantFrom(1, CHANNEL_MOMENTS_BLOCK - 1, CHANNEL_MOMENTS_BLOCK, CHANNEL_MOMENTS_BLOCK + 1, 777);
  await fc.assert(
    fc.asyncProperty(counts, someChannels, fc.integer(), async (positions, channels, seed) => {
      const z = drawTensor(random(seed), positions, [channels]);
      const blocks = Math.ceil(positions / CHANNEL_MOMENTS_BLOCK);
      const wanted = new Float64Array(2 * blocks * channels);
      z.values.forEach((value, at) => {
        const block = Math.floor(at / channels / CHANNEL_MOMENTS_BLOCK);
        const a = applyActivation(leaky, value);
        [a, a * a].forEach((term, moment) => {
          const to = (moment * blocks + block) * channels + (at % channels);
          wanted[to] = wanted[to]! + term;
        });
      });
      const { partial } = await runPlan(gpu, planChannelMoments(positions, channels, leaky), {
        ...{ z: z.packed, partial: blankTensor(2 * blocks, [channels]) },
      });
      expect(largestError(whole(partial, 2 * blocks, 1, channels), wanted)).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 15 },
  );
});
