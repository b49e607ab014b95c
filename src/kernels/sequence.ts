/**
 * Kernels that run one after the other for one result: plain data like a single plan, so that what a layer needs is decided
 * in one place and tested without a GPU. Buffers have names in the sequence; each step says which of them it binds.
 */
import type { KernelPlan } from "./plan.ts";

export interface KernelStep {
  readonly plan: KernelPlan;
  /** For each buffer of the shader, its name in the sequence. */
  readonly buffers: Readonly<Record<string, string>>;
}

export interface KernelSequence {
  readonly steps: readonly KernelStep[];
  /** Bytes of the buffers that only the sequence itself uses, by name; what they hold before does not matter. */
  readonly scratch: Readonly<Record<string, number>>;
}
