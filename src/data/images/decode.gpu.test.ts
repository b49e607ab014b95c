/** Decoding in a browser: each kind of PNG to known pixels, WebP and JPEG, damage, and the pool against one thread. */
import { describe, expect, test } from "vitest";
import { decodeHere } from "./decode.ts";
import { decodeInPool } from "./decode-pool.ts";
import type { FitOptions } from "./fit.ts";
import { openImages } from "./image-set.ts";
import { colourPng, type PngParts, writePng } from "./png.fixture.ts";

const AS_IT_IS: FitOptions = { resize: null, crop: null, channels: "rgb" };

async function colours(parts: PngParts): Promise<number[]> {
  return [...(await decodeHere(writePng(parts), "a.png", AS_IT_IS)).values];
}

describe("PNG, exactly", () => {
  const one = (depth: PngParts["depth"], colour: PngParts["colour"], width: number, row: number[]) =>
    colours({ width, height: 1, depth, colour, rows: [row] });

  test("colour of 8 bits, in every order", async () => {
    const { bytes, pixels } = colourPng(7, 5);
    const rgb = await decodeHere(bytes, "a.png", AS_IT_IS);
    expect([rgb.width, rgb.height, rgb.channels]).toEqual([7, 5, 3]);
    expect([...rgb.values]).toEqual(pixels);
    const bgr = await decodeHere(bytes, "a.png", { ...AS_IT_IS, channels: "bgr" });
    expect([...bgr.values]).toEqual(pixels.map((_, i) => pixels[i - (i % 3) + 2 - (i % 3)]));
    const grey = await decodeHere(bytes, "a.png", { ...AS_IT_IS, channels: "gray" });
    expect(grey.channels).toBe(1);
    expect(grey.values[0]).toBe((pixels[0]! * 19595 + pixels[1]! * 38470 + pixels[2]! * 7471 + 32768) >> 16);
  });

  test("colours under alpha, down to none", async () => {
    const row = Array.from({ length: 256 }, (_, alpha) => [200, 100, 7, alpha]).flat();
    const expected = Array.from({ length: 256 }, () => [200, 100, 7]).flat();
    expect(await one(8, 6, 256, row)).toEqual(expected);
    expect(await one(8, 4, 3, [10, 255, 77, 3, 201, 0])).toEqual([10, 10, 10, 77, 77, 77, 201, 201, 201]);
  });

  test("a palette with transparent entries", async () => {
    const palette = [9, 8, 7, 100, 110, 120, 255, 0, 1];
    const chunks = [["PLTE", palette] as const, ["tRNS", [255, 5, 0]] as const];
    expect(await colours({ width: 3, height: 1, depth: 8, colour: 3, rows: [[0, 1, 2]], chunks })).toEqual(palette);
  });

  test("grey of 1, 2, 4, 8 and 16 bits", async () => {
    const grey = async (depth: PngParts["depth"], width: number, row: number[]) =>
      (await one(depth, 0, width, row)).filter((_, i) => i % 3 === 0);
    expect(await grey(1, 8, [0b10110001])).toEqual([255, 0, 255, 255, 0, 0, 0, 255]);
    expect(await grey(2, 4, [0b00011011])).toEqual([0, 85, 170, 255]);
    expect(await grey(4, 2, [0x3f])).toEqual([51, 255]);
    expect(await grey(8, 4, [0, 1, 127, 255])).toEqual([0, 1, 127, 255]);
    expect(await grey(16, 3, [0x12, 0x80, 0x80, 0xff, 0, 0xff])).toEqual([0x12, 0x80, 0]);
  });

  test("colour of 16 bits, its high bytes", async () => {
    expect(await one(16, 2, 2, [0x12, 0x80, 0xff, 0xfe, 0x80, 0, 0, 0x81, 1, 0x7f, 0x7f, 0xff])).toEqual([
      0x12, 0xff, 0x80, 0, 1, 0x7f,
    ]);
  });

  test("whatever its gamma and colour profile say", async () => {
    const chunks = [["gAMA", [0, 0, 0x80, 0]] as const];
    expect(await colours({ width: 1, height: 1, depth: 8, colour: 2, rows: [[1, 100, 254]], chunks })).toEqual([
      1, 100, 254,
    ]);
  });
});

