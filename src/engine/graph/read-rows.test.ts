import { expect, test } from "vitest";
import { readRows } from "./read-rows.ts";

/** Reads from an array in place of a buffer, and what was asked of it. */
function reader(stored: Float32Array) {
  const asked: number[] = [];
  const read = async (...parts: readonly { readonly offsetBytes?: number; readonly sizeBytes: number }[]) =>
    parts.map(({ offsetBytes = 0, sizeBytes }) => {
      asked.push(sizeBytes);
      return stored.slice(offsetBytes / 4, (offsetBytes + sizeBytes) / 4).buffer;
    });
  return { asked, gpu: { read } };
}

test("rows come back without their padding", async () => {
  const { gpu } = reader(Float32Array.of(1, 2, 3, 99, 4, 5, 6, 99));
  expect([...(await readRows(gpu, {} as GPUBuffer, 2, 3))]).toEqual([1, 2, 3, 4, 5, 6]);
  const whole = reader(Float32Array.of(1, 2, 3, 4));
  expect([...(await readRows(whole.gpu, {} as GPUBuffer, 1, 4))]).toEqual([1, 2, 3, 4]);
  expect([...(await readRows(whole.gpu, {} as GPUBuffer, 0, 4))]).toEqual([]);
});

test.each([2 ** 22 - 1, 2 ** 22])(
  "a large tensor, of %i channels, comes in pieces of at most 64 MiB",
  async (channels) => {
    const width = 2 ** 22;
    const stored = new Float32Array(5 * width);
    for (let row = 0; row < 5; row++) stored[row * width] = row + 1;
    const { asked, gpu } = reader(stored);
    const values = await readRows(gpu, {} as GPUBuffer, 5, channels);
    expect(asked).toEqual([2 ** 26, 2 ** 24]);
    expect(values).toHaveLength(5 * channels);
    expect(Array.from({ length: 5 }, (_, row) => values[row * channels])).toEqual([1, 2, 3, 4, 5]);
  },
);
