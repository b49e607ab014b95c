/**
 * The GPU as Lesion uses it: a device with the limits it asked for, its arena, its pipelines, one recorder and one
 * readback ring. Faults that WebGPU reports out of band are kept and thrown at the next point where results are read.
 */
import { LesionError } from "../core/errors.ts";
import { Arena } from "./arena.ts";
import { PipelineCache } from "./pipeline-cache.ts";
import { Readback } from "./readback.ts";
import { Recorder } from "./recorder.ts";

/** The adapter, as WebGPU names it; structurally the AdapterReport of a run's records. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly fallback: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits that decide what Lesion can do; all are asked for as high as the adapter gives them. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** Owns a device and all that belongs to it. */
export class Gpu implements Disposable {
  readonly arena: Arena;
  readonly pipelines: PipelineCache;
  readonly recorder: Recorder;
  readonly adapter: AdapterDescription;
  readonly device: GPUDevice;
  readonly #readback: Readback;
  #fault: LesionError | null = null;
  #lost: string | null = null;

  constructor(device: GPUDevice, adapter: AdapterDescription, budgetBytes: number) {
    this.device = device;
    this.adapter = adapter;
    this.arena = new Arena(device, budgetBytes);
    this.pipelines = new PipelineCache(device);
    this.recorder = new Recorder(device, this.pipelines);
    this.#readback = new Readback(device, this.recorder);
    device.addEventListener("uncapturederror", ({ error }) => {
      const code = error instanceof GPUOutOfMemoryError ? "out-of-memory" : "gpu-error";
      this.#fault ??= new LesionError(code, `the GPU refused a command: ${error.message}`);
    });
    void device.lost.then(({ message, reason }) => {
      this.#lost = message || reason;
    });
  }

  /** Whether the device went away. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  /** A processor stands in for a GPU: barriers are dear there, and arithmetic is counted in GFLOP/s. */
  get isProcessor(): boolean {
    return this.adapter.fallback;
  }

  /** Submits what was recorded and resolves with copies of the parts. Throws the fault, if the GPU reported one. */
  async read(
    ...parts: readonly { buffer: GPUBuffer; offsetBytes?: number; sizeBytes: number }[]
  ): Promise<ArrayBuffer[]> {
    const copies = await this.#readback.read(parts);
    this.#check();
    return copies;
  }

  /** Submits what was recorded and resolves when the GPU has done it. */
  async finish(): Promise<void> {
    this.recorder.submit();
    await this.device.queue.onSubmittedWorkDone();
    this.#check();
  }

  /** Milliseconds that `record` takes on the GPU, by the wall clock: submitted alone and waited for. */
  async time(record: () => void): Promise<number> {
    await this.finish();
    const startMs = performance.now();
    record();
    await this.finish();
    return performance.now() - startMs;
  }

  #check(): void {
    if (this.#lost !== null) throw new LesionError("device-lost", `the GPU device was lost: ${this.#lost}`);
    const fault = this.#fault;
    this.#fault = null;
    if (fault) throw fault;
  }

  [Symbol.dispose](): void {
    this.arena[Symbol.dispose]();
    this.#readback[Symbol.dispose]();
    this.device.destroy();
  }
}

/** Bytes that a run may take where nobody says: most of a small card's memory, a part of a processor's. */
const DEFAULT_BUDGET_BYTES = 2 ** 31;

/** Opens the adapter this browser offers. Throws `no-gpu`, with what to do, where there is none. */
export async function openGpu(budgetBytes = DEFAULT_BUDGET_BYTES): Promise<Gpu> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new LesionError("no-gpu", navigator.gpu ? "WebGPU offers no adapter" : "this browser has no WebGPU here", {
      fix: "Use Chrome or Edge 113 or newer on https or localhost; without a GPU, start it with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader.",
    });
  }
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = (["timestamp-query", "subgroups"] as GPUFeatureName[]).filter((name) =>
    adapter.features.has(name),
  );
  const device = await adapter.requestDevice({ label: "lesion", requiredLimits, requiredFeatures });
  return new Gpu(device, describe(adapter), budgetBytes);
}

function describe({ info, features, limits }: GPUAdapter): AdapterDescription {
  const { vendor, architecture, device, description } = info;
  const text = `${vendor} ${architecture} ${device} ${description}`;
  return {
    vendor,
    architecture,
    device,
    description,
    fallback: info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(text),
    features: [...features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
  };
}
