import { expect, test } from "vitest";
import { memoryDataset } from "./dataset.ts";
import { readAhead } from "./read-ahead.ts";

function counted(samples: number) {
  const asked: string[] = [];
  const whole = memoryDataset({
    name: "counted",
    shape: [1],
    values: Float32Array.from({ length: samples }, (_, i) => i),
    labels: new Uint16Array(samples),
    classes: 1,
    classNames: [],
  });
  const dataset = {
    ...whole,
    read: async (start: number, count: number) => {
      asked.push(`${start}+${count}`);
      if (start === 4) throw new Error("damaged");
      return whole.read(start, count);
    },
  };
  return { dataset: readAhead(dataset), asked };
}

test("each range is read once, the next while the last is used", async () => {
  const { dataset, asked } = counted(4);
  expect(await dataset.read(0, 2)).toEqual(Float32Array.of(0, 1));
  expect(asked).toEqual(["0+2", "2+2"]);
  expect(await dataset.read(2, 2)).toEqual(Float32Array.of(2, 3));
  expect(asked).toEqual(["0+2", "2+2"]);
});

test("a range that was not foreseen is read", async () => {
  const { dataset, asked } = counted(4);
  await dataset.read(0, 2);
  expect(await dataset.read(1, 1)).toEqual(Float32Array.of(1));
  expect(asked).toEqual(["0+2", "2+2", "1+1", "2+1"]);
});

test("what fails ahead is told when it is asked for", async () => {
  const { dataset } = counted(6);
  expect(await dataset.read(2, 2)).toEqual(Float32Array.of(2, 3));
  await expect(dataset.read(4, 2)).rejects.toThrow("damaged");
});
