/** Staging buffers, on a device that only counts them. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Faults } from "./faults.ts";
import { Readback } from "./readback.ts";
import type { Recorder } from "./recorder.ts";

// Node has no WebGPU.
beforeAll(() => {
  Object.assign(globalThis, { GPUBufferUsage: { MAP_READ: 1, COPY_DST: 8 }, GPUMapMode: { READ: 1 } });
});

const MIB = 2 ** 20;

/** Sizes of the buffers that are there, and of all that were made. */
function open() {
  const alive = new Set<GPUBuffer>();
  const made: number[] = [];
  const createBuffer = ({ size }: GPUBufferDescriptor) => {
    const buffer = {
      size,
      mapAsync: async () => {},
      getMappedRange: () => ({ slice: () => new ArrayBuffer(0) }),
      unmap() {},
      destroy: () => alive.delete(buffer),
    } as unknown as GPUBuffer;
    made.push(size);
    alive.add(buffer);
    return buffer;
  };
  const recorder = { copy() {}, submit() {}, takeRefusals: () => [] } as unknown as Recorder;
  const faults = { check: async () => {} } as unknown as Faults;
  const readback = new Readback({ createBuffer } as unknown as GPUDevice, recorder, faults);
  const sizes = () => Array.from(alive, ({ size }) => size);
  return {
    made,
    sizes,
    readback,
    read: (sizeBytes: number) => readback.read([{ buffer: {} as GPUBuffer, sizeBytes }]),
  };
}

describe("staging buffers", () => {
  test("of up to 16 MiB are rounded up and used again", async () => {
    const { read, made, sizes } = open();
    for (const bytes of [4, 900, 1024]) await read(bytes);
    expect(made).toEqual([1024]);
    await read(9 * MIB);
    expect(sizes()).toEqual([1024, 16 * MIB]);
  });

  test("of more are as large as needed, and gone when they were read", async () => {
    const { read, made, sizes } = open();
    await read(16 * MIB + 4);
    await read(200 * MIB);
    expect(made).toEqual([16 * MIB + 4, 200 * MIB]);
    expect(sizes()).toEqual([]);
  });

  test("are few, and none is left in the end", async () => {
    const { read, sizes, readback } = open();
    await Promise.all(Array.from({ length: 12 }, (_, i) => read(8 * MIB + 4 * i)));
    expect(sizes()).toHaveLength(8);
    readback[Symbol.dispose]();
    expect(sizes()).toEqual([]);
  });
});
