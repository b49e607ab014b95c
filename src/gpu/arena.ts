/**
 * GPU buffers with an owner and a budget. Every buffer of a run comes from an arena, which knows what is allocated and
 * refuses what would not fit before the driver does; a scope gives all of its buffers back at once. What was recorded is
 * submitted before a buffer goes: commands that name a destroyed buffer would take the whole submit with them.
 */
import { LesionError } from "../core/errors.ts";

/** A count of bytes shared by an arena and its scopes. */
interface Ledger {
  allocatedBytes: number;
  peakBytes: number;
  readonly budgetBytes: number;
}

/** What a storage buffer of `sizeBytes` takes: whole vec4s, and one at least. */
export function storageBytes(sizeBytes: number): number {
  return Math.max(16, Math.ceil(sizeBytes / 16) * 16);
}

/** Owns buffers; `Symbol.dispose` destroys them all. */
export class Arena implements Disposable {
  readonly #device: GPUDevice;
  readonly #flush: () => void;
  readonly #ledger: Ledger;
  readonly #owned = new Set<GPUBuffer>();

  /** `flush` submits what was recorded. */
  constructor(device: GPUDevice, flush: () => void, budgetBytes: number, ledger?: Ledger) {
    this.#device = device;
    this.#flush = flush;
    this.#ledger = ledger ?? { allocatedBytes: 0, peakBytes: 0, budgetBytes };
  }

  /** An arena within this one: same budget, its own buffers. */
  scope(): Arena {
    return new Arena(this.#device, this.#flush, this.#ledger.budgetBytes, this.#ledger);
  }

  /** What `open` makes with an arena within this one, which it owns from then on; where `open` throws its buffers are gone. */
  async opening<T>(open: (own: Arena) => Promise<T>): Promise<T> {
    const own = this.scope();
    try {
      return await open(own);
    } catch (error) {
      own[Symbol.dispose]();
      throw error;
    }
  }

  get allocatedBytes(): number {
    return this.#ledger.allocatedBytes;
  }
  /** Most bytes allocated at any time since the last `resetPeak`. */
  get peakBytes(): number {
    return this.#ledger.peakBytes;
  }
  get budgetBytes(): number {
    return this.#ledger.budgetBytes;
  }
  resetPeak(): void {
    this.#ledger.peakBytes = this.#ledger.allocatedBytes;
  }

  /** A zeroed storage buffer of `sizeBytes`, rounded up to 16. Throws `out-of-memory` beyond the budget or the device. */
  storage(label: string, sizeBytes: number): GPUBuffer {
    const size = storageBytes(sizeBytes);
    const { limits } = this.#device;
    const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    if (size > most) {
      throw new LesionError(
        "out-of-memory",
        `${label} needs ${size} bytes in one buffer; this adapter allows ${most}`,
        {
          where: label,
          fix: "Use fewer samples (data.limit) or another adapter.",
        },
      );
    }
    if (this.#ledger.allocatedBytes + size > this.#ledger.budgetBytes) {
      throw new LesionError(
        "out-of-memory",
        `${label} needs ${size} bytes; ${this.#ledger.allocatedBytes} of the budget of ${this.#ledger.budgetBytes} are taken`,
        { where: label, fix: "Raise the memory budget (--memory), or use fewer samples (data.limit)." },
      );
    }
    const buffer = this.#device.createBuffer({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    this.#owned.add(buffer);
    this.#ledger.allocatedBytes += size;
    this.#ledger.peakBytes = Math.max(this.#ledger.peakBytes, this.#ledger.allocatedBytes);
    return buffer;
  }

  /** A storage buffer that holds `data`. */
  upload(label: string, data: Float32Array | Uint32Array | Int32Array | Uint8Array): GPUBuffer {
    const buffer = this.storage(label, data.byteLength);
    this.write(buffer, data);
    return buffer;
  }

  /** Writes `data` at the start of a buffer, or at `offsetBytes`. A last partial word is padded with zeros. */
  write(buffer: GPUBuffer, data: Float32Array | Uint32Array | Int32Array | Uint8Array, offsetBytes = 0): void {
    if (data.byteLength % 4 === 0) {
      this.#device.queue.writeBuffer(buffer, offsetBytes, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
      return;
    }
    const padded = new Uint8Array(Math.ceil(data.byteLength / 4) * 4);
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#device.queue.writeBuffer(buffer, offsetBytes, padded);
  }

  /** Destroys one buffer of this arena, once what was recorded with it is submitted. */
  free(buffer: GPUBuffer): void {
    if (!this.#owned.delete(buffer)) return;
    this.#flush();
    this.#ledger.allocatedBytes -= buffer.size;
    buffer.destroy();
  }

  [Symbol.dispose](): void {
    for (const buffer of [...this.#owned]) this.free(buffer);
  }
}
