/** Masks packed for kernels say what the unit lists said, whichever half of the layer is listed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countBits, hasBit, setBit, wordsFor } from "../core/bitset.ts";
import { packBits, packProgram, packSamples } from "./masks.ts";

/** A layer's width, and some ascending unit lists of it. */
const masksOfLayer = fc
  .integer({ min: 1, max: 70 })
  .chain((units) =>
    fc.record({ units: fc.constant(units), masks: fc.array(fc.subarray([...Array(units).keys()]), { maxLength: 9 }) }),
  );

/** A program read the way the kernels read it. */
function masksOf(program: Uint32Array, count: number, units: number): number[][] {
  return Array.from({ length: count }, (_, mask) => {
    const listed = [...program.subarray(program[mask]! & 0x7fffffff, program[mask + 1]! & 0x7fffffff)];
    if (program[mask]! >>> 31 === 0) return listed;
    return [...Array(units).keys()].filter((unit) => !listed.includes(unit));
  });
}

describe("packProgram", () => {
  test("lists the masked units, or those left alone where they are fewer", () => {
    // 3 masks over 5 units: {1}, {0, 2, 3, 4} as "all but 1", and all.
    expect([...packProgram([[1], [0, 2, 3, 4], [0, 1, 2, 3, 4]], 5)]).toEqual([4, 0x80000005, 0x80000006, 6, 1, 1]);
  });

  test("keeps half of a layer as it is", () => {
    expect([...packProgram([[0, 3]], 4)]).toEqual([2, 4, 0, 3]);
  });

  test("says what the lists said, and never lists more than half", () => {
    fc.assert(
      fc.property(masksOfLayer, ({ units, masks }) => {
        const program = packProgram(masks, units);
        expect(masksOf(program, masks.length, units)).toEqual(masks);
        expect(program.length).toBeLessThanOrEqual(masks.length + 1 + (masks.length * units) / 2);
        expect(program[masks.length]).toBe(program.length);
      }),
      { seed: 2 },
    );
  });
});

test("packBits sets the masked units' bits and no other", () => {
  fc.assert(
    fc.property(masksOfLayer, ({ units, masks }) => {
      const bits = packBits(masks, units);
      const words = wordsFor(units);
      expect(bits).toHaveLength(masks.length * words);
      masks.forEach((mask, index) => {
        const row = bits.subarray(index * words, (index + 1) * words);
        expect(countBits(row)).toBe(mask.length);
        expect(mask.every((unit) => hasBit(row, unit))).toBe(true);
      });
    }),
    { seed: 3 },
  );
});

test("packSamples lists every one bit, ascending, bit 31 included", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }).chain((samples) => fc.array(fc.subarray([...Array(samples).keys(), 31, 63]))),
      (lists) => {
        const sets = lists.map((list) => [...new Set(list)].sort((a, b) => a - b));
        const rows = sets.map((set) => {
          const row = new Uint32Array(4);
          for (const sample of set) setBit(row, sample);
          return row;
        });
        const { list, total } = packSamples(rows, rows.map(countBits));
        expect(total).toBe(sets.flat().length);
        expect(sets.map((_, i) => [...list.subarray(list[i]!, list[i + 1]!)])).toEqual(sets);
        expect(list).toHaveLength(sets.length + 1 + total);
      },
    ),
    { seed: 4 },
  );
});
