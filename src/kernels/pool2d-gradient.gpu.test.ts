/** Gradients of pooling on the GPU against central differences: windows that overlap, hang over, and leave gaps. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Pool2dLayer } from "../network/network.ts";
import { emptyWindow, NO_PADDING, windowOutputs } from "../network/window.ts";
import { differences, drawDistinct, drawOutput, runGradient } from "./gradient.fixture.ts";
import { planPool2dGradient } from "./pool2d-gradient.ts";
import { largestError } from "./run.fixture.ts";
import { drawTensor, packTensor, someAxis, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const base = { kind: "pool2d", name: "pool", inputs: ["x"] } as const;
const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const channelCounts = fc.constantFrom(1, 3, 4, 5, 7);

/** What is compiled into the kernel; all else is told to it. */
const compiled = fc.constantFrom<Pick<Pool2dLayer, "pool" | "kernel" | "dilation" | "countIncludePad">>(
  { pool: "max", kernel: [3, 3], dilation: [1, 1], countIncludePad: false },
  { pool: "max", kernel: [3, 2], dilation: [1, 2], countIncludePad: false },
  { pool: "average", kernel: [2, 3], dilation: [1, 1], countIncludePad: true },
  { pool: "average", kernel: [3, 3], dilation: [2, 1], countIncludePad: false },
);

const layers = fc
  .record({
    window: compiled,
    size: fc.tuple(someAxis, fc.integer({ min: 1, max: 9 })),
    stride: pair(1, 4),
    before: pair(0, 2),
    after: pair(0, 2),
    ceilMode: fc.boolean(),
  })
  .map(({ window, size, before, after, ...rest }) => {
    const padding = { top: before[0], left: before[1], bottom: after[0], right: after[1] };
    return { size, layer: { ...base, ...window, ...rest, padding } satisfies Pool2dLayer };
  });

/** Whether all windows see some of the input: of others there is no maximum. */
function isWhole(layer: Pool2dLayer, size: readonly [number, number]): boolean {
  const { kernel, stride, dilation, padding } = layer;
  const out = windowOutputs(layer, ...size, layer.ceilMode);
  return ([0, 1] as const).every((at) => {
    const before = [padding.top, padding.left][at]!;
    return out[at] > 0 && emptyWindow(out[at], size[at], kernel[at], stride[at], dilation[at], before) < 0;
  });
}

async function compare(
  layer: Pool2dLayer,
  size: readonly [number, number],
  rows: number,
  channels: number,
  seed: number,
) {
  const [height, width] = size;
  const [outHeight, outWidth] = windowOutputs(layer, height, width, layer.ceilMode);
  const draw = random(seed);
  const x = drawDistinct(draw, rows, [height, width, channels]);
  const dy = drawOutput(draw, layer, [x], rows);
  const plan = planPool2dGradient({ ...layer, rows, height, width, channels, outHeight, outWidth });
  const got = await runGradient(gpu, plan, { x: x.packed, dy: dy.packed }, rows, x.shape);
  expect(largestError(got, differences(layer, [x], 0, dy.values, rows))).toBeLessThan(1e-5);
  return plan.shader.name;
}

test("equals central differences", async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([layers.filter(({ layer, size }) => isWhole(layer, size)), someRows, channelCounts, fc.integer()] as const),
      async ({ size, layer }, rows, channels, seed) => {
        expect(await compare(layer, size, rows, channels, seed)).toBe("pool2d-gradient");
      },
    ),
    { seed: 1337, numRuns: 60 },
  );
});

const plain = {
  kernel: [2, 2],
  stride: [2, 2],
  dilation: [1, 1],
  padding: NO_PADDING,
  countIncludePad: false,
} as const;

test("equals central differences where 2 x 2 windows tile the input, or nearly", async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([pair(2, 9), fc.boolean(), someRows, channelCounts, fc.integer()] as const),
      async (size, ceilMode, rows, channels, seed) => {
        const layer = { ...base, ...plain, pool: "max", ceilMode } as const;
        expect(await compare(layer, size, rows, channels, seed)).toBe("pool2x2-gradient");
      },
    ),
    { seed: 1337, numRuns: 30 },
  );
});

test.each([
  ["pool2x2-gradient", 2],
  ["pool2d-gradient", 3],
] as const)("%s gives a tie's gradient to the first of its largest numbers", async (name, kernel) => {
  const [height, width, channels] = [6, 6, 5];
  const out = height / kernel;
  const shape = { rows: 1, height, width, channels, outHeight: out, outWidth: out, ...plain, pool: "max" } as const;
  const plan = planPool2dGradient({ ...shape, kernel: [kernel, kernel], stride: [kernel, kernel] });
  expect(plan.shader.name).toBe(name);
  const draw = random(3);
  // Of each window's numbers some are 1, some 0: many ties, all of the first kind in some channels.
  const values = Float32Array.from({ length: height * width * channels }, (_, i) =>
    i % channels < 2 ? 1 : draw.below(2),
  );
  const dy = drawTensor(draw, 1, [out, out, channels]);
  const data = { x: packTensor(values, 1, [height, width, channels]), dy: dy.packed };
  const got = await runGradient(gpu, plan, data, 1, [height, width, channels]);
  const wanted = new Float32Array(values.length);
  for (let i = 0; i < dy.values.length; i++) {
    const [oy, ox, c] = [Math.floor(i / channels / out), Math.floor(i / channels) % out, i % channels];
    const places = Array.from({ length: kernel ** 2 }, (_, k) => {
      return ((oy * kernel + Math.floor(k / kernel)) * width + ox * kernel + (k % kernel)) * channels + c;
    });
    const largest = Math.max(...places.map((place) => values[place]!));
    wanted[places.find((place) => values[place] === largest)!] = dy.values[i]!;
  }
  expect(got).toEqual(wanted);
});
