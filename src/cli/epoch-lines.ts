/**
 * Training and recovery while they go on: a line for an epoch of the networks that train together, not one for each of
 * them, with what a person wants to know before the table comes.
 */

import { accuracyText, percent } from "../report/numbers.ts";
import { medianText, middleOf } from "../report/regained.ts";
import type { LesionRecord, RecoveryRecord, TrainRecord } from "../study/records.ts";
import { duration, grouped } from "./units-of-measure.ts";

/** A line for each epoch of training among the records. */
export function trainingLines(records: readonly LesionRecord[]): string[] {
  const epochs = records.filter((record) => record.type === "train");
  return groups(epochs, ({ epoch }) => epoch).map((networks) =>
    networks[0]!.network === undefined ? networkLine(networks[0]!) : ensembleLine(networks),
  );
}

/** Items with the same key together, in the order in which the keys first come. */
function groups<Item>(items: readonly Item[], keyOf: (item: Item) => string | number): Item[][] {
  const groups = new Map<string | number, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** "epoch 3/100: loss 0.1234, 95.00 % right while training; test 94.64 % (9,464 of 10,000; ...); 1.2 s" */
function networkLine({ epoch, epochs, loss, correct, samples, test, ms }: TrainRecord): string {
  const seen =
    loss === null ? "diverged" : `loss ${loss.toFixed(4)}, ${percent(correct / samples)} right while training`;
  const measured = test === undefined ? [] : [`test ${accuracyText(test.correct, test.samples)}`];
  return `epoch ${epoch}/${epochs}: ${[seen, ...measured, duration(ms)].join("; ")}`;
}

/** "epoch 3/100 of 20 networks: test 94.62 % on average, 94.10 to 95.20 %; 1 diverged; 12.0 s" */
function ensembleLine(networks: readonly TrainRecord[]): string {
  const { epoch, epochs } = networks[0]!;
  const accuracies = networks.flatMap(({ loss, test }) =>
    loss === null || test === undefined ? [] : [test.correct / test.samples],
  );
  const diverged = networks.filter(({ loss }) => loss === null).length;
  const parts = [
    accuracies.length === 0
      ? ""
      : `test ${percent(mean(accuracies))} on average, ${percent(Math.min(...accuracies))} to ${percent(Math.max(...accuracies))}`,
    diverged === 0 ? "" : `${grouped(diverged)} diverged`,
    duration(networks.reduce((sum, { ms }) => sum + ms, 0)),
  ];
  return `epoch ${epoch}/${epochs} of ${grouped(networks.length)} networks: ${parts.filter((part) => part !== "").join("; ")}`;
}

/** Lines for epochs of recovery, which need what the intact and the damaged networks gave. */
export class RecoveryLines {
  #baseline: number | null = null;
  /** Correct samples before any training, by row and arm. */
  readonly #damaged = new Map<string, number>();

  /** A line for each arm and epoch among the records, epoch 0 apart: the sweep has told of it. */
  of(records: readonly LesionRecord[]): string[] {
    for (const record of records) {
      if (record.type === "baseline") this.#baseline = record.correct;
      if (record.type === "recovery" && record.epoch === 0) {
        this.#damaged.set(`${record.row} ${record.arm}`, record.correct);
      }
    }
    const trained = records.filter((record) => record.type === "recovery" && record.epoch > 0) as RecoveryRecord[];
    return groups(trained, ({ arm, epoch }) => `${arm} ${epoch}`).map((networks) => this.#line(networks));
  }

  #line(networks: readonly RecoveryRecord[]): string {
    const { arm, epoch, epochs, correct, samples } = networks[0]!;
    const going = networks.filter(({ diverged }) => diverged !== true);
    const diverged = networks.length - going.length;
    const head = `recovering ${arm}: epoch ${epoch}/${epochs}`;
    if (arm === "control") return `${head} · ${diverged > 0 ? "diverged" : accuracyText(correct, samples)}`;
    const fractions = going.flatMap((network) => {
      const damaged = this.#damaged.get(`${network.row} ${arm}`);
      if (damaged === undefined || this.#baseline === null || damaged >= this.#baseline) return [];
      return [(network.correct - damaged) / (this.#baseline - damaged)];
    });
    const parts = [
      head,
      `${grouped(networks.length)} ${networks.length === 1 ? "network" : "networks"}`,
      fractions.length === 0
        ? ""
        : `median regained ${medianText(middleOf(fractions))} of what ${grouped(fractions.length)} lost`,
      diverged === 0 ? "" : `${grouped(diverged)} diverged`,
    ];
    return parts.filter((part) => part !== "").join(" · ");
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
