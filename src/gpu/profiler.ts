/**
 * How long recorded work takes: by the GPU's own clock where the adapter offers timestamps, by the wall clock otherwise.
 * The wall clock adds a round trip of up to a millisecond, which hides the difference between kernels that take less.
 */
import type { Readback } from "./readback.ts";
import type { Recorder } from "./recorder.ts";

const NANOSECONDS_A_MS = 1e6;

/** Times work on one device. */
export class Profiler {
  readonly #device: GPUDevice;
  readonly #recorder: Recorder;
  readonly #readback: Readback;
  readonly #finish: () => Promise<void>;
  #stamps: { readonly set: GPUQuerySet; readonly values: GPUBuffer } | null = null;

  /** `finish` submits what was recorded and resolves when the GPU has done it. */
  constructor(device: GPUDevice, recorder: Recorder, readback: Readback, finish: () => Promise<void>) {
    this.#device = device;
    this.#recorder = recorder;
    this.#readback = readback;
    this.#finish = finish;
  }

  /** Milliseconds that what `record` records takes, submitted alone and waited for. */
  async time(record: () => void): Promise<number> {
    await this.#finish();
    const startMs = performance.now();
    const stamps = this.#opened();
    if (!stamps) {
      record();
      await this.#finish();
      return performance.now() - startMs;
    }
    this.#recorder.stamp(stamps.set, 0);
    record();
    this.#recorder.stamp(stamps.set, 1);
    this.#recorder.resolve(stamps.set, 2, stamps.values);
    const [bytes] = await this.#readback.read([{ buffer: stamps.values, sizeBytes: 16 }]);
    const wallMs = performance.now() - startMs;
    const [begin, end] = new BigUint64Array(bytes!);
    const gpuMs = Number(end! - begin!) / NANOSECONDS_A_MS;
    // A clock that stands still, or runs backwards as a GPU changes its frequency, is of no use.
    return gpuMs > 0 && gpuMs <= wallMs ? gpuMs : wallMs;
  }

  #opened(): { readonly set: GPUQuerySet; readonly values: GPUBuffer } | null {
    if (!this.#device.features.has("timestamp-query")) return null;
    this.#stamps ??= {
      set: this.#device.createQuerySet({ label: "timestamps", type: "timestamp", count: 2 }),
      values: this.#device.createBuffer({
        label: "timestamps",
        size: 16,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      }),
    };
    return this.#stamps;
  }
}
