/** Samples on their way to the GPU: one read ahead, each range read once, rows padded to whole words. */
import { expect, test } from "vitest";
import { type Dataset, memoryDataset } from "../data/dataset.ts";
import type { Arena } from "../gpu/arena.ts";
import { deviceSamples } from "./samples.ts";

const TRANSFORM = { scale: 1, mean: [0], std: [1], threshold: null };

/** A device's memory that keeps what is written. */
function recordingArena() {
  const written: number[][] = [];
  const arena = {
    storage: () => null,
    upload: () => null,
    write: (_: unknown, data: Iterable<number>) => void written.push([...data]),
  };
  return { written, arena: arena as unknown as Arena };
}

/** A set of `features` bytes or floats a sample that notes what is read of it. */
function noting(values: Uint8Array | Float32Array, features: number) {
  const reads: string[] = [];
  const labels = new Uint16Array(values.length / features);
  const whole = memoryDataset({ name: "d", shape: [features], values, labels, classes: 1, classNames: ["0"] });
  const read: Dataset["read"] = (start, count) => {
    reads.push(`${start} + ${count}`);
    return start + count > labels.length ? Promise.reject(new RangeError("beyond the end")) : whole.read(start, count);
  };
  return { reads, dataset: { ...whole, read } };
}

test("a range read ahead is not read again, and another is read all the same", async () => {
  const { written, arena } = recordingArena();
  const { reads, dataset } = noting(Float32Array.of(1, 2, 3, 4), 1);
  const source = deviceSamples(arena, dataset, TRANSFORM, 2);
  await source.load(0, 2);
  source.ahead(2, 2);
  expect(reads).toEqual(["0 + 2", "2 + 2"]);
  await source.load(2, 2);
  source.ahead(0, 2);
  await source.load(1, 2);
  await source.load(0, 2);
  expect(reads).toEqual(["0 + 2", "2 + 2", "0 + 2", "1 + 2", "0 + 2"]);
  expect(written).toEqual([
    [1, 2],
    [3, 4],
    [2, 3],
    [1, 2],
  ]);
});

test("a read ahead that fails fails where it is asked for, and nowhere else", async () => {
  const { arena } = recordingArena();
  const source = deviceSamples(arena, noting(Float32Array.of(1, 2), 1).dataset, TRANSFORM, 2);
  source.ahead(1, 2);
  await source.load(0, 2);
  source.ahead(1, 2);
  await expect(source.load(1, 2)).rejects.toThrow("beyond the end");
});

test("rows of bytes are padded to whole words", async () => {
  const { written, arena } = recordingArena();
  const source = deviceSamples(arena, noting(Uint8Array.of(1, 2, 3, 4, 5, 6), 3).dataset, TRANSFORM, 2);
  await source.load(0, 2);
  expect(written).toEqual([[1, 2, 3, 0, 4, 5, 6, 0]]);
});
