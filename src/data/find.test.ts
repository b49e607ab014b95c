/** Which files a study's data are: names as they are published, folders, and what the errors tell where none or many fit. */
import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { makeDigits } from "./digits.ts";
import { findIdx, openDataset, type SampleSource } from "./find.ts";
import { writeIdx } from "./idx-writer.ts";
import { colourPng } from "./images/png.fixture.ts";

const test10k = { set: "mnist", path: "data/mnist", split: "test" } as const;
const canonical = ["train-images", "train-labels", "t10k-images", "t10k-labels"].map(
  (name) => `data/mnist/${name}-idx${name.endsWith("images") ? 3 : 1}-ubyte.gz`,
);

describe("findIdx", () => {
  test("finds the two files of each split of MNIST", () => {
    expect(findIdx(test10k, canonical)).toEqual({ images: canonical[2], labels: canonical[3] });
    expect(findIdx({ ...test10k, split: "train" }, canonical)).toEqual({ images: canonical[0], labels: canonical[1] });
  });

  test.each([
    ["dots", null, "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
    ["a folder below", "data", "data/MNIST/raw/t10k-images-idx3-ubyte", "data/MNIST/raw/t10k-labels-idx1-ubyte.gz"],
    [
      "a parent folder",
      "../shared/mnist/",
      "../shared/mnist/t10k-images-idx3-ubyte.gz",
      "../shared/mnist/t10k-labels-idx1-ubyte.gz",
    ],
    ["a dot before the folder", "./m", "m/t10k-images-idx3-ubyte", "m/t10k-labels-idx1-ubyte"],
    ["the study's folder", ".", "t10k-images-idx3-ubyte", "./t10k-labels-idx1-ubyte"],
    ["backslashes", "m", "m\\t10k-images-idx3-ubyte", "m\\t10k-labels-idx1-ubyte"],
  ])("understands %s", (_, path, images, labels) => {
    expect(findIdx({ ...test10k, path }, [labels, "readme.md", images])).toEqual({ images, labels });
  });

  test("takes the plain file where both are there", () => {
    const both = canonical.flatMap((path) => [path, path.replace(".gz", "")]);
    expect(findIdx(test10k, both).images).toBe("data/mnist/t10k-images-idx3-ubyte");
  });

  test.each([
    [
      "a single pair",
      "test",
      ["d/letters-images.idx", "d/letters-labels.idx"],
      ["d/letters-images.idx", "d/letters-labels.idx"],
    ],
    ["names without images and labels", "train", ["d/a.idx3", "d/a.idx1"], ["d/a.idx3", "d/a.idx1"]],
    [
      "the split by its word",
      "test",
      ["d/e-train-images-idx3", "d/e-train-labels-idx1", "d/e-test-images-idx3", "d/e-test-labels-idx1"],
      ["d/e-test-images-idx3", "d/e-test-labels-idx1"],
    ],
  ] as const)("idx: takes %s", (_, split, available, [images, labels]) => {
    expect(findIdx({ set: "idx", path: "d", split }, available)).toEqual({ images, labels });
  });

  test("tells what is there where the files are not", () => {
    const found = () => findIdx({ ...test10k, path: "data/mist" }, canonical);
    expect(found).toThrow(
      expect.objectContaining({
        code: "not-found",
        where: "data.path",
        message: expect.stringMatching(
          /in data\/mist there are no files; elsewhere there are data\/mnist\/train-images/,
        ),
        fix: expect.stringContaining("t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"),
      }),
    );
    expect(() => findIdx(test10k, canonical.slice(0, 3))).toThrow(/test split of mnist: in data\/mnist there are data/);
    expect(() => findIdx(test10k, [])).toThrow(/there are no files/);
  });

  test("does not guess between several pairs", () => {
    const pairs = [
      "a/t10k-images-idx3-ubyte",
      "a/t10k-labels-idx1-ubyte",
      "b/t10k-images-idx3-ubyte",
      "b/t10k-labels-idx1-ubyte",
    ];
    expect(() => findIdx({ ...test10k, path: null }, pairs)).toThrow(
      expect.objectContaining({
        code: "bad-study",
        message: expect.stringMatching(/2 pairs.*a\/t10k-images.*b\/t10k-images/),
      }),
    );
  });

  test("does not take a training set for a test set", () => {
    const train = ["d/x-train-images-idx3", "d/x-train-labels-idx1"];
    expect(() => findIdx({ set: "idx", path: "d", split: "test" }, train)).toThrow(/no image and label files/);
  });
});

describe("openDataset", () => {
  const digits = makeDigits({ split: "test", samples: 6 });
  const files: Record<string, Uint8Array> = {
    "m/t10k-images-idx3-ubyte.gz": gzipSync(writeIdx({ shape: [6, 28, 28], values: digits.values })),
    "m/t10k-labels-idx1-ubyte": writeIdx({ shape: [6], values: Uint8Array.from(digits.labels) }),
  };
  const bytesOf = (path: string) => Promise.resolve(files[path]!);

  test("opens MNIST's files, up to a limit", async () => {
    const opened = await openDataset({ set: "mnist", path: "m", split: "test", limit: 4 }, bytesOf, Object.keys(files));
    expect([opened.name, opened.samples, opened.classes]).toEqual(["mnist test", 4, 10]);
    expect(await opened.read(0, 4)).toEqual(digits.values.subarray(0, 4 * 784));
    expect([...opened.labels]).toEqual([...digits.labels.subarray(0, 4)]);
  });

  test("makes digits and reports after each thousand", async () => {
    const reports: number[][] = [];
    const source = { set: "digits", path: null, split: "test", limit: 2500 } as const;
    const opened = await openDataset(source, bytesOf, [], (done, total) => void reports.push([done, total]));
    expect(reports).toEqual([
      [1000, 2500],
      [2000, 2500],
      [2500, 2500],
    ]);
    expect(await opened.read(0, digits.samples)).toEqual(digits.values);
    expect(opened).toMatchObject({ name: "digits test", samples: 2500 });
  });

  test("opens batches of CIFAR-10, NumPy arrays and images by their set", async () => {
    const record = Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? 3 : 7));
    const image = colourPng(4, 3).bytes;
    const others: Record<string, Uint8Array> = { "d/test_batch.bin": record, "d/cat/1.png": image, "d/x.npy": record };
    const open = (source: SampleSource) => openDataset(source, async (path) => others[path]!, Object.keys(others));
    const from = { path: "d", split: "test" } as const;
    expect(await open({ set: "cifar10", ...from })).toMatchObject({ shape: [32, 32, 3], samples: 1 });
    const images = { labels: null, classes: null, resize: null, crop: null, channels: "gray" } as const;
    expect(await open({ set: "images", ...from, ...images })).toMatchObject({ shape: [3, 4, 1], classNames: ["cat"] });
    await expect(open({ set: "npy", ...from })).rejects.toMatchObject({ code: "not-found", where: "data.path" });
  });

  test("passes a failed read on", async () => {
    const gone = () => Promise.reject(new RangeError("gone"));
    await expect(openDataset({ set: "mnist", path: "m", split: "test" }, gone, Object.keys(files))).rejects.toThrow(
      "gone",
    );
  });
});
