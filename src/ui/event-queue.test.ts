import { expect, test } from "vitest";
import { eventQueue } from "./event-queue.ts";

test("items are taken in order, a slice of milliseconds at a time, and drained() waits for the last", async () => {
  const frames: (() => void)[] = [];
  const taken: number[] = [];
  let clock = 0;
  let settled = 0;
  const queue = eventQueue<number>(
    (item) => {
      taken.push(item);
      clock += 3;
    },
    () => settled++,
    (callback) => frames.push(callback),
    () => clock,
  );
  for (let item = 0; item < 7; item++) queue.push(item);
  let drained = false;
  const done = queue.drained().then(() => {
    drained = true;
  });
  expect(frames.length).toBe(1);
  frames.shift()!();
  await Promise.resolve();
  expect(taken).toEqual([0, 1, 2]);
  expect(drained).toBe(false);
  while (frames.length > 0) frames.shift()!();
  await done;
  expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(settled).toBe(3);
});

test("an item that throws loses neither the items after it nor the promise", async () => {
  const frames: (() => void)[] = [];
  const taken: string[] = [];
  const queue = eventQueue<string>(
    (item) => {
      if (item === "bad") throw new TypeError("bad");
      taken.push(item);
    },
    () => {},
    (callback) => frames.push(callback),
  );
  for (const item of ["bad", "good"]) queue.push(item);
  const done = queue.drained();
  expect(() => frames.shift()!()).toThrow("bad");
  frames.shift()!();
  await done;
  expect(taken).toEqual(["good"]);
});
