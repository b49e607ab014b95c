import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { type Conv2dLayer, RELU } from "../../network/network.ts";
import { outputShape } from "../../network/shapes.ts";
import { evaluateLayer } from "../evaluate-layer.ts";
import { convLayer, convolvedAt, counting } from "./layer.fixture.ts";

const pair = (most: number) => fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }));
const pad = fc.integer({ min: 0, max: 3 });
const convolution = fc.record({
  seed: fc.integer(),
  samples: fc.integer({ min: 1, max: 3 }),
  size: pair(8),
  kernel: pair(4),
  stride: pair(3),
  dilation: pair(2),
  padding: fc.record({ top: pad, left: pad, bottom: pad, right: pad }),
  groups: fc.constantFrom(1, 1, 2, 3, 5),
  groupIn: fc.constantFrom(1, 2, 3, 4, 5, 9),
  groupOut: fc.constantFrom(1, 2, 3, 7),
  biased: fc.boolean(),
});

describe("conv2d", () => {
  test("of the ONNX specification: 5 x 5, kernel of ones, strides 2 and asymmetric padding", () => {
    const x = counting([7, 5, 1], 0);
    const ones = { kernel: [3, 3], weight: new Float32Array(9).fill(1), stride: [2, 2] } as const;
    const padded = convLayer({ ...ones, padding: { top: 1, left: 1, bottom: 1, right: 1 } });
    expect([...evaluateLayer(padded, [x], 1)]).toEqual([12, 27, 24, 63, 108, 81, 123, 198, 141, 112, 177, 124]);
    expect([...evaluateLayer(convLayer(ones), [x], 1)]).toEqual([54, 72, 144, 162, 234, 252]);
    const asymmetric = convLayer({ ...ones, padding: { top: 1, left: 0, bottom: 1, right: 0 } });
    expect([...evaluateLayer(asymmetric, [x], 1)]).toEqual([21, 33, 99, 117, 189, 207, 171, 183]);
  });

  test("is cross-correlation: the kernel is not turned over", () => {
    const layer = convLayer({ kernel: [1, 2], weight: Float32Array.of(1, 10) });
    expect([...evaluateLayer(layer, [counting([1, 3, 1])], 1)]).toEqual([21, 32]);
  });

  test("keeps groups apart, adds the bias, then activates", () => {
    const layer = convLayer({
      inChannels: 2,
      outChannels: 4,
      groups: 2,
      weight: Float32Array.of(1, 2, 3, 4),
      bias: Float32Array.of(0, 0, 0.5, -100),
      activation: RELU,
    });
    expect([...evaluateLayer(layer, [{ values: Float64Array.of(1, 10), shape: [1, 1, 2] }], 1)]).toEqual([
      1, 2, 30.5, 0,
    ]);
  });

  test("expands quantised weights", () => {
    const weight = { values: Uint8Array.of(0, 4), scale: 0.5, min: -1 };
    const layer = convLayer({ outChannels: 2, weight });
    expect([...evaluateLayer(layer, [counting([1, 1, 1], 3)], 1)]).toEqual([-3, 3]);
  });

  test("equals the sum in its definition, for any window and groups", () => {
    fc.assert(
      fc.property(convolution, (drawn) => {
        const { layer, x, samples } = problemOf(drawn);
        fc.pre(
          drawn.size.every(
            (size, axis) => size + pads(drawn.padding, axis) > drawn.dilation[axis]! * (drawn.kernel[axis]! - 1),
          ),
        );
        const shape = outputShape(layer, [x.shape]) as [number, number, number];
        const y = evaluateLayer(layer, [x], samples);
        let at = 0;
        for (let n = 0; n < samples; n++) {
          for (let oy = 0; oy < shape[0]; oy++) {
            for (let ox = 0; ox < shape[1]; ox++) {
              for (let o = 0; o < shape[2]; o++) expect(y[at++]).toBeCloseTo(convolvedAt(layer, x, [n, oy, ox, o]), 10);
            }
          }
        }
        expect(at).toBe(y.length);
      }),
      { seed: 1337, numRuns: 80 },
    );
  });
});

type Drawn = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

function pads({ top, left, bottom, right }: Drawn["padding"], axis: number): number {
  return axis === 0 ? top + bottom : left + right;
}

/** Random weights and samples, a third of the samples' numbers 0. */
function problemOf(drawn: Drawn) {
  const { seed, samples, size, groups, groupIn, groupOut, biased, ...window } = drawn;
  const draw = random(seed, "conv2d");
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const [inChannels, outChannels] = [groups * groupIn, groups * groupOut];
  const layer: Conv2dLayer = convLayer({
    ...window,
    inChannels,
    outChannels,
    groups,
    weight: normals(window.kernel[0] * window.kernel[1] * groupIn * outChannels),
    bias: biased ? normals(outChannels) : null,
  });
  const values = normals(samples * size[0] * size[1] * inChannels).map((value) => (draw.below(3) === 0 ? 0 : value));
  return { layer, samples, x: { values, shape: [...size, inChannels] } };
}
