import { expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { Checkpoints, recoveryStates, trainingStates } from "./checkpoints.ts";

/** A trainer that has taken so many bytes after some epochs, told by one byte. */
function fakeTrainer(stateBytes = 1) {
  const restored: number[] = [];
  return {
    restored,
    stateBytes,
    state: async (epochs: number) => Uint8Array.of(epochs),
    restore: async (state: Uint8Array) => {
      const epochs = state[0]!;
      if (epochs > 99) throw new LesionError("bad-file", "this is not a state of this training");
      restored.push(epochs);
      return epochs;
    },
  };
}

function setUp(names: readonly string[], byteOf: (name: string) => number = (name) => Number(/\d+/.exec(name)?.[0])) {
  const read: string[] = [];
  const given: string[] = [];
  const warnings: string[] = [];
  const checkpoints = new Checkpoints(
    {
      names,
      bytesOf: async (name) => {
        read.push(name);
        return Uint8Array.of(byteOf(name));
      },
    },
    { artifact: (name) => void given.push(name), warning: (message) => void warnings.push(message) },
  );
  return { checkpoints, read, given, warnings };
}

test("the latest state of a series is read, and no other", async () => {
  const { checkpoints, read } = setUp([
    "checkpoint-train-9.safetensors",
    "checkpoint-train-10.safetensors",
    "checkpoint-train-20-g5.safetensors",
    "checkpoint-train-30-g50.safetensors",
    "checkpoint-recovery-all-0.safetensors",
    "trained.safetensors",
  ]);
  expect(await checkpoints.restore(fakeTrainer(), trainingStates(null))).toBe(10);
  expect(await checkpoints.restore(fakeTrainer(), trainingStates(5))).toBe(20);
  expect(await checkpoints.restore(fakeTrainer(), trainingStates(7))).toBe(0);
  expect(await checkpoints.restore(fakeTrainer(), recoveryStates("all"))).toBe(0);
  expect(read).toEqual(["checkpoint-train-10.safetensors", "checkpoint-train-20-g5.safetensors"]);
});

test("what this run kept comes before what was left, until it is done with", async () => {
  const { checkpoints, read, given } = setUp(["checkpoint-recovery-all-0.safetensors"], () => 1);
  const states = recoveryStates("all-0");
  await checkpoints.keep(fakeTrainer(), states, 3);
  expect(given).toEqual(["checkpoint-recovery-all-0.safetensors"]);
  expect(await checkpoints.restore(fakeTrainer(), states)).toBe(3);
  expect(read).toEqual([]);
  checkpoints.forget(states);
  expect(await checkpoints.restore(fakeTrainer(), states)).toBe(1);
});

test("a state of another training is of no use, and said to be", async () => {
  const { checkpoints, warnings } = setUp(["checkpoint-train-4.safetensors"], () => 255);
  const trainer = fakeTrainer();
  expect(await checkpoints.restore(trainer, trainingStates(null))).toBe(0);
  expect(trainer.restored).toEqual([]);
  expect(warnings.join()).toMatch(/not a state of this training/);
});

test("a state that is too large is neither read nor kept", async () => {
  const { checkpoints, given, warnings } = setUp([]);
  const trainer = { ...fakeTrainer(2 ** 28 + 1), state: () => Promise.reject(new Error("it was read")) };
  await checkpoints.keep(trainer, trainingStates(null), 1);
  expect(given).toEqual([]);
  expect(warnings.join()).toMatch(/above 256 MiB/);
});
