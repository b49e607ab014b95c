/** The device under trouble: commands it refuses, buffers that go early, budgets, and its own loss. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planMoved } from "../kernels/moved.ts";
import { type Gpu, openGpu } from "./device.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const words = Uint32Array.of(3, 1, 4, 1, 5);

async function readBack(from: Gpu): Promise<number[]> {
  using arena = from.arena.scope();
  const [bytes] = await from.read({ buffer: arena.upload("words", words), sizeBytes: words.byteLength });
  return [...new Uint32Array(bytes!)];
}

test("commands whose buffers go before they are submitted spoil nothing", async () => {
  {
    using arena = gpu.arena.scope();
    gpu.recorder.clear(arena.storage("short-lived", 64));
  }
  expect(await readBack(gpu)).toEqual([...words]);
});

test("a refused command is told where results are read, once", async () => {
  using arena = gpu.arena.scope();
  const buffer = arena.storage("small", 64);
  gpu.recorder.copy(buffer, 0, arena.storage("other", 64), 0, 4096);
  await expect(gpu.read({ buffer, sizeBytes: 16 })).rejects.toMatchObject({ code: "gpu-error" });
  expect(await readBack(gpu)).toEqual([...words]);
});

describe("a session", () => {
  test("has a budget and a peak of its own", async () => {
    const before = gpu.arena.allocatedBytes;
    {
      using session = gpu.session(1000);
      session.arena.storage("most", 900);
      expect(() => session.arena.storage("more", 200)).toThrow(/more needs 208 bytes; 912 of the budget of 1000/);
      expect(session.arena.peakBytes).toBe(912);
      expect(await readBack(gpu)).toEqual([...words]);
    }
    expect(gpu.arena.allocatedBytes).toBe(before);
    using next = gpu.session();
    expect(next.arena.budgetBytes).toBe(gpu.arena.budgetBytes);
    expect(next.arena.peakBytes).toBe(0);
    expect(await readBack(next)).toEqual([...words]);
  });
});

test("the profiler runs what it times, once, and takes some time", async () => {
  using arena = gpu.arena.scope();
  const from = arena.upload("from", words);
  const to = arena.storage("to", words.byteLength);
  let recorded = 0;
  const ms = await gpu.time(() => {
    recorded++;
    gpu.recorder.copy(from, 0, to, 0, words.byteLength);
  });
  expect(recorded).toBe(1);
  expect(ms).toBeGreaterThan(0);
  const [bytes] = await gpu.read({ buffer: to, sizeBytes: words.byteLength });
  expect([...new Uint32Array(bytes!)]).toEqual([...words]);
});

describe("a lost device", () => {
  test.each<[string, (lost: Gpu) => Promise<unknown>]>([
    ["read", readBack],
    ["finish", (lost) => lost.finish().then(() => readBack(lost))],
    ["time", (lost) => lost.time(() => {}).then(() => readBack(lost))],
    [
      "compile",
      (lost) => lost.pipelines.kernel(planMoved(1, 1, 64).shader, { WORKGROUP: 32 }).then(() => readBack(lost)),
    ],
  ])("is told as such by %s", async (_, use) => {
    const mortal = await openGpu();
    mortal.device.destroy();
    await expect(use(mortal)).rejects.toMatchObject({ code: "device-lost" });
    expect(mortal.lost).toBe(true);
    mortal[Symbol.dispose]();
  });

  test("is told as such by a read under way", async () => {
    const mortal = await openGpu();
    const reading = readBack(mortal);
    mortal.device.destroy();
    await expect(reading).rejects.toMatchObject({ code: "device-lost" });
    mortal[Symbol.dispose]();
  });
});
