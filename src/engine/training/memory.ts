/**
 * The buffers of a training, by what they are for. Dispatches are laid out twice by the same code: once on paper, which
 * tells what a training takes before anything is allocated, and once with the buffers that the paper named.
 */
import { LesionError } from "../../core/errors.ts";
import { type Arena, storageBytes } from "../../gpu/arena.ts";

/** Gives the buffer for a purpose, of `floats` floats or words at least. */
export interface Memory {
  of(purpose: string, floats: number): GPUBuffer;
}

/** Bytes of some buffers together, and of the largest of them. */
export interface BufferBytes {
  readonly bytes: number;
  readonly largest: number;
}

export function totalBytes(buffers: Iterable<number>): BufferBytes {
  const sizes = [...buffers];
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), largest: Math.max(0, ...sizes) };
}

/** Counts what is asked for. */
export class PaperMemory implements Memory {
  readonly #bytes = new Map<string, number>();

  of(purpose: string, floats: number): GPUBuffer {
    this.#bytes.set(purpose, Math.max(this.#bytes.get(purpose) ?? 0, storageBytes(floats * 4)));
    // Stands in for a buffer where dispatches are only counted: nobody reads a field of it.
    return { label: purpose } as GPUBuffer;
  }

  get sizes(): ReadonlyMap<string, number> {
    return this.#bytes;
  }
}

/** Buffers of an arena, of the sizes that were found on paper. */
export class DeviceMemory implements Memory {
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;

  /** Throws `out-of-memory` where they do not fit the arena. */
  constructor(arena: Arena, sizes: ReadonlyMap<string, number>) {
    this.#buffers = new Map(Array.from(sizes, ([purpose, bytes]) => [purpose, arena.storage(purpose, bytes)]));
  }

  of(purpose: string, floats: number): GPUBuffer {
    const buffer = this.#buffers.get(purpose);
    if (buffer && buffer.size >= floats * 4) return buffer;
    throw new LesionError(
      "internal",
      `${purpose} takes ${floats * 4} bytes, and was planned with ${buffer?.size ?? 0}`,
    );
  }
}
