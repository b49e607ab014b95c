/** What evaluates masks from a site to the classes: the two implementations are `fused-tail.ts` and `layered-tail.ts`. */
import type { SampleLists } from "./masks.ts";

/** Some masks of one site, in the order of their tally rows. */
export interface MaskBatch {
  /** Units of the site's stage; may be empty where deeper stages alone are masked. */
  readonly masks: readonly (readonly number[])[];
  /** Units of stages further down, by stage; one list a mask. */
  readonly deeper?: ReadonlyMap<number, readonly (readonly number[])[]>;
  /** The samples to visit, where not all. */
  readonly samples?: SampleLists;
}

/** Evaluates batches; two may be under way at once. */
export interface Tail extends Disposable {
  /** Most masks in a batch. */
  readonly capacity: number;
  /** Computes a batch; resolves with its tally rows, [masks, layout.words]. */
  evaluate(batch: MaskBatch): Promise<Uint32Array>;
}
