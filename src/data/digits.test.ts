/** The embedded digits: the same bytes everywhere and in any order, balanced, drawn within the image. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../core/hash.ts";
import { DIGITS_SAMPLES, digitsMaker, makeDigits } from "./digits.ts";
import { classSamples } from "./subset.ts";

const PIXELS = 28 * 28;

describe("makeDigits", () => {
  test("makes the bytes it always made", async () => {
    const train = makeDigits({ split: "train", samples: 100 });
    const test = makeDigits({ split: "test", samples: 100 });
    expect(await sha256(train.values, Uint8Array.from(train.labels))).toBe(
      "0cac31bfb9d0aa0308bce410b3089816cb72ce8e1a3669b06da14f7759d0df34",
    );
    expect(await sha256(test.values, Uint8Array.from(test.labels))).toBe(
      "25755ffa698183e071724571fdaedb43a7293115394ca9d3e3ac7e1f30f40a65",
    );
  });

  test("describes itself as 28 x 28 grey images of ten classes", () => {
    const { name, shape, classes, classNames, values, labels } = makeDigits({ split: "test", samples: 7 });
    expect({ name, shape, classes, classNames }).toEqual({
      name: "digits test",
      shape: [28, 28, 1],
      classes: 10,
      classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    });
    expect([values.length, labels.length]).toEqual([7 * PIXELS, 7]);
  });

  test("draws the ten classes about equally often", () => {
    const counts = classSamples(makeDigits({ split: "train", samples: 3000 }));
    // Standard deviation of a class of 300: 16.4.
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(70);
  });

  test("draws every image with ink, seldom at the border, and no two alike", () => {
    const { values, samples } = makeDigits({ split: "test", samples: 500 });
    const images = Array.from({ length: samples }, (_, n) => values.subarray(n * PIXELS, (n + 1) * PIXELS));
    let inkOnBorder = 0;
    for (const image of images) {
      const inked = image.reduce((count, value) => count + Number(value > 60), 0);
      expect(inked).toBeGreaterThan(12);
      expect(inked).toBeLessThan(PIXELS / 2);
      inkOnBorder += Number(image.some((value, pixel) => value > 60 && onBorder(pixel)));
    }
    expect(inkOnBorder).toBeLessThan(samples / 12);
    expect(new Set(images.map((image) => image.join())).size).toBe(samples);
  });

  test("differs between splits and between seeds", () => {
    const drawn = [
      makeDigits({ split: "train", samples: 9 }),
      makeDigits({ split: "test", samples: 9 }),
      makeDigits({ split: "train", samples: 9, seed: 3 }),
    ];
    expect(new Set(drawn.map(({ values }) => values.join())).size).toBe(3);
  });

  test.each([0, -1, 2.5, Number.NaN, 60_001])("refuses %d training samples", (samples) => {
    expect(() => makeDigits({ split: "train", samples })).toThrow(
      expect.objectContaining({ code: "bad-study", fix: "Ask for 1 to 60000 samples." }),
    );
  });
});

describe("digitsMaker", () => {
  test("has whole splits of 60,000 and 10,000", () => {
    expect(DIGITS_SAMPLES).toEqual({ train: 60_000, test: 10_000 });
    expect(digitsMaker({ split: "test" }).dataset.samples).toBe(10_000);
  });

  test("gives the same bytes whatever the ranges, their order, and how often they are made", () => {
    const whole = makeDigits({ split: "train", samples: 23, seed: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(23), fc.nat(23)), { maxLength: 6 }), (ranges) => {
        const maker = digitsMaker({ split: "train", samples: 23, seed: 5 });
        for (const [from, to] of ranges) maker.make(from, to);
        maker.make(0, 23);
        expect(maker.dataset.values).toEqual(whole.values);
        expect(maker.dataset.labels).toEqual(whole.labels);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  test("fills only the range asked for", () => {
    const { dataset, make } = digitsMaker({ split: "test", samples: 5 });
    make(2, 3);
    const inked = Array.from({ length: 5 }, (_, n) =>
      dataset.values.subarray(n * PIXELS, (n + 1) * PIXELS).some(Boolean),
    );
    expect(inked).toEqual([false, false, true, false, false]);
  });
});

function onBorder(pixel: number): boolean {
  const [row, column] = [Math.floor(pixel / 28), pixel % 28];
  return row === 0 || row === 27 || column === 0 || column === 27;
}
