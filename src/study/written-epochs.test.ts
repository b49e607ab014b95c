import { expect, test } from "vitest";
import { WrittenEpochs } from "./written-epochs.ts";

interface Epoch {
  readonly epoch: number;
  readonly of: string;
  readonly lost?: boolean;
}
const written = () =>
  new WrittenEpochs<Epoch>(
    ({ of }) => of,
    ({ lost = false }) => lost,
  );

test("what is told again is not new, of each network apart", () => {
  const epochs = written();
  const first = [
    { of: "a", epoch: 0 },
    { of: "b", epoch: 0 },
    { of: "a", epoch: 1 },
  ];
  expect(epochs.add(first)).toEqual(first);
  const again = [...first, { of: "b", epoch: 1 }, { of: "a", epoch: 2 }];
  expect(epochs.add(again)).toEqual(again.slice(3));
  expect(epochs.last("b")).toEqual({ of: "b", epoch: 1 });
  expect(epochs.last("c")).toBeNull();
  expect(epochs.records.length).toBe(5);
});

test("nothing counts after a network has diverged", () => {
  const epochs = written();
  expect(
    epochs.add([
      { of: "a", epoch: 1, lost: true },
      { of: "a", epoch: 2 },
      { of: "b", epoch: 2 },
    ]),
  ).toEqual([
    { of: "a", epoch: 1, lost: true },
    { of: "b", epoch: 2 },
  ]);
  expect(epochs.add([{ of: "a", epoch: 3 }])).toEqual([]);
});
