/** The training of a finished run, for people: where its one network ended, or how its networks spread. */

import { accuracyText, percent } from "../report/numbers.ts";
import type { TrainRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { grouped } from "./units-of-measure.ts";

/** Lines about the last epoch of each network; none where the run trained none. */
export function trainedLines({ training, run }: RunResults): string[] {
  const last = new Map<number, TrainRecord>();
  for (const record of training) {
    const network = record.network ?? 0;
    if (record.epoch >= (last.get(network)?.epoch ?? 0)) last.set(network, record);
  }
  const [first] = last.values();
  if (first === undefined) return [];
  if (last.size === 1) {
    const { epoch, test } = first;
    return test === undefined ? [] : [`trained ${epochs(epoch)}: ${accuracyText(test.correct, test.samples)}`];
  }
  const accuracies = Array.from(last.values(), ({ test, loss }) =>
    test === undefined || loss === null ? null : test.correct / test.samples,
  ).filter((accuracy) => accuracy !== null);
  const diverged = [...last.values()].filter(({ loss, test }) => loss === null || test?.loss === null).length;
  const note = diverged === 0 ? "" : `; ${grouped(diverged)} diverged`;
  const head = `trained ${grouped(last.size)} networks from seeds ${run.seed} to ${run.seed + last.size - 1}, ${epochs(first.epoch)}${note}`;
  if (accuracies.length === 0) return [head];
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1);
  const spread = accuracies.length < 2 ? "" : `, standard deviation ${(100 * Math.sqrt(variance)).toFixed(2)}`;
  return [
    head,
    `test accuracy ${percent(mean)} on average${spread}, ${percent(Math.min(...accuracies))} to ${percent(Math.max(...accuracies))} (n = ${accuracies.length})`,
  ];
}

const epochs = (count: number) => `${grouped(count)} ${count === 1 ? "epoch" : "epochs"}`;
