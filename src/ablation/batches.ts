/**
 * A step's ablations in batches, whichever engine computes them: what changes nothing is told at once, two batches are under
 * way at a time, and one that the GPU refuses costs its own rows alone.
 */
import { LesionError } from "../core/errors.ts";
import type { Ablation, AblationSource } from "./ablation.ts";
import { noEffect, type Outcome } from "./effects.ts";
import type { SweepBatch } from "./sweep.ts";

/** How a step's ablations are taken and evaluated. `Item` is what an engine keeps of an ablation. */
export interface Batches<Item extends { readonly ablation: Ablation }> {
  readonly rows: Uint32Array;
  readonly ablations: AblationSource;
  readonly intact: Outcome;
  readonly masksPerBatch: number;
  /** Null for an ablation that changes nothing on any sample. */
  readonly take: (ablation: Ablation) => Item | null;
  readonly evaluate: (batch: readonly Item[]) => Promise<SweepBatch>;
  /** Asked before each batch; resolves when it may go on, with false where it must stop. */
  readonly proceed: () => Promise<boolean>;
}

/** Runs all batches. Where `proceed` says so it ends early, with the batch that was under way. */
export async function* runBatches<Item extends { readonly ablation: Ablation }>(
  batches: Batches<Item>,
): AsyncGenerator<SweepBatch> {
  let underWay: Promise<SweepBatch> | null = null;
  try {
    for (const { batch, still } of portionsOf(batches)) {
      if (!(await batches.proceed())) break;
      if (still.length > 0) yield { effects: still.map((row) => noEffect(row, batches.intact)), macs: 0 };
      if (batch.length === 0) continue;
      const next = batches.evaluate(batch).catch((error) => refused(batch, error));
      next.catch(() => {}); // Awaited in the next round, unless that is never reached.
      // A batch of pairs may need single units of the batch before it: those wait, the others overlap.
      const before = underWay;
      underWay = next;
      if (before) yield await before;
    }
    const last = underWay;
    underWay = null;
    if (last) yield await last;
  } finally {
    await underWay?.catch(() => {});
  }
}

/** The ablations in portions: a batch to evaluate, and the rows before its end that change nothing. */
function* portionsOf<Item extends { readonly ablation: Ablation }>({
  rows,
  ablations,
  masksPerBatch,
  take,
}: Batches<Item>): Generator<{ readonly batch: readonly Item[]; readonly still: readonly number[] }> {
  let batch: Item[] = [];
  let still: number[] = [];
  for (const row of rows) {
    const item = take(ablations.at(row));
    if (item) batch.push(item);
    else still.push(row);
    if (batch.length < masksPerBatch && still.length < masksPerBatch) continue;
    yield { batch, still };
    batch = [];
    still = [];
  }
  if (batch.length + still.length > 0) yield { batch, still };
}

/** A batch that the GPU refused; any other failure ends the run. */
function refused(batch: readonly { readonly ablation: Ablation }[], error: unknown): SweepBatch {
  if (!(error instanceof LesionError && error.code === "gpu-error")) throw error;
  return { effects: [], macs: 0, failed: { rows: batch.map(({ ablation }) => ablation.row), error } };
}
