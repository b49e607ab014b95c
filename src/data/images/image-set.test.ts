/** Sets of images with a decoder that stands in for the browser's: order, budget, limits, hashes, and what is told of damage. */

import { readdirSync, readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../e2e/shared-data.ts";
import type { Decode } from "./decode.ts";
import { fitted } from "./fit.ts";
import { damaged, imageHeader } from "./header.ts";
import { type ImageSource, openImages } from "./image-set.ts";
import { colourPng, readColourPng } from "./png.fixture.ts";

const SOURCE: ImageSource = {
  set: "images",
  path: "set",
  labels: null,
  classes: null,
  resize: null,
  crop: null,
  channels: "rgb",
  split: "test",
};

/** Counts what it decodes, and holds each image for a moment, later ones shorter. */
function decoder() {
  const seen = { decoded: 0, underWay: 0, mostUnderWay: 0 };
  const decode: Decode = async (bytes, name, options) => {
    seen.mostUnderWay = Math.max(seen.mostUnderWay, ++seen.underWay);
    await new Promise((resolve) => setTimeout(resolve, seen.decoded++ % 3));
    seen.underWay--;
    imageHeader(bytes, name);
    try {
      const { width, height, pixels } = readColourPng(bytes);
      const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
        i % 4 === 3 ? 255 : pixels[(i >> 2) * 3 + (i % 4)]!,
      );
      return fitted(rgba, { width, height }, options, name);
    } catch (cause) {
      throw damaged(name, bytes, "cannot be decoded", cause);
    }
  };
  return { seen, decode };
}

const encode = (text: string) => new TextEncoder().encode(text);
const images = Array.from({ length: 12 }, (_, i) => colourPng(4, 3, i));
const table = ["file,class", ...images.map((_, i) => `${11 - i}.png,${i % 3}`)].join("\n");
const FILES: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(images.map(({ bytes }, i) => [`set/${i}.png`, bytes])),
  "set/labels.csv": encode(table),
  "names.csv": encode("class,name\n4,last\n"),
};
const open = (source: Partial<ImageSource>, files = FILES, more = {}) =>
  openImages({ ...SOURCE, ...source }, async (path) => files[path]!.slice(), Object.keys(files), {
    decode: decoder().decode,
    ...more,
  });

