/** Samples on their way to the GPU: rows padded to whole words. */
import { expect, test } from "vitest";
import { memoryDataset } from "../data/dataset.ts";
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

test("rows of bytes are padded to whole words", async () => {
  const { written, arena } = recordingArena();
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const labels = new Uint16Array(2);
  const dataset = memoryDataset({ name: "d", shape: [3], values, labels, classes: 1, classNames: ["0"] });
  const source = deviceSamples(arena, dataset, TRANSFORM, 2);
  await source.load(0, 2);
  expect(written).toEqual([[1, 2, 3, 0, 4, 5, 6, 0]]);
});