describe("other formats", () => {
  async function encoded(type: string, quality: number): Promise<{ bytes: Uint8Array; pixels: number[] }> {
    const canvas = new OffscreenCanvas(16, 8);
    const context = canvas.getContext("2d")!;
    context.fillStyle = "rgb(30, 60, 90)";
    context.fillRect(0, 0, 16, 8);
    context.fillStyle = "rgb(220, 20, 120)";
    context.fillRect(0, 0, 8, 8);
    const pixels = [...context.getImageData(0, 0, 16, 8).data].filter((_, i) => i % 4 < 3);
    return { bytes: new Uint8Array(await (await canvas.convertToBlob({ type, quality })).arrayBuffer()), pixels };
  }

  test("lossless WebP, exactly", async () => {
    const { bytes, pixels } = await encoded("image/webp", 1);
    expect([...(await decodeHere(bytes, "a.webp", AS_IT_IS)).values]).toEqual(pixels);
  });

  test.each(["image/jpeg", "image/webp"])("lossy %s, nearly", async (type) => {
    const { bytes, pixels } = await encoded(type, 0.98);
    const found = await decodeHere(bytes, "a", { ...AS_IT_IS, resize: 4 });
    expect([found.width, found.height]).toEqual([8, 4]);
    // Far from the edge between the two colours.
    for (const [at, from] of [
      [0, 0],
      [(3 * 8 + 7) * 3, 15 * 3],
    ] as const) {
      for (let c = 0; c < 3; c++) expect(Math.abs(found.values[at + c]! - pixels[from + c]!)).toBeLessThan(12);
    }
  });

  test("a JPEG is not turned as its Exif orientation says", async () => {
    const { bytes } = await encoded("image/jpeg", 0.9);
    const exif = [0xff, 0xe1, 0, 34, ...[..."Exif\0\0MM"].map((letter) => letter.charCodeAt(0)), 0, 42, 0, 0, 0, 8];
    exif.push(0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0);
    const turned = Uint8Array.from([...bytes.subarray(0, 2), ...exif, ...bytes.subarray(2)]);
    const bitmap = await createImageBitmap(new Blob([turned], { type: "image/jpeg" }));
    expect([bitmap.width, bitmap.height]).toEqual([8, 16]);
    const found = await decodeHere(turned, "a.jpg", AS_IT_IS);
    expect([found.width, found.height]).toEqual([16, 8]);
  });
});

describe("damage", () => {
  const { bytes } = colourPng(40, 40);
  test.each([
    ["cut short", bytes.slice(0, bytes.length - 40)],
    ["cut in the header", bytes.slice(0, 20)],
    ["with a wrong byte in its pixels", bytes.map((byte, i) => (i === 60 ? byte ^ 255 : byte))],
    ["that is text", new TextEncoder().encode("no image at all, but text")],
  ])("a file %s is named with its size", async (_, damaged) => {
    await expect(decodeInPool(damaged.slice(), "folder/a.png", AS_IT_IS)).rejects.toMatchObject({
      code: "bad-file",
      where: "folder/a.png",
      message: expect.stringContaining(`folder/a.png (${damaged.length} bytes`),
    });
  });

  test.each(["image/jpeg", "image/webp"])("a %s cut short is damaged too", async (type) => {
    const canvas = new OffscreenCanvas(64, 64);
    const context = canvas.getContext("2d")!;
    for (let i = 0; i < 64; i++) {
      context.fillStyle = `rgb(${i * 4}, ${(i * 37) % 256}, ${(i * 91) % 256})`;
      context.fillRect(i, (i * 7) % 32, 5, 40);
    }
    const whole = new Uint8Array(await (await canvas.convertToBlob({ type, quality: 0.9 })).arrayBuffer());
    await expect(decodeHere(whole, "a", AS_IT_IS)).resolves.toMatchObject({ width: 64 });
    for (const length of [Math.floor(whole.length * 0.6), whole.length - 30]) {
      await expect(decodeHere(whole.slice(0, length), "a", AS_IT_IS)).rejects.toMatchObject({ code: "bad-file" });
    }
  });

  test("an image too small for the crop is named with its sizes", async () => {
    await expect(decodeInPool(bytes.slice(), "a.png", { ...AS_IT_IS, resize: 30, crop: 32 })).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringMatching(/a\.png has 40 x 40 pixels, scaled 30 x 30; data\.crop cuts 32 x 32/),
    });
  });
});

test("a set decodes in the pool what one thread decodes, in order", async () => {
  const images = Array.from({ length: 20 }, (_, i) => colourPng(12, 9 + (i % 3), i).bytes);
  const files = new Map(
    images.map((image, i) => [`set/${i % 2 ? "odd" : "even"}/${String(i).padStart(2, "0")}.png`, image]),
  );
  const source = { set: "images", path: "set", labels: null, classes: null, split: "test" } as const;
  const fit = { resize: 8, crop: 6, channels: "bgr" } as const;
  const set = await openImages({ ...source, ...fit }, async (path) => files.get(path)!.slice(), [...files.keys()]);
  expect([set.samples, set.shape, set.classNames]).toEqual([20, [6, 6, 3], ["even", "odd"]]);
  const values = await set.read(0, 20);
  for (let n = 0; n < 20; n++) {
    const file = n < 10 ? 2 * n : 2 * (n - 10) + 1;
    const alone = await decodeHere(images[file]!, "a", fit);
    expect(values.subarray(n * 108, (n + 1) * 108)).toEqual(alone.values);
  }
});