describe("openImages", () => {
  test("reads samples in the table's order, whatever order they are decoded in", async () => {
    const { seen, decode } = decoder();
    const set = await open({}, FILES, { decode });
    expect([set.samples, set.shape, set.stored, set.classes]).toEqual([12, [3, 4, 3], "bytes", 3]);
    expect(seen.decoded).toBe(0);
    expect([...(await set.read(2, 3))]).toEqual([9, 8, 7].flatMap((i) => images[i]!.pixels));
    expect([...set.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  test("keeps what it decoded where all fits, and decodes anew where it does not", async () => {
    for (const [keptBytes, expected] of [
      [12 * 36, 12],
      [12 * 36 - 1, 20],
    ] as const) {
      const { seen, decode } = decoder();
      const set = await open({}, FILES, { decode, keptBytes });
      const first = (await set.read(0, 8)).slice();
      await set.read(8, 4);
      expect((await set.read(0, 8)).slice()).toEqual(first);
      expect(seen.decoded).toBe(expected);
      expect(seen.mostUnderWay).toBeLessThan(25);
    }
  });

  test("takes the first images of the table, and a share of the budget for them", async () => {
    const { seen, decode } = decoder();
    const set = await open({ limit: 2 }, FILES, { decode, keptBytes: 2 * 36 });
    expect([set.samples, set.labels.length, set.classes]).toEqual([2, 2, 3]);
    await set.read(0, 2);
    expect([...(await set.read(0, 2))]).toEqual([11, 10].flatMap((i) => images[i]!.pixels));
    expect(seen.decoded).toBe(2);
    await expect(open({ limit: 0 })).rejects.toMatchObject({ code: "bad-study", where: "data.limit" });
  });

  test("a folder and an archive of it are the same data", async () => {
    const inside = Object.fromEntries(Object.entries(FILES).filter(([name]) => name.startsWith("set/")));
    const zip = { "d/set.zip": zipSync(inside) };
    const [folder, archive] = [await open({}), await open({ path: "d/set.zip" }, zip)];
    expect(await archive.read(0, 12)).toEqual(await folder.read(0, 12));
    expect(await archive.hash(12)).toBe(await folder.hash(12));
  });

  test("hashes tell files, labels, number and preparation apart", async () => {
    const changed = { ...FILES, "set/3.png": colourPng(4, 3, 99).bytes };
    const relabelled = { ...FILES, "set/labels.csv": encode(table.replace("11.png,0", "11.png,1")) };
    const sets = [await open({}), await open({}, changed), await open({}, relabelled), await open({ channels: "bgr" })];
    const hashes = await Promise.all([...sets.map((set) => set.hash(12)), sets[0]!.hash(11)]);
    expect(new Set(hashes).size).toBe(5);
    expect(await sets[1]!.hash(8)).toBe(await sets[0]!.hash(8));
  });

  test("classes may be named in a table beside the study", async () => {
    const set = await open({ classes: "names.csv" });
    expect([set.classes, set.classNames]).toEqual([5, ["0", "1", "2", "3", "last"]]);
    await expect(open({ classes: "none.csv" })).rejects.toMatchObject({ code: "not-found", where: "data.classes" });
    await expect(open({ labels: "none.csv" })).rejects.toThrow("data.labels is none.csv");
  });

  test("a folder a class, in the folder of the split", async () => {
    const one = images[0]!.bytes;
    const files = { "set/train/a/1.png": one, "set/val/a/2.png": one, "set/val/b/3.png": images[1]!.bytes };
    const [train, held] = [await open({ split: "train" }, files), await open({ split: "test" }, files)];
    expect([train.samples, train.classNames, held.samples, held.classNames]).toEqual([1, ["a"], 2, ["a", "b"]]);
    expect([...(await held.read(1, 1))]).toEqual(images[1]!.pixels);
  });

  test("a damaged image is named with its size, and the images before it are read", async () => {
    const bytes = images[3]!.bytes.slice(0, 50);
    const set = await open({}, { ...FILES, "set/3.png": bytes });
    await expect(set.read(0, 12)).rejects.toMatchObject({
      code: "bad-file",
      where: "3.png",
      message: expect.stringContaining("3.png (50 bytes"),
    });
    expect([...(await set.read(0, 1))]).toEqual(images[11]!.pixels);
  });

  test("images of two sizes are named with both, and give samples once they are scaled and cut", async () => {
    const files = { ...FILES, "set/5.png": colourPng(6, 5).bytes };
    await expect((await open({}, files)).read(0, 12)).rejects.toMatchObject({
      code: "bad-data",
      message: "5.png gives 6 x 5 pixels, and 11.png 4 x 3",
      fix: expect.stringContaining("data.resize and data.crop"),
    });
    const set = await open({ resize: 3, crop: 2, channels: "gray" }, files);
    expect([set.shape, (await set.read(0, 12)).length]).toEqual([[2, 2, 1], 48]);
  });

  test("a table that names an image that is not there says which", async () => {
    const { "set/4.png": _, ...files } = FILES;
    await expect((await open({}, files)).read(0, 12)).rejects.toThrow("there is no 4.png in set");
  });
});

describe("imageHeader", () => {
  test.each([
    ["nothing", new Uint8Array(0), "(0 bytes"],
    ["text", encode("GIF89a, which is not read"), "47 49 46 38"],
    ["a bomb", colourPng(2, 2).bytes.map((byte, i) => (i >= 16 && i < 24 ? 0x7f : byte)), "2139062143 x 2139062143"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => imageHeader(bytes, "a.png")).toThrow(
      expect.objectContaining({ code: "bad-file", where: "a.png", message: expect.stringContaining(message) }),
    );
  });
});

const sample = sharedData("imagenet-sample");
test.skipIf(sample === null)("the ImageNet sample: its labels, all classes and first image", async () => {
  const names = readdirSync(sample!).map((name) => `imagenet/${name}`);
  const bytesOf = async (path: string) => new Uint8Array(readFileSync(path.replace("imagenet", sample!)));
  const source = { ...SOURCE, path: "imagenet", channels: "bgr" } as const;
  const set = await openImages(source, bytesOf, names, { decode: decoder().decode });
  expect([set.samples, set.shape, set.classes]).toEqual([250, [224, 224, 3], 1000]);
  expect([set.classNames[0], set.classNames[1], set.labels[249]]).toEqual(["tench", "goldfish", 996]);
  const { pixels } = readColourPng(await bytesOf("imagenet/000_n01440764_tench.png"));
  const [b, g, r] = await set.read(0, 1);
  expect([r, g, b]).toEqual([...pixels.subarray(0, 3)]);
});
