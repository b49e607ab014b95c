/**
 * The trainer of networks that train one after the other: the same one where it can begin anew, so that samples, and
 * activations that are the same for all of them, are put onto the device once.
 */
import { openTrainer } from "../engine/training/trainer.ts";
import type { NetworkCopy, Trainer, TrainerSetup } from "../engine/training/trainer-interface.ts";
import type { Gpu } from "../gpu/device.ts";

export class TrainerInTurn implements Disposable {
  readonly #gpu: Gpu;
  readonly #setup: TrainerSetup;
  #present: Trainer | null = null;

  /** For copies of one setup, whatever copies it names itself. */
  constructor(gpu: Gpu, setup: TrainerSetup) {
    this.#gpu = gpu;
    this.#setup = setup;
  }

  /** A trainer of these copies, at their beginning; the one that was given before is no more. Throws as `openTrainer` does. */
  async of(copies: readonly NetworkCopy[]): Promise<Trainer> {
    if (await this.#present?.restart(copies)) return this.#present!;
    this[Symbol.dispose]();
    this.#present = await openTrainer(this.#gpu, { ...this.#setup, copies });
    return this.#present;
  }

  [Symbol.dispose](): void {
    this.#present?.[Symbol.dispose]();
    this.#present = null;
  }
}
