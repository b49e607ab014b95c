/**
 * Which epochs of which networks are written. A training that goes on from a checkpoint repeats what came after it, to the
 * same bits; what is told again is told apart here, and nothing counts after a network has diverged.
 */

export class WrittenEpochs<R extends { readonly epoch: number }> {
  readonly #networkOf: (record: R) => string;
  readonly #isDiverged: (record: R) => boolean;
  readonly #last = new Map<string, R>();
  readonly #records: R[] = [];

  /** `networkOf` names the network that a record is of. */
  constructor(networkOf: (record: R) => string, isDiverged: (record: R) => boolean) {
    this.#networkOf = networkOf;
    this.#isDiverged = isDiverged;
  }

  /** Takes those records that are new, each network's in order, and gives them. */
  add(records: readonly R[]): readonly R[] {
    const news = records.filter((record) => {
      const network = this.#networkOf(record);
      const last = this.#last.get(network);
      if (last && (record.epoch <= last.epoch || this.#isDiverged(last))) return false;
      this.#last.set(network, record);
      return true;
    });
    this.#records.push(...news);
    return news;
  }

  /** The last record of a network, by its name. */
  last(network: string): R | null {
    return this.#last.get(network) ?? null;
  }

  /** All that was taken. */
  get records(): readonly R[] {
    return this.#records;
  }
}
