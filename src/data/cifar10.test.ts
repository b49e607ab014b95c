/** CIFAR-10's binary batches: planes become channels, batches are joined in order, and damage is told by its record. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { openCifar10, readCifar10 } from "./cifar10.ts";

/** Records with the given labels; byte i of record r's image is (i + r) % 251. */
function batch(...labels: number[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((label, r) => [label, ...Array.from({ length: 3072 }, (_, i) => (i + r) % 251)]),
  );
}
const files: Readonly<Record<string, Uint8Array>> = {
  "c/batches.meta.txt": new Uint8Array(3),
  "c/data_batch_10.bin": batch(1),
  "c/data_batch_2.bin": batch(2, 3),
  "c/test_batch.bin": batch(9, 0),
};
const read: string[] = [];
const bytesOf = async (path: string) => {
  read.push(path);
  return files[path]!;
};
const open = (source: { path: string | null; split: "train" | "test"; limit?: number }) =>
  openCifar10(source, bytesOf, Object.keys(files));

describe("openCifar10", () => {
  test("makes planes channels", async () => {
    const set = await open({ path: "c", split: "test" });
    expect(set).toMatchObject({ name: "cifar10 test", samples: 2, shape: [32, 32, 3], stored: "bytes", classes: 10 });
    expect([set.labels[0], set.classNames[9], set.classNames[3]]).toEqual([9, "truck", "cat"]);
    const values = await set.read(1, 1);
    // Row 2, column 5 of the second record: byte 69 of each plane of 1024.
    expect([...values.subarray(3 * 69, 3 * 69 + 3)]).toEqual([69, 69 + 1024, 69 + 2048].map((i) => (i + 1) % 251));
  });

  test("joins batches by their numbers", async () => {
    expect([...(await open({ path: "./c/", split: "train" })).labels]).toEqual([2, 3, 1]);
  });

  test("reads no more batches than a limit needs", async () => {
    read.length = 0;
    const set = await open({ path: null, split: "train", limit: 1 });
    expect([set.samples, [...set.labels], read]).toEqual([1, [2], ["c/data_batch_2.bin"]]);
  });

  test.each([
    ["a folder without batches", { path: "d", split: "test" as const }, "not-found", /in d there are no files/],
    ["a limit of 0", { path: "c", split: "test" as const, limit: 0 }, "bad-study", /limit is 0/],
  ])("refuses %s", async (_, source, code, message) => {
    await expect(open(source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("readCifar10", () => {
  test.each([
    ["nothing", new Uint8Array(), "bad-file", /is empty/, /record 0, byte 0/],
    [
      "part of a record",
      batch(1, 2).subarray(0, 4000),
      "bad-file",
      /1 records of 3073 and 927 bytes/,
      /record 1, byte 3073/,
    ],
    ["a label above 9", batch(1, 10), "bad-data", /gives record 1 the label 10/, /b\.bin, record 1, byte 3073/],
  ])("refuses %s", (_, bytes, code, message, where) => {
    expect(() => readCifar10([{ name: "b.bin", bytes }], "c")).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(message),
        where: expect.stringMatching(where),
        fix: expect.any(String),
      }),
    );
  });

  const real = sharedData("cifar10/test_batch_1000.bin");
  test.skipIf(real === null)("reads the first 1,000 test images", () => {
    const set = readCifar10([{ name: "test_batch_1000.bin", bytes: readFileSync(real!) }], "cifar10 test");
    expect([set.samples, set.values.length]).toEqual([1000, 1000 * 3072]);
    // As published: a cat, two ships, an airplane, two frogs, an automobile, a frog, a cat, an automobile.
    expect(Array.from(set.labels.subarray(0, 10), (label) => set.classNames[label])).toEqual(
      "cat ship ship airplane frog frog automobile frog cat automobile".split(" "),
    );
    // The upper left pixel of the cat: red, green, blue.
    expect([...set.values.subarray(0, 3)]).toEqual([158, 112, 49]);
  });
});
