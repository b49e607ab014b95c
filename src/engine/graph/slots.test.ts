/** Tensors share memory only where their lives do not meet. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { assignSlots, type Life } from "./slots.ts";

test("a chain takes two slots, whatever its length", () => {
  const lives = Array.from({ length: 6 }, (_, i): Life => ({ name: `t${i}`, from: i, to: i + 1, size: 10 }));
  expect(assignSlots(lives).sizes).toEqual([10, 10]);
});

test("the tightest free slot is taken, and the largest is widened where none fits", () => {
  const lives: Life[] = [
    { name: "large", from: 0, to: 1, size: 100 },
    { name: "small", from: 0, to: 1, size: 10 },
    { name: "fits small", from: 2, to: 3, size: 8 },
    { name: "fits none", from: 2, to: 3, size: 120 },
  ];
  const { slotOf, sizes } = assignSlots(lives);
  expect(slotOf.get("fits small")).toBe(slotOf.get("small"));
  expect(slotOf.get("fits none")).toBe(slotOf.get("large"));
  expect(sizes).toEqual([120, 10]);
});

test("no two tensors that live at the same time share a slot, and each fits its own", () => {
  const life = fc.record({ from: fc.nat(20), length: fc.nat(6), size: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(fc.array(life, { maxLength: 25 }), (drawn) => {
      const lives = drawn.map(({ from, length, size }, i): Life => ({ name: `${i}`, from, to: from + length, size }));
      const { slotOf, sizes } = assignSlots(lives);
      for (const a of lives) {
        expect(sizes[slotOf.get(a.name)!]).toBeGreaterThanOrEqual(a.size);
        for (const b of lives) {
          if (a === b || slotOf.get(a.name) !== slotOf.get(b.name)) continue;
          expect(a.to < b.from || b.to < a.from).toBe(true);
        }
      }
    }),
    { seed: 1337, numRuns: 200 },
  );
});
