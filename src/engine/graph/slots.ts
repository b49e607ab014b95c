/**
 * Which tensors of a pass may share memory: each lives from the step that writes it to the last that reads it, and takes a
 * slot that is free for that long. Pure, so that a plan can tell what a pass will take before anything is allocated.
 */

/** A tensor's life in steps, both ends included, and its size. */
export interface Life {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** In any unit, the same for all. */
  readonly size: number;
}

export interface Slots {
  /** Index of each tensor's slot, by its name. */
  readonly slotOf: ReadonlyMap<string, number>;
  readonly sizes: readonly number[];
}

/** Slots for tensors in the order of their first steps: the tightest free one that fits, or the largest free one, widened. */
export function assignSlots(lives: readonly Life[]): Slots {
  const slotOf = new Map<string, number>();
  const sizes: number[] = [];
  const takenUntil: number[] = [];
  for (const { name, from, to, size } of [...lives].sort((a, b) => a.from - b.from)) {
    const free = sizes.map((_, slot) => slot).filter((slot) => takenUntil[slot]! < from);
    const fitting = free.filter((slot) => sizes[slot]! >= size).sort((a, b) => sizes[a]! - sizes[b]!);
    const slot = fitting[0] ?? free.sort((a, b) => sizes[b]! - sizes[a]!)[0] ?? sizes.length;
    sizes[slot] = Math.max(sizes[slot] ?? 0, size);
    takenUntil[slot] = to;
    slotOf.set(name, slot);
  }
  return { slotOf, sizes };
}
