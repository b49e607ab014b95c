/** Brings results back: a ring of staging buffers, so that one can be mapped while another is being filled. */
import { LesionError } from "../core/errors.ts";
import type { Faults } from "./faults.ts";
import type { Recorder } from "./recorder.ts";

/** Idle staging buffers that are kept, and the largest of them in bytes: they are in no budget. */
const KEPT = 8;
const LARGEST_KEPT = 2 ** 24;

export class Readback implements Disposable {
  readonly #device: GPUDevice;
  readonly #recorder: Recorder;
  readonly #faults: Faults;
  readonly #idle: GPUBuffer[] = [];

  constructor(device: GPUDevice, recorder: Recorder, faults: Faults) {
    this.#device = device;
    this.#recorder = recorder;
    this.#faults = faults;
  }

  /**
   * Submits what was recorded and resolves with a copy of `parts` (buffer, offset, size; multiples of 4 bytes), in one
   * round trip. Rejects with `device-lost` where the device went away meanwhile, or else with what the GPU refused.
   */
  async read(parts: readonly { buffer: GPUBuffer; offsetBytes?: number; sizeBytes: number }[]): Promise<ArrayBuffer[]> {
    const total = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const staging = this.#take(total);
    let copies: ArrayBuffer[];
    let refusals: ReturnType<Recorder["takeRefusals"]>;
    try {
      let at = 0;
      for (const { buffer, offsetBytes = 0, sizeBytes } of parts) {
        this.#recorder.copy(buffer, offsetBytes, staging, at, sizeBytes);
        at += sizeBytes;
      }
      this.#recorder.submit();
      refusals = this.#recorder.takeRefusals();
      await staging.mapAsync(GPUMapMode.READ, 0, total);
      const mapped = staging.getMappedRange(0, total);
      let from = 0;
      copies = parts.map(({ sizeBytes }) => {
        const copy = mapped.slice(from, from + sizeBytes);
        from += sizeBytes;
        return copy;
      });
      staging.unmap();
      this.#give(staging);
    } catch (cause) {
      // Not put back: a buffer whose mapping failed is of no further use.
      staging.destroy();
      throw await this.#faults.explain(new LesionError("gpu-error", "results could not be read back", { cause }));
    }
    await this.#faults.check(refusals);
    return copies;
  }

  #take(sizeBytes: number): GPUBuffer {
    const found = this.#idle.findIndex((buffer) => buffer.size >= sizeBytes && buffer.size <= 4 * sizeBytes + 4096);
    if (found >= 0) return this.#idle.splice(found, 1)[0]!;
    // Rounded up where it will serve others.
    const size = sizeBytes > LARGEST_KEPT ? sizeBytes : 2 ** Math.ceil(Math.log2(Math.max(1024, sizeBytes)));
    return this.#device.createBuffer({
      label: "readback",
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  #give(buffer: GPUBuffer): void {
    if (buffer.size > LARGEST_KEPT) {
      buffer.destroy();
      return;
    }
    this.#idle.push(buffer);
    if (this.#idle.length > KEPT) this.#idle.shift()!.destroy();
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }
}
