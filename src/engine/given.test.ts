/** Tables of what units become, laid out as kernels read them; worked by hand. */
import { describe, expect, test } from "vitest";
import type { Arena } from "../gpu/arena.ts";
import {
  type GivenValues,
  givenBySample,
  givenBytes,
  givenByUnit,
  givenOn,
  givenPositions,
  writeGiven,
} from "./given.ts";

/** Two rows of three numbers; the second row has the first and the last sample. */
const GIVEN: GivenValues = {
  values: Float32Array.of(1, 2, 3, 4, 5, 6),
  width: 3,
  rowOf: Uint32Array.of(1, 0, 0, 1),
};

/** What is written into a buffer of `floats` numbers, and how many writes it took. */
function written(floats: number, write: (arena: Arena, buffer: GPUBuffer) => void) {
  const numbers = new Float32Array(floats).fill(Number.NaN);
  let writes = 0;
  const arena = {
    write: (_: GPUBuffer, data: Float32Array, offsetBytes = 0) => {
      numbers.set(data, offsetBytes / 4);
      writes++;
    },
  };
  write(arena as unknown as Arena, {} as GPUBuffer);
  return { numbers, writes };
}

describe("a table of three units", () => {
  test("sample by sample, and of some samples alone", () => {
    expect([...givenBySample(GIVEN)]).toEqual([4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6]);
    expect([...givenBySample(givenOn(GIVEN, 2, 2))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("unit by unit, up to a stride", () => {
    expect([...givenByUnit(GIVEN, 5)]).toEqual([4, 1, 1, 4, 0, 5, 2, 2, 5, 0, 6, 3, 3, 6, 0]);
  });

  test("as a map, the same at as many positions as are asked for", () => {
    const shape = [2, 3];
    expect(givenPositions(GIVEN, shape)).toBe(1);
    const { numbers } = written(32, (arena, buffer) => writeGiven(arena, buffer, GIVEN, shape, 2));
    const [a, b] = [
      [1, 2, 3, 0],
      [4, 5, 6, 0],
    ] as const;
    expect([...numbers]).toEqual([...b, ...b, ...a, ...a, ...a, ...a, ...b, ...b]);
  });
});

test("a large map is written in parts, each position in its place", () => {
  const [positions, samples] = [150_000, 5];
  const values = Float32Array.from({ length: 2 * positions }, (_, i) => i + 1);
  const given = { values, width: positions, rowOf: Uint32Array.of(0, 1, 1, 0, 1) };
  const { numbers, writes } = written(samples * positions * 4, (arena, buffer) =>
    writeGiven(arena, buffer, given, [positions, 1], positions),
  );
  expect(writes).toBe(5);
  const wrong = numbers.findIndex((value, i) => {
    const [sample, position] = [Math.floor(i / (4 * positions)), Math.floor(i / 4) % positions];
    return value !== (i % 4 === 0 ? given.rowOf[sample]! * positions + position + 1 : 0);
  });
  expect(wrong).toBe(-1);
});

test.each([
  [{ kind: "mean" } as const, 0],
  [{ kind: "class-mean" } as const, 7 * 8 * 4],
  [{ kind: "resample" } as const, 7 * 6 * 8 * 4],
])("bytes of %o where a layer is masked for each row", (replacement, bytes) => {
  expect(givenBytes(replacement, 7, [2, 3, 5])).toBe(bytes);
});
