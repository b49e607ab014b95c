/**
 * Entering a convolution by what was replaced, in every variant: against z and the masked displacements summed in float64,
 * and against the convolution of the masked input itself.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { packProgram } from "../engine/masks.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { applyActivation } from "../network/activation.ts";
import { LINEAR, RELU6 } from "../network/network.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import type { ConvShape } from "./conv-shape.ts";
import { convShape, convShapes, drawConv, oddChannels } from "./conv2d.fixture.ts";
import { type Conv2dDeltaVariant, conv2dDeltaVariants, planConv2dDelta, wholePart } from "./conv2d-delta.ts";
import { packDenseWeight } from "./pack-weights.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor, packTensor, unpackTensor } from "./tensor.fixture.ts";
import { paddedChannels, tensorFloats, vectorsOf } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const everyVariant: readonly Conv2dDeltaVariant[] = [
  ...conv2dDeltaVariants(true, 1),
  ...conv2dDeltaVariants(true, 9),
  ...[1, 2, 3, 4].flatMap((positions) => conv2dDeltaVariants(false, positions)),
];

interface Damage {
  /** Channel of unit 0, and the units of each mask; `units` in all. */
  readonly channelStart: number;
  readonly units: number;
  readonly masks: readonly (readonly number[])[];
  /** (image, mask) of each row. The shape's rows are the images. */
  readonly rows: readonly (readonly [image: number, mask: number])[];
  /** Parts that the output channels come in, as vec4s; left out: one. */
  readonly parts?: readonly { readonly start4: number; readonly count4: number }[];
  /** Reads the map flattened, as a dense layer does: weights without padding between positions. */
  readonly flat?: boolean;
  readonly clips?: boolean;
  readonly seed?: number;
}

/** The larger of the errors against both definitions, over the root mean square. */
async function deltaError(shape: ConvShape, variant: Conv2dDeltaVariant, damage: Damage): Promise<number> {
  const { channelStart, units, masks, rows, flat = false, clips = false, seed = 1 } = damage;
  const { inChannels, outChannels, kernel } = shape;
  const activation = clips ? RELU6 : LINEAR;
  const { layer, inShape, outShape, values, weight: packed } = drawConv(shape, { seed });
  const draw = random(seed, "displacement");
  const d = values.map(() => draw.normal());
  const convolve = (x: Float32Array | Float64Array, bias: Float32Array | null, count: number) =>
    evaluateLayer({ ...layer, bias }, [{ values: x, shape: inShape }], count);
  const z = Float32Array.from(convolve(values, layer.bias, shape.rows));
  const isUnit = (at: number) => at % inChannels >= channelStart && at % inChannels < channelStart + units;
  const replaced = values.map((value, at) => (isUnit(at) ? value + d[at]! : value));
  const zReplaced = Float32Array.from(convolve(replaced, layer.bias, shape.rows));

  const [inSize, outSize] = [values.length / shape.rows, z.length / shape.rows];
  const fromInput = new Float64Array(rows.length * outSize);
  const fromZ = new Float64Array(rows.length * outSize);
  rows.forEach(([image, mask], row) => {
    const masked = new Set(masks[mask]!.map((unit) => unit + channelStart));
    const isComplement = 2 * masked.size > units;
    const x = Float64Array.from(values.subarray(image * inSize, (image + 1) * inSize));
    const change = new Float64Array(inSize);
    for (let at = 0; at < inSize; at++) {
      const isMasked = masked.has(at % inChannels);
      const moves = d[image * inSize + at]!;
      if (isMasked) x[at] = x[at]! + moves;
      if (isUnit(at) && isMasked !== isComplement) change[at] = isComplement ? -moves : moves;
    }
    fromInput.set(convolve(x, layer.bias, 1), row * outSize);
    const base = (isComplement ? zReplaced : z).subarray(image * outSize);
    fromZ.set(
      convolve(change, null, 1).map((sum, at) => base[at]! + sum),
      row * outSize,
    );
  });

  const weight = flat ? packDenseWeight(layer.weight as Float32Array, inSize, outChannels) : packed;
  const padded = {
    z: packTensor(z, shape.rows, outShape),
    zReplaced: packTensor(zReplaced, shape.rows, outShape),
    d: packTensor(d, shape.rows, inShape),
    program: packProgram(masks, units),
    rows: Uint32Array.from(rows.flat()),
  };
  let y = blankTensor(rows.length, outShape);
  for (const part of damage.parts ?? [wholePart(outChannels)]) {
    const entered = {
      ...{ ...shape, rows: rows.length, channelStart, part },
      tapRows: flat ? inSize / (kernel[0] * kernel[1]) : paddedChannels(inChannels),
    };
    const plan = planConv2dDelta(entered, variant, { activation });
    y = (await runPlan(gpu, plan, { ...padded, weight: columnsOf(weight, vectorsOf(outChannels), part), y })).y;
  }
  if (y.subarray(tensorFloats(rows.length, outShape)).some((value) => value !== UNTOUCHED)) return Number.NaN;
  const got = unpackTensor(y, rows.length, outShape);
  const errors = [fromInput, fromZ].map((wanted) =>
    largestError(
      got,
      wanted.map((value) => applyActivation(activation, value)),
    ),
  );
  return Math.max(...errors);
}

