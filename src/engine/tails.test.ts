/** A tail that cannot be opened leaves nothing allocated. */
import { beforeAll, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { tallyLayout } from "../kernels/tally.ts";
import { LINEAR, RELU } from "../network/network.ts";
import { openFusedTail } from "./fused-tail.ts";
import { openLayeredTail } from "./layered-tail.ts";
import type { Prefix } from "./prefix.ts";
import type { Site } from "./site.ts";
import type { Tuner } from "./tuner.ts";

// Node has no WebGPU.
beforeAll(() => {
  Object.assign(globalThis, { GPUBufferUsage: { STORAGE: 128, COPY_DST: 8, COPY_SRC: 4 } });
});

/** A device that allocates, but compiles nothing. */
function deviceOf(budgetBytes: number): Gpu {
  const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 27 };
  const createBuffer = ({ size }: GPUBufferDescriptor) => ({ size, destroy() {} });
  const device = { limits, createBuffer, queue: { writeBuffer() {} } } as unknown as GPUDevice;
  const refused = new LesionError("gpu-error", "the shader was refused");
  const pipelines = { kernel: () => Promise.reject(refused) };
  return { isProcessor: false, device, pipelines, arena: new Arena(device, () => {}, budgetBytes) } as unknown as Gpu;
}

const layer = (outFeatures: number, activation = RELU) => ({
  layer: { inFeatures: 5, outFeatures, activation, bias: null },
});
const prefix = {
  model: { stages: [layer(5), layer(5), layer(3, LINEAR)] },
  ...{ samples: 10, stride: 64, start: 0, z: [{}, {}, {}], truth: {} },
} as unknown as Prefix;
const site = { stage: 0, units: 5 } as Site;
const layout = tallyLayout(3, 10, "counts");

test("a layered tail whose kernels are refused", async () => {
  const gpu = deviceOf(2 ** 20);
  const options = { capacity: 4, rows: 40, layout, loss: false, deeper: new Map() };
  for (const entry of ["delta", "masked-gemm"] as const) {
    const opening = openLayeredTail(gpu, prefix, site, { ...options, entry });
    await expect(opening).rejects.toMatchObject({ code: "gpu-error" });
    expect(gpu.arena.allocatedBytes).toBe(0);
  }
});

test("a fused tail that has room for one batch of two", async () => {
  const rowBytes = 4 * layout.words;
  const gpu = deviceOf(Math.ceil(1.5 * 1000 * (rowBytes + 12)));
  const options = { capacity: 1000, layout, top5: false, loss: false, listed: false, expectedMs: 0 };
  const opening = openFusedTail(gpu, prefix, site, { ...options, tuner: {} as Tuner });
  await expect(opening).rejects.toMatchObject({ code: "out-of-memory" });
  expect(gpu.arena.allocatedBytes).toBe(0);
});
