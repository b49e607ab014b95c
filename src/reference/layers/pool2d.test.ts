import { describe, expect, test } from "vitest";
import type { Pool2dLayer } from "../../network/network.ts";
import { evaluateLayer } from "../evaluate-layer.ts";
import { counting, poolLayer } from "./layer.fixture.ts";

const all = (padding: number) => ({ top: padding, left: padding, bottom: padding, right: padding });
const pooled = (given: Partial<Pool2dLayer>, shape: readonly number[], first = 1) => [
  ...evaluateLayer(poolLayer(given), [counting(shape, first)], 1),
];

describe("pool2d", () => {
  test("maximum with padding, which is absent even where all numbers are negative", () => {
    expect(pooled({ kernel: [2, 2], stride: [2, 2], padding: all(1) }, [3, 3, 1])).toEqual([1, 3, 7, 9]);
    expect(pooled({ kernel: [2, 2], padding: all(1) }, [1, 1, 1], -5)).toEqual([-5, -5, -5, -5]);
  });

  test("of the ONNX specification: 5 x 5 with padding 2", () => {
    const window = { kernel: [5, 5], padding: all(2) } as const;
    expect(pooled(window, [5, 5, 1]).slice(0, 10)).toEqual([13, 14, 15, 15, 15, 18, 19, 20, 20, 20]);
    const average = pooled({ ...window, pool: "average" }, [5, 5, 1]);
    expect(average.slice(0, 10)).toEqual([7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11, 11.5]);
    const padded = pooled({ ...window, pool: "average", countIncludePad: true }, [5, 5, 1]);
    [2.52, 3.6, 4.8, 4.08, 3.24, 4.56, 6.4, 8.4, 7.04, 5.52].forEach((value, i) => {
      expect(padded[i]).toBeCloseTo(value, 12);
    });
  });

  test("ceil mode: what hangs over is not counted, padding is if asked for", () => {
    const window = { kernel: [3, 3], stride: [2, 2], ceilMode: true } as const;
    expect(pooled(window, [4, 4, 1])).toEqual([11, 12, 15, 16]);
    expect(pooled({ ...window, pool: "average" }, [4, 4, 1])).toEqual([6, 7.5, 12, 13.5]);
    // 1 row of input, 1 of padding after it, 1 beyond: the second window holds 5 and 6 and a zero, of 2 positions x 1 row.
    const along = { kernel: [1, 3], stride: [1, 3], ceilMode: true, pool: "average", countIncludePad: true } as const;
    const padding = { top: 0, left: 0, bottom: 0, right: 1 };
    expect(pooled({ ...along, padding }, [1, 4, 1])).toEqual([2, 2]);
    expect(pooled({ ...along, padding, countIncludePad: false }, [1, 4, 1])).toEqual([2, 4]);
  });

  test("dilated, channel by channel and sample by sample", () => {
    const layer = poolLayer({ kernel: [2, 2], dilation: [2, 2] });
    expect([...evaluateLayer(layer, [counting([3, 3, 2], 1, 2)], 2)]).toEqual([17, 18, 35, 36]);
  });
});

test("global-pool, channel by channel and sample by sample", () => {
  const layer = (pool: "max" | "average") => ({ kind: "global-pool", name: "pool", inputs: ["x"], pool }) as const;
  const x = counting([3, 2, 2], 0, 2);
  expect([...evaluateLayer(layer("max"), [x], 2)]).toEqual([10, 11, 22, 23]);
  expect([...evaluateLayer(layer("average"), [x], 2)]).toEqual([5, 6, 17, 18]);
});
