import { describe, expect, test } from "vitest";
import { RecoveryLines, trainingLines } from "./epoch-lines.ts";
import { baselineRecord, recoveryRecord, trainRecord } from "./sample-run.test-support.ts";

describe("trainingLines", () => {
  test("tells what training saw and what the test gave, with its interval", () => {
    expect(trainingLines([trainRecord(1), baselineRecord])).toEqual([
      "epoch 1/3: loss 1.0000, 82.00 % right while training; test 84.85 % (28 of 33; 95 % interval 69.08 to 93.35); 1.2 s",
    ]);
    const { test: _, ...untested } = trainRecord(1);
    expect(trainingLines([{ ...untested, loss: null }])).toEqual(["epoch 1/3: diverged; 1.2 s"]);
  });

  test("gives networks that train together one line an epoch", () => {
    const networks = [1, 2].flatMap((epoch) =>
      [0, 1, 2].map((network) => ({
        ...trainRecord(epoch),
        network,
        ...(network === 2 ? { loss: null } : { test: { samples: 100, correct: 90 + 2 * network + epoch, loss: 1 } }),
      })),
    );
    expect(trainingLines(networks)).toEqual([
      "epoch 1/3 of 3 networks: test 92.00 % on average, 91.00 % to 93.00 %; 1 diverged; 3.6 s",
      "epoch 2/3 of 3 networks: test 93.00 % on average, 92.00 % to 94.00 %; 1 diverged; 3.6 s",
    ]);
  });
});

describe("RecoveryLines", () => {
  const together = (epoch: number) => [
    recoveryRecord(null, "control", epoch),
    ...[0, 2, 4].flatMap((row) => [recoveryRecord(row, "all", epoch), recoveryRecord(row, "layer", epoch)]),
  ];

  test("give an arm one line an epoch, against what the intact and the damaged networks gave", () => {
    const lines = new RecoveryLines();
    expect(lines.of([baselineRecord, ...together(0)])).toEqual([]);
    // Rows 2 and 4 lost as many samples, row 0 none; each is up by two.
    expect(lines.of(together(1))).toEqual([
      "recovering control: epoch 1/2 · 93.94 % (31 of 33; 95 % interval 80.39 to 98.32)",
      "recovering all: epoch 1/2 · 3 networks · median regained 75 % of what 2 lost",
      "recovering layer: epoch 1/2 · 3 networks · median regained 75 % of what 2 lost",
    ]);
  });

  test("leave those that diverged out of the median, and count them", () => {
    const lines = new RecoveryLines();
    lines.of([baselineRecord, ...together(0)]);
    const broken = { ...recoveryRecord(4, "all", 2), loss: null, diverged: true } as const;
    expect(lines.of([recoveryRecord(2, "all", 2), broken])).toEqual([
      "recovering all: epoch 2/2 · 2 networks · median regained 200 % of what 1 lost · 1 diverged",
    ]);
    expect(lines.of([broken])).toEqual(["recovering all: epoch 2/2 · 1 network · 1 diverged"]);
  });

  test("a network that had lost next to nothing does not lead", () => {
    const lines = new RecoveryLines();
    const at = (epoch: number, counts: readonly number[]) =>
      counts.map((correct, row) => ({ ...recoveryRecord(row, "all", epoch), correct }));
    // Of 30: 1 lost and 3 regained, 10 and 5, 12 and 9, 20 and 17: the mean of the fractions is 128 %.
    lines.of([baselineRecord, ...at(0, [29, 20, 18, 10])]);
    expect(lines.of(at(1, [32, 25, 27, 27]))).toEqual([
      "recovering all: epoch 1/2 · 4 networks · median regained 80 % (69 to 139) of what 4 lost",
    ]);
  });
});
