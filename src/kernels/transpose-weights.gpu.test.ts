/** Transposed weights: every number at its place, for odd sizes, and what they are for: a data gradient as a convolution. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { convShape } from "./conv2d.fixture.ts";
import { conv2dDirectVariants, planConv2dDirect } from "./conv2d-direct.ts";
import { drawConvGradient } from "./conv2d-gradient.fixture.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor, unpackTensor } from "./tensor.fixture.ts";
import { planTransposeWeights } from "./transpose-weights.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const small = fc.integer({ min: 1, max: 9 });

test("exchanges rows and columns, and reverses the taps, network by network", async () => {
  const sizes = fc.record({
    networks: small,
    taps: small,
    in4: small,
    out4: small,
    gap: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ networks, taps, in4, out4, gap }) => {
      const ofNetwork = taps * in4 * out4 * 16;
      const networkStride4 = ofNetwork / 4 + gap;
      // No two alike: below 2^24.
      const weight = Float32Array.from({ length: networks * networkStride4 * 4 }, (_, i) => i);
      const { transposed } = await runPlan(gpu, planTransposeWeights({ networks, taps, in4, out4, networkStride4 }), {
        weight,
        transposed: new Float32Array(networks * ofNetwork + 4).fill(UNTOUCHED),
      });
      const [ins, outs] = [4 * in4, 4 * out4];
      const wanted = new Float32Array(transposed.length).fill(UNTOUCHED);
      for (let n = 0; n < networks; n++) {
        for (let at = 0; at < ofNetwork; at++) {
          const [o, c, tap] = [at % outs, Math.floor(at / outs) % ins, Math.floor(at / outs / ins)];
          wanted[n * ofNetwork + ((taps - 1 - tap) * outs + o) * ins + c] = weight[n * networkStride4 * 4 + at]!;
        }
      }
      expect(transposed).toEqual(wanted);
    }),
    { seed: 1337, numRuns: 20 },
  );
});

test("makes a convolution of a data gradient with stride 1", async () => {
  const shape = convShape({
    ...{ rows: 3, height: 7, width: 6, inChannels: 6, outChannels: 9, kernel: [3, 2], dilation: [1, 2] },
    padding: { top: 1, left: 0, bottom: 0, right: 2 },
  });
  const { weight, dy, dx, inShape } = drawConvGradient(shape, 1);
  const size = { networks: 1, taps: 6, in4: 2, out4: 3, networkStride4: 0 };
  const { transposed } = await runPlan(gpu, planTransposeWeights(size), {
    weight,
    transposed: new Float32Array(weight.length),
  });
  const back = convShape({
    ...{ ...shape, height: shape.outHeight, width: shape.outWidth, inChannels: 9, outChannels: 6 },
    // dilation (kernel - 1) less the forward padding.
    padding: { top: 1, left: 2, bottom: 2, right: 0 },
  });
  expect([back.outHeight, back.outWidth]).toEqual([7, 6]);
  const { y } = await runPlan(gpu, planConv2dDirect(back, conv2dDirectVariants(true, back)[0]!), {
    ...{ x: dy, weight: transposed, bias: new Float32Array(8), y: blankTensor(3, inShape) },
  });
  expect(largestError(unpackTensor(y, 3, inShape), dx)).toBeLessThan(1e-5);
});
