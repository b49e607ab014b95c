/**
 * Where contributions to gradients go on the way back: where several steps read a tensor, the first of them on the way back
 * writes its gradient, and the others add theirs.
 */
import { planAccumulate } from "../../kernels/accumulate.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import type { TrainingPass } from "./training-pass.ts";

/** The gradients of one way back, and which of them are written already. */
export class GradientTargets {
  readonly #pass: TrainingPass;
  readonly #moving: ReadonlySet<string>;
  readonly #written = new Set<string>();

  constructor(pass: TrainingPass) {
    this.#pass = pass;
    this.#moving = new Set(pass.layout.training.steps.filter(({ moves }) => moves).map(({ name }) => name));
  }

  /** Dispatches that add a contribution to a tensor's gradient, `make` writing it whole; none where no gradient goes there. */
  add(name: string, make: (dx: GPUBuffer) => readonly Dispatch[]): readonly Dispatch[] {
    if (!this.#moving.has(name)) return [];
    const pass = this.#pass;
    const own = pass.gradient(name);
    if (!this.#written.has(name)) {
      this.#written.add(name);
      return make(own);
    }
    const { copies, capacity } = pass.layout;
    const floats = tensorFloats(pass.rowsOf(name), pass.shape(name));
    const part = pass.scratch("gradient part", tensorFloats(copies * capacity, pass.shape(name)));
    return [...make(part), { plan: planAccumulate(floats), buffers: { x: part, y: own } }];
  }
}
