import fc from "fast-check";
import { expect, test } from "vitest";
import { countBits, setBit, wordsFor } from "../core/bitset.ts";
import { rowsOfMasks } from "./rows-of-masks.ts";

test("each image that a mask moves is a row", () => {
  const batches = fc.integer({ min: 1, max: 100 }).chain((samples) =>
    fc.array(
      fc.subarray(Array.from({ length: samples }, (_, image) => image)).map((moved) => {
        const images = new Uint32Array(wordsFor(samples));
        for (const image of moved) setBit(images, image);
        return { moved, images, count: countBits(images) };
      }),
      { maxLength: 5 },
    ),
  );
  fc.assert(
    fc.property(batches, (batch) => {
      const wanted = batch.flatMap(({ moved }, mask) => moved.flatMap((image) => [image, mask]));
      expect([...rowsOfMasks(batch)]).toEqual(wanted);
    }),
    { seed: 1337 },
  );
});

test("the ends of words, and whole ones", () => {
  const images = Uint32Array.of(0x80000001, 0xffffffff, 0, 1);
  const wanted = [0, 31, ...Array.from({ length: 32 }, (_, bit) => 32 + bit), 96];
  const rows = rowsOfMasks([
    { images: new Uint32Array(4), count: 0 },
    { images, count: 35 },
  ]);
  expect([...rows].filter((_, at) => at % 2 === 0)).toEqual(wanted);
  expect(new Set([...rows].filter((_, at) => at % 2 === 1))).toEqual(new Set([1]));
});
