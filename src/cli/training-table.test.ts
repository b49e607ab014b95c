import { expect, test } from "vitest";
import { baselineRecord, runRecord, trainRecord } from "./sample-run.test-support.ts";
import { trainedLines } from "./training-table.ts";

const none = { ablations: [], recoveries: [], analyses: [], failures: [], end: null };
const lines = (training: ReturnType<typeof trainRecord>[]) =>
  trainedLines({ run: runRecord, baseline: baselineRecord, training, ...none });

test("tells where the network ended", () => {
  expect(lines([])).toEqual([]);
  expect(lines([trainRecord(1), trainRecord(3)])).toEqual([
    "trained 3 epochs: 90.91 % (30 of 33; 95 % interval 76.43 to 96.86)",
  ]);
});

test("tells how networks of several seeds spread, those that diverged apart", () => {
  const network = (index: number, correct: number) => ({
    ...trainRecord(1),
    network: index,
    test: { samples: 1000, correct, loss: 1 },
  });
  expect(lines([network(0, 940), network(1, 950), network(2, 960), { ...network(3, 100), loss: null }])).toEqual([
    "trained 4 networks from seeds 1 to 4, 1 epoch; 1 diverged",
    "test accuracy 95.00 % on average, standard deviation 1.00, 94.00 % to 96.00 % (n = 3)",
  ]);
});