/** The columns of a part of a weight whose rows are `stride4` vec4s long. */
function columnsOf(
  weight: Float32Array,
  stride4: number,
  { start4, count4 }: { readonly start4: number; readonly count4: number },
): Float32Array {
  return weight.filter((_, at) => {
    const column4 = Math.floor(at / 4) % stride4;
    return column4 >= start4 && column4 < start4 + count4;
  });
}

/** Masks of no, some, most and all units, and rows that visit some of (image, mask) in no order. */
function damageOf(shape: ConvShape, seed: number): Damage {
  const draw = random(seed, "damage");
  const channelStart = draw.below(shape.inChannels);
  const units = 1 + draw.below(shape.inChannels - channelStart);
  const all = Array.from({ length: units }, (_, unit) => unit);
  const masks = [[], all, ...[0.2, 0.8].map((share) => all.filter(() => draw.below(100) < 100 * share))];
  const rows = Array.from(
    { length: 1 + draw.below(9) },
    () => [draw.below(shape.rows), draw.below(masks.length)] as const,
  );
  return { channelStart, units, masks, rows, seed };
}

const shapes = convShapes(fc.tuple(oddChannels, oddChannels, fc.constant(1)));

test.each(everyVariant)("%o", async (variant) => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.boolean(), fc.integer(), async (shape, clips, seed) => {
      expect(await deltaError(shape, variant, { ...damageOf(shape, seed), clips })).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 12 },
  );
  // 33 rows of one image and mask, and a map as large as VGG's smallest odd one.
  const many = convShape({ rows: 2, height: 3, width: 3, inChannels: 17, outChannels: 9 });
  const rows = Array.from({ length: 33 }, (_, row) => [row % 2, row % 3] as const);
  const masks = [[16], [0, 5, 9], Array.from({ length: 16 }, (_, unit) => unit)];
  expect(await deltaError(many, variant, { channelStart: 0, units: 17, masks, rows })).toBeLessThan(1e-5);
  const large = convShape({ rows: 1, height: 57, width: 57, inChannels: 5, outChannels: 7 });
  expect(await deltaError(large, variant, { ...damageOf(large, 1), clips: true })).toBeLessThan(1e-5);
});

test("enters a dense layer that reads the map flattened", async () => {
  const channels = fc.constantFrom(1, 3, 5, 7, 8, 17);
  const map = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }));
  await fc.assert(
    fc.asyncProperty(
      map,
      channels,
      oddChannels,
      fc.integer(),
      async ([height, width], inChannels, outChannels, seed) => {
        const padding = { top: 0, left: 0, bottom: 0, right: 0 };
        const shape = convShape({ height, width, inChannels, outChannels, kernel: [height, width], padding });
        const damage = { ...damageOf(shape, seed), flat: true, clips: true };
        expect(await deltaError(shape, everyVariant[0]!, damage)).toBeLessThan(1e-5);
      },
    ),
    { seed: 1337, numRuns: 25 },
  );
});

test("writes the output channels in parts, whichever comes first", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.nat(15), fc.boolean(), fc.integer(), async (shape, cut, backwards, seed) => {
      const all = vectorsOf(shape.outChannels);
      const start4 = Math.min(cut, all - 1);
      const parts = [
        { start4: 0, count4: start4 },
        { start4, count4: all - start4 },
      ].filter(({ count4 }) => count4 > 0);
      const damage = { ...damageOf(shape, seed), parts: backwards ? parts.reverse() : parts, clips: true };
      expect(await deltaError(shape, everyVariant[1]!, damage)).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 20 },
  );
});

test("gives a mask of all units what zReplaced holds, to the bit: real ties stay ties", async () => {
  const shape = {
    ...convShape({ rows: 1, inChannels: 5, outChannels: 6 }),
    tapRows: 8,
    channelStart: 0,
    part: wholePart(6),
  };
  const draw = random(3);
  const zReplaced = Float32Array.from({ length: 25 * 8 }, () => draw.normal());
  const { y } = await runPlan(gpu, planConv2dDelta(shape, everyVariant[1]!), {
    z: new Float32Array(25 * 8).fill(7),
    ...{ zReplaced, d: zReplaced, weight: new Float32Array(9 * 8 * 8).fill(0.3) },
    program: packProgram([[0, 1, 2, 3, 4]], 5),
    rows: Uint32Array.of(0, 0),
    y: new Float32Array(25 * 8),
  });
  expect(y).toEqual(zReplaced);
});
