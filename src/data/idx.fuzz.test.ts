/**
 * Damaged IDX and gzip files, thousands of them from one seed: whatever was done to a file, reading it ends in a data set
 * or a LesionError, within the memory its size allows.
 */
import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { type Random, random } from "../core/random.ts";
import { readIdxPair } from "./idx-pair.ts";
import { writeIdx } from "./idx-writer.ts";

const CASES = 1500;
const NAMES = { dataset: "fuzz", images: "i", labels: "l" };

const images = writeIdx({ shape: [11, 6, 5], values: Uint8Array.from({ length: 330 }, (_, i) => (i * i) % 251) });
const floats = writeIdx({ shape: [11, 3], values: Float32Array.from({ length: 33 }, (_, i) => i / 7) });
const labels = writeIdx({ shape: [11], values: Uint8Array.from({ length: 11 }, (_, i) => i % 10) });

/** One way to damage a file. */
const DAMAGES: readonly ((bytes: Uint8Array, draw: Random) => Uint8Array)[] = [
  (bytes, draw) => bytes.slice(0, draw.below(bytes.length + 1)),
  (bytes, draw) => flipped(bytes, draw, bytes.length),
  (bytes, draw) => flipped(bytes, draw, Math.min(bytes.length, 24)),
  (bytes, draw) => flipped(flipped(bytes, draw, bytes.length), draw, bytes.length),
  (bytes, draw) => Uint8Array.of(...bytes, ...Array.from({ length: 1 + draw.below(40) }, () => draw.below(256))),
  (bytes, draw) => bytes.map((byte, i) => (i < 2 || draw.below(20) > 0 ? byte : draw.below(256))),
  (bytes, draw) => removed(bytes, draw.below(bytes.length), 1 + draw.below(9)),
  (bytes, draw) => bytes.map((byte, i) => (i >= 4 && i < 4 + draw.below(12) ? 255 : byte)),
];

describe.each<[string, (bytes: Uint8Array, draw: Random) => Uint8Array]>([
  ["plain", (bytes, draw) => damaged(bytes, draw)],
  ["gzip damaged outside", (bytes, draw) => damaged(gzipSync(bytes, { mtime: 0 }), draw)],
  ["gzip damaged inside", (bytes, draw) => gzipSync(damaged(bytes, draw), { mtime: 0 })],
])("%s", (kind, damage) => {
  test(`${CASES} damaged files give data or a LesionError`, () => {
    const draw = random(20, kind);
    const outcomes = { read: 0, refused: 0 };
    for (let n = 0; n < CASES; n++) {
      const inImages = draw.below(3) > 0;
      const whole = draw.below(2) === 0 ? images : floats;
      const [first, second] = inImages ? [damage(whole, draw), labels] : [whole, damage(labels, draw)];
      outcomes[outcome(first, second)]++;
    }
    expect(outcomes.read + outcomes.refused).toBe(CASES);
    expect(outcomes.refused).toBeGreaterThan(CASES / 3);
  });
});

test("bytes that were never a file are refused", () => {
  const draw = random(21);
  for (let n = 0; n < 500; n++) {
    const noise = Uint8Array.from({ length: draw.below(200) }, () => draw.below(256));
    if (n % 2 === 0) noise.set([0x1f, 0x8b, 8, 0].slice(0, noise.length));
    expect(outcome(noise, labels)).toBe("refused");
  }
});

/** Reads a pair; fails the test for an error that is not a LesionError with a place and a remedy, or for too much data. */
function outcome(first: Uint8Array, second: Uint8Array): "read" | "refused" {
  try {
    const dataset = readIdxPair(first, second, NAMES);
    expect(dataset.values.byteLength).toBeLessThanOrEqual(1032 * first.length);
    expect(dataset.labels.length).toBe(dataset.samples);
    return "read";
  } catch (thrown) {
    if (!(thrown instanceof LesionError)) throw thrown;
    expect(["bad-file", "bad-data", "unsupported"]).toContain(thrown.code);
    expect(thrown.where).toMatch(/^[il]/);
    expect(thrown.fix).toBeTruthy();
    return "refused";
  }
}

function damaged(bytes: Uint8Array, draw: Random): Uint8Array {
  return DAMAGES[draw.below(DAMAGES.length)]!(bytes, draw);
}

function flipped(bytes: Uint8Array, draw: Random, within: number): Uint8Array {
  const at = draw.below(within);
  return bytes.with(at, bytes[at]! ^ (1 << draw.below(8)));
}

function removed(bytes: Uint8Array, at: number, count: number): Uint8Array {
  return bytes.filter((_, i) => i < at || i >= at + count);
}
