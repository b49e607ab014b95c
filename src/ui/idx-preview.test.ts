import { gzipSync } from "fflate";
import { expect, test } from "vitest";
import { firstSamples, inkPixels } from "./idx-preview.ts";

/** An IDX file of `count` images of 3 x 5 pixels, each pixel its image's index. */
function idx(count: number, claimed = count): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + count * 15);
  const view = new DataView(bytes.buffer);
  for (const [offset, value] of [0x803, claimed, 3, 5].entries()) view.setUint32(offset * 4, value);
  for (let n = 0; n < count; n++) bytes.fill(n, 16 + n * 15, 31 + n * 15);
  return bytes;
}

test("reads the first images, plain or gzipped", async () => {
  for (const bytes of [idx(23), gzipSync(idx(23)) as Uint8Array<ArrayBuffer>]) {
    const found = (await firstSamples(new Blob([bytes])))!;
    expect([found.count, found.rows, found.columns]).toEqual([10, 3, 5]);
    expect(found.pixels.length).toBe(150);
    expect(found.pixels[9 * 15]).toBe(9);
  }
});

test("a file that is cut off shows what it has; what is no image file shows nothing", async () => {
  expect((await firstSamples(new Blob([idx(2, 60_000)])))?.count).toBe(2);
  expect(await firstSamples(new Blob([new Uint8Array(40)]))).toBeNull();
  expect(await firstSamples(new Blob([]))).toBeNull();
});

test("reads as many images as are asked for, and gives any of them as dark ink on light ground", async () => {
  const found = (await firstSamples(new Blob([idx(23)]), 20))!;
  expect(found.count).toBe(20);
  const pixels = inkPixels(found, 17);
  expect(pixels.length).toBe(15);
  // Stored 17 is 238 of white in every channel, opaque.
  expect(new Set(pixels)).toEqual(new Set([0xffeeeeee]));
});
