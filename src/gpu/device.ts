/**
 * The GPU as Lesion uses it: a device with the limits it asked for, its pipelines, one recorder, one readback ring, and
 * an arena for each run that shares it.
 */
import { LesionError } from "../core/errors.ts";
import { Arena } from "./arena.ts";
import { Faults } from "./faults.ts";
import { PipelineCache } from "./pipeline-cache.ts";
import { Profiler } from "./profiler.ts";
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

/** What belongs to a device, whoever uses it. */
interface Parts {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  readonly faults: Faults;
  readonly pipelines: PipelineCache;
  readonly recorder: Recorder;
  readonly readback: Readback;
  readonly profiler: Profiler;
  finish(): Promise<void>;
}

/** A device and all that belongs to it, with an arena of one's own. */
export class Gpu implements Disposable {
  readonly arena: Arena;
  readonly #parts: Parts;
  readonly #ownsDevice: boolean;

  private constructor(parts: Parts, budgetBytes: number, ownsDevice: boolean) {
    this.#parts = parts;
    this.#ownsDevice = ownsDevice;
    this.arena = new Arena(parts.device, () => parts.recorder.submit(), budgetBytes);
  }

  /** Takes a device over. */
  static of(device: GPUDevice, adapter: AdapterDescription, budgetBytes: number): Gpu {
    const faults = new Faults(device);
    const pipelines = new PipelineCache(device, faults);
    const recorder = new Recorder(device, pipelines);
    const readback = new Readback(device, recorder, faults);
    const finish = async () => {
      recorder.submit();
      const refusals = recorder.takeRefusals();
      try {
        await device.queue.onSubmittedWorkDone();
      } catch (cause) {
        throw await faults.explain(new LesionError("gpu-error", "the GPU did not finish its work", { cause }));
      }
      await faults.check(refusals);
    };
    const profiler = new Profiler(device, recorder, readback, finish);
    return new Gpu({ device, adapter, faults, pipelines, recorder, readback, profiler, finish }, budgetBytes, true);
  }

  /**
   * The same device with an arena and a budget of its own: what one run takes. Disposing of it frees what the run left
   * behind, and neither its budget nor its peak outlives it.
   */
  session(budgetBytes: number | null = null): Gpu {
    return new Gpu(this.#parts, budgetBytes ?? this.arena.budgetBytes, false);
  }

  get device(): GPUDevice {
    return this.#parts.device;
  }
  get adapter(): AdapterDescription {
    return this.#parts.adapter;
  }
  get pipelines(): PipelineCache {
    return this.#parts.pipelines;
  }
  get recorder(): Recorder {
    return this.#parts.recorder;
  }
  /** Whether the device went away. */
  get lost(): boolean {
    return this.#parts.faults.lost;
  }
  /** A processor stands in for a GPU: barriers are dear there, and arithmetic is counted in GFLOP/s. */
  get isProcessor(): boolean {
    return this.adapter.fallback;
  }

  /** Submits what was recorded and resolves with copies of the parts. Throws the fault, if the GPU reported one. */
  read(...parts: readonly { buffer: GPUBuffer; offsetBytes?: number; sizeBytes: number }[]): Promise<ArrayBuffer[]> {
    return this.#parts.readback.read(parts);
  }

  /** Submits what was recorded and resolves when the GPU has done it. Throws the fault, if the GPU reported one. */
  finish(): Promise<void> {
    return this.#parts.finish();
  }

  /** Milliseconds that what `record` records takes on the GPU. */
  time(record: () => void): Promise<number> {
    return this.#parts.profiler.time(record);
  }

  [Symbol.dispose](): void {
    this.arena[Symbol.dispose]();
    if (!this.#ownsDevice) return;
    this.#parts.readback[Symbol.dispose]();
    this.#parts.device.destroy();
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
  try {
    const device = await adapter.requestDevice({ label: "lesion", requiredLimits, requiredFeatures });
    return Gpu.of(device, describe(adapter), budgetBytes);
  } catch (cause) {
    throw new LesionError("no-gpu", "the adapter gave no device", { fix: "Restart the browser.", cause });
  }
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
