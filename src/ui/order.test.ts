import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderOf } from "./order.ts";

describe("orderOf", () => {
  test("keeps equal keys in place and puts NaN last, in both directions", () => {
    const keys = Float32Array.of(3, Number.NaN, -1, 3, 0, -0, Number.NEGATIVE_INFINITY);
    expect([...orderOf(keys)]).toEqual([6, 2, 4, 5, 0, 3, 1]);
    expect([...orderOf(keys, true)]).toEqual([0, 3, 4, 5, 2, 6, 1]);
  });

  test("of nothing is nothing", () => {
    expect(orderOf(new Float32Array(0)).length).toBe(0);
  });

  test("agrees with a stable comparison sort", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { maxLength: 300 }), fc.boolean(), (values, descending) => {
        const keys = Float32Array.from(values);
        const wanted = Array.from(keys, (_, i) => i).sort(
          (a, b) => (descending ? -1 : 1) * (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0) || a - b,
        );
        expect([...orderOf(keys, descending)]).toEqual(wanted);
      }),
    );
  });
});
