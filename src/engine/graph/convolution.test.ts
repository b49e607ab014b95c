/** Rounds of Winograd, on paper: what they take at once fits the buffers of every adapter. */
import { expect, test } from "vitest";
import { convShape } from "../../kernels/conv2d.fixture.ts";
import type { WinogradTile } from "../../kernels/winograd.ts";
import { winogradRound } from "./convolution.ts";

/** VGG-19's convolutions: side of the images, channels read, channels written. */
const VGG = [
  ...[
    [224, 64, 64],
    [112, 64, 128],
    [112, 128, 128],
    [56, 128, 256],
    [56, 256, 256],
  ],
  ...[
    [28, 256, 512],
    [28, 512, 512],
    [14, 512, 512],
  ],
] as const;

test.each(VGG)("neither tensor of a round takes more than 128 MiB: %i, %i -> %i", (side, inChannels, outChannels) => {
  for (const tile of [2, 4] satisfies WinogradTile[]) {
    for (const rows of [1, 2, 3, 10, 64]) {
      const shape = convShape({ rows, height: side, width: side, inChannels, outChannels, kernel: [3, 3] });
      for (const isProcessor of [true, false]) {
        const round = winogradRound(shape, tile, isProcessor);
        expect(round.rows).toBeGreaterThanOrEqual(1);
        expect(4 * Math.max(round.inputFloats, round.productFloats)).toBeLessThanOrEqual(128 * 2 ** 20);
      }
    }
  }
});
