/**
 * The study that the tests of the built product run: small enough for a processor that stands in for a GPU, and with
 * enough ablations, in enough batches, to be caught in the middle.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LesionRecord } from "../src/study/records.ts";

export const smallStudy = {
  version: 1,
  name: "small",
  model: {
    build: { input: 784, layers: [{ units: 20 }, { units: 10 }, { units: 10, activation: "linear" }] },
    train: { epochs: 2, batch: 64, limit: 2000, optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 } },
  },
  data: { set: "digits", limit: 2001 },
  sweeps: [
    { ablate: "each-unit", layers: [0, 1] },
    { ablate: "pairs", layers: [0] },
    { ablate: "fraction", layers: [0, 1], fractions: [0.25, 0.5], draws: 600, choose: "random" },
  ],
};
export const SAMPLES = 2001;
/** 30 units, 190 pairs, and 600 draws of two fractions of two layers. */
export const ABLATIONS = 2620;

/** Records without what differs from run to run (times, the end), ablations in order. */
export function comparable(records: readonly LesionRecord[]): object[] {
  return records
    .filter(({ type }) => type !== "end")
    .map(({ ms: _, started: __, ...kept }: LesionRecord & { ms?: number; started?: string }) => kept)
    .sort((a, b) => rowOf(a) - rowOf(b));
}

const rowOf = (record: object) => ("row" in record && typeof record.row === "number" ? record.row : -1);

/** Every record of a run's journal, in the order in which they were written. */
export async function journalOf(run: string): Promise<LesionRecord[]> {
  const lines = (await readFile(join(run, "results.ndjson"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}
