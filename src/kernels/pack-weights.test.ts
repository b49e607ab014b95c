/** Packed weights: every weight at its place, zeros everywhere else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { packBias, packConvWeight, packDenseWeight } from "./pack-weights.ts";

const padded = (channels: number) => Math.ceil(channels / 4) * 4;
/** 1, 2, 3, ...: no two alike, and no zero. */
const counting = (count: number) => Float32Array.from({ length: count }, (_, i) => i + 1);

const layers = fc.record({
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  groups: fc.integer({ min: 1, max: 5 }),
  deep: fc.integer({ min: 1, max: 9 }),
  wide: fc.integer({ min: 1, max: 9 }),
});

test("convolutions have both kinds of channels padded, group by group", () => {
  fc.assert(
    fc.property(layers, ({ kernel, groups, deep, wide }) => {
      const [inChannels, outChannels] = [groups * deep, groups * wide];
      const weight = counting(kernel[0] * kernel[1] * deep * outChannels);
      const packed = packConvWeight(weight, { kernel, inChannels, outChannels, groups });
      const depthwise = groups > 1 && deep === 1 && wide === 1;
      const [rows, columns] = [depthwise ? 1 : padded(deep), padded(outChannels)];
      expect(packed.length).toBe(kernel[0] * kernel[1] * rows * columns);
      packed.forEach((value, at) => {
        const [column, row, place] = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / columns / rows)];
        const inside = column < outChannels && row < deep;
        expect(value).toBe(inside ? weight[(place * deep + row) * outChannels + column] : 0);
      });
    }),
    { seed: 1337, examples: [[{ kernel: [3, 3], groups: 5, deep: 1, wide: 1 }]] },
  );
});

test("dense weights are padded along both axes, biases along their one", () => {
  expect([...packDenseWeight(counting(10), 2, 5)]).toEqual([
    ...[1, 2, 3, 4, 5, 0, 0, 0],
    ...[6, 7, 8, 9, 10, 0, 0, 0],
    ...new Array<number>(16).fill(0),
  ]);
  expect([...packBias(counting(3), 3)]).toEqual([1, 2, 3, 0]);
  expect([...packBias(null, 5)]).toEqual(new Array<number>(8).fill(0));
});

test("what needs no padding is not copied", () => {
  const weight = counting(32);
  expect(packDenseWeight(weight, 4, 8)).toBe(weight);
});

test("a wrong number of weights is refused", () => {
  const layer = { kernel: [3, 3], inChannels: 2, outChannels: 4, groups: 2 } as const;
  expect(() => packConvWeight(counting(72), layer)).toThrow("72 weights, not 9 x 1 x 4");
  expect(() => packDenseWeight(counting(9), 2, 5)).toThrow("9 weights, not 1 x 2 x 5");
  expect(() => packBias(counting(2), 3)).toThrow("2 weights, not 1 x 1 x 3");
});
