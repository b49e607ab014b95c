/** How far a recovery is: training samples that all of its networks have seen. */
import { pacer } from "./pace.ts";
import type { RunOutput } from "./run-interface.ts";

export class RecoveryProgress {
  readonly #total: number;
  readonly #output: Pick<RunOutput, "progress">;
  #done = 0;
  #pace = pacer();

  constructor(total: number, output: Pick<RunOutput, "progress">) {
    this.#total = total;
    this.#output = output;
    this.at(0);
  }

  /** So many more are done. */
  add(samples: number): void {
    this.#done += samples;
    this.at(0);
  }

  /** So many more need not be seen; that says nothing of the pace. */
  skip(samples: number): void {
    this.#pace = pacer();
    this.add(samples);
  }

  /** So many of those under way are done. */
  at(underWay: number): void {
    const done = this.#done + underWay;
    const pace = this.#pace(done, this.#total);
    this.#output.progress({ phase: "recovering", done, total: this.#total, ...pace, note: "" });
  }
}
