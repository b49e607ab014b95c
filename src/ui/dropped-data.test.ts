import { describe, expect, test } from "vitest";
import { completeSplits, foundData, idxImages, idxRole, setOf } from "./dropped-data.ts";

test("MNIST's names, plain, dotted or gzipped, say what they hold", () => {
  expect(idxRole("t10k-images-idx3-ubyte.gz")).toEqual({ split: "test", content: "images" });
  expect(idxRole("train-labels.idx1-ubyte")).toEqual({ split: "train", content: "labels" });
  expect(idxRole("my-test-images.idx")).toEqual({ split: "test", content: "images" });
  expect([idxRole("images.png"), idxRole("labels.csv"), idxRole("holiday-images.zip")]).toEqual([null, null, null]);
});

test.each([
  ["t10k-labels-idx1-ubyte", "idx"],
  ["cats/1.PNG", "images"],
  ["photos.tar.gz", "images"],
  ["labels.csv", "images"],
  ["cifar-10-batches-bin/data_batch_1.bin", "cifar10"],
  ["x_test.npy", "npy"],
  ["group1-shard1of1.bin", null],
  ["notes.txt", null],
])("%s is of the set %s", (name, set) => {
  expect(setOf(name)).toBe(set);
});

test("completeSplits needs images and labels of the same split", () => {
  const paths = ["idx/t10k-images-idx3-ubyte", "idx/train-labels-idx1-ubyte.gz"];
  expect(completeSplits(paths)).toEqual([]);
  expect(completeSplits([...paths, "idx/t10k-labels-idx1-ubyte"])).toEqual(["test"]);
});

describe("foundData", () => {
  test.each([
    ["one folder a class", ["cats/1.png", "dogs/2.png"], "images"],
    [
      "a folder with one folder a class",
      ["photos/cats/1.png", "photos/dogs/2.png", "photos/about.csv"],
      "images/photos",
    ],
    ["a table beside the images", ["1.png", "labels.csv"], "images"],
    [
      "a table in the folder of the images",
      ["sample/1.png", "sample/labels.csv", "sample/classes.csv"],
      "images/sample",
    ],
    ["an archive", ["photos.zip"], "images/photos.zip"],
    ["folders of splits", ["set/train/a/1.png", "set/val/a/2.png"], "images/set"],
  ])("of images: %s", (_, names, path) => {
    const paths = ["net.onnx", "npy/x.npy", ...names.map((name) => `images/${name}`)];
    expect(foundData("images", paths)).toEqual({ path, split: "test" });
  });

  test.each([[["1.png", "2.png"]], [["cats/1.png", "cats/2.png"]], [["labels.csv"]], [[]]])(
    "of images without classes: %j",
    (names) => {
      expect(
        foundData(
          "images",
          names.map((name) => `images/${name}`),
        ),
      ).toBeNull();
    },
  );

  test("of batches and arrays takes the test split where there is one", () => {
    expect(foundData("cifar10", ["cifar10/data_batch_1.bin"])).toEqual({ path: "cifar10", split: "train" });
    expect(foundData("cifar10", ["cifar10/b/data_batch_1.bin", "cifar10/b/test_batch.bin"])?.split).toBe("test");
    expect(foundData("npy", ["npy/x.npy"])).toBeNull();
    expect(foundData("npy", ["npy/x.npy", "npy/y.npy"])).toEqual({ path: "npy", split: "test" });
    expect(foundData("npy", ["npy/x_train.npy", "npy/y_train.npy"])?.split).toBe("train");
  });
});

test("the images of a split are found among a run's files, where they are IDX files at hand", () => {
  const [images, labels] = [new Blob(["i"]), new Blob(["l"])];
  const files = { "idx/t10k-labels-idx1-ubyte": labels, "idx/t10k-images-idx3-ubyte.gz": images };
  expect(idxImages({ path: "idx", split: "test" }, files)).toBe(images);
  expect(idxImages({ path: "idx", split: "train" }, files)).toBeNull();
  expect(idxImages({ path: null, split: "test" }, {})).toBeNull();
  expect(idxImages({ path: "idx", split: "test" }, { "idx/t10k-images-idx3-ubyte": { url: "x" } })).toBeNull();
});
