/**
 * The states that trainings of a run go on from: those that an interrupted run left, and those of this one, which outlive a
 * lost device. Each is also given out as an artifact.
 */
import { LesionError } from "../core/errors.ts";
import type { Trainer } from "../engine/training/trainer-interface.ts";
import type { KeptStates, RunOutput } from "./run-interface.ts";

/** Larger states take longer to keep than epochs to repeat, and hold a page's memory. */
const MOST_BYTES = 2 ** 28;

/** The states of one training, by their names. */
export interface StateSeries {
  nameAt(epochs: number): string;
  /** The epochs after which the state of a name was taken, 0 where it does not say; null for another training's. */
  epochsOf(name: string): number | null;
}

/** States of training from scratch, all of them kept; `first` is the first network of several groups, null: there is one. */
export function trainingStates(first: number | null): StateSeries {
  const group = first === null ? "" : `-g${first}`;
  return {
    nameAt: (epochs) => `checkpoint-train-${epochs}${group}.safetensors`,
    epochsOf(name) {
      const [, epochs, own = ""] = /^checkpoint-train-(\d+)(-g\d+)?\.safetensors$/.exec(name) ?? [];
      return epochs !== undefined && own === group ? Number(epochs) : null;
    },
  };
}

/** States of a group of networks that recover, of which the last is kept. */
export function recoveryStates(group: string): StateSeries {
  const name = `checkpoint-recovery-${group}.safetensors`;
  return { nameAt: () => name, epochsOf: (other) => (other === name ? 0 : null) };
}

export class Checkpoints {
  readonly #earlier: KeptStates;
  readonly #output: Pick<RunOutput, "artifact" | "warning">;
  /** The last state of each series, by the series' name at 0 epochs. */
  readonly #kept = new Map<string, Uint8Array>();

  constructor(earlier: KeptStates, output: Pick<RunOutput, "artifact" | "warning">) {
    this.#earlier = earlier;
    this.#output = output;
  }

  /** Puts a trainer where the last state of a series was taken; gives the epochs it has done, 0 where there is no state. */
  async restore(trainer: Pick<Trainer, "restore">, series: StateSeries): Promise<number> {
    try {
      const state = await this.#latest(series);
      return state ? await trainer.restore(state) : 0;
    } catch (thrown) {
      if (!(thrown instanceof LesionError && (thrown.code === "bad-file" || thrown.code === "not-found"))) throw thrown;
      this.#output.warning(`training begins anew, its checkpoint is of no use: ${thrown.message}`);
      return 0;
    }
  }

  /** Keeps a trainer's state after so many epochs, unless it is too large. */
  async keep(trainer: Pick<Trainer, "state" | "stateBytes">, series: StateSeries, epochs: number): Promise<void> {
    const { stateBytes } = trainer;
    if (stateBytes > MOST_BYTES) {
      this.#output.warning(
        `no checkpoints are kept of training states above ${MOST_BYTES >> 20} MiB (one takes ${Math.round(stateBytes / 2 ** 20)} MiB): interrupted, such a training begins anew`,
      );
      return;
    }
    const state = await trainer.state(epochs);
    this.#kept.set(series.nameAt(0), state);
    this.#output.artifact(series.nameAt(epochs), state);
  }

  /** Lets go of a series that is done with. */
  forget(series: StateSeries): void {
    this.#kept.delete(series.nameAt(0));
  }

  async #latest(series: StateSeries): Promise<Uint8Array | null> {
    const kept = this.#kept.get(series.nameAt(0));
    if (kept) return kept;
    let latest: { readonly name: string; readonly epochs: number } | null = null;
    for (const name of this.#earlier.names) {
      const epochs = series.epochsOf(name);
      if (epochs !== null && epochs >= (latest?.epochs ?? 0)) latest = { name, epochs };
    }
    return latest && this.#earlier.bytesOf(latest.name);
  }
}
