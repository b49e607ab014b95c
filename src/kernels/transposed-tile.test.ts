/** Tiles and splits of products that sum over samples, without a GPU: nothing is left out, nothing is empty. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { convShape, convShapes, oddChannels } from "./conv2d.fixture.ts";
import {
  conv2dFilterGradientSplits,
  filterGradientTile,
  planConv2dFilterGradientRegister,
} from "./conv2d-filter-gradient.ts";
import { planTransposedGemm, transposedGemmSplits } from "./transposed-gemm.ts";
import {
  evenShare,
  registerTile,
  splitsOf,
  transposedTile,
  transposedTileGrid,
  transposedTiles,
} from "./transposed-tile.ts";

const count = (max: number) => fc.integer({ min: 1, max });

test.each(Object.entries(transposedTiles))(
  "constants of %s are whole, and within what every adapter has",
  (_, tile) => {
    const { constants } = transposedTileGrid(9, 9, tile, 1);
    const workgroup = tile.threads[0] * tile.threads[1];
    const [rows4, columns4] = [tile.rows4 * tile.threads[1], tile.columns4 * tile.threads[0]];
    expect(workgroup).toBeLessThanOrEqual(256);
    expect(16 * tile.depth * (rows4 + columns4)).toBeLessThanOrEqual(16_384);
    for (const name of ["LOADS_A", "LOADS_B"]) expect(Number.isInteger(constants[name]), name).toBe(true);
    expect([workgroup % rows4, workgroup % columns4]).toEqual([0, 0]);
  },
);

test("tiles follow the shape of the product", () => {
  expect(transposedTile(72, 8)).toBe(transposedTiles.narrow);
  expect(transposedTile(5, 3)).toBe(transposedTiles.small);
  expect(transposedTile(7, 32)).toBe(transposedTiles.flat);
  expect(transposedTile(72, 32)).toBe(transposedTiles.square);
  expect(registerTile(196, 5)).toEqual({ rows4: 3, columns4: 5 });
  expect(registerTile(5, 3)).toEqual({ rows4: 3, columns4: 3 });
  expect(registerTile(72, 8)).toEqual({ rows4: 4, columns4: 2 });
  expect(registerTile(1, 1)).toEqual({ rows4: 1, columns4: 1 });
});

test("a wide kernel is divided into equal parts", () => {
  const taps = (width: number) => filterGradientTile(convShape({ kernel: [3, width], padding: wide })).taps;
  const wide = { top: 9, left: 9, bottom: 9, right: 9 };
  expect([1, 2, 3, 4, 5, 6, 7, 9, 11].map(taps)).toEqual([1, 2, 3, 4, 5, 3, 4, 5, 4]);
  fc.assert(
    fc.property(count(500), count(9), (whole, most) => {
      const share = evenShare(whole, most);
      expect(share).toBeLessThanOrEqual(most);
      expect(Math.ceil(whole / share)).toBe(Math.ceil(whole / most));
    }),
    { seed: 1337 },
  );
});

test("columns of the kernel move up a step where stride and dilation are equal, and only there", () => {
  const loaded = (stride: number, dilation: number) => {
    const shape = convShape({ width: 9, stride: [1, stride], dilation: [1, dilation] });
    return planConv2dFilterGradientRegister(shape, 1, filterGradientTile(shape)).constants["LOADED"];
  };
  expect([loaded(1, 1), loaded(2, 2), loaded(2, 1), loaded(1, 2)]).toEqual([1, 1, 3, 3]);
});

test("splits are never empty, each worth its while, and 1 where there are tiles enough", () => {
  fc.assert(
    fc.property(fc.boolean(), count(300), count(9000), count(40), (isProcessor, tiles, units, unit) => {
      const splits = splitsOf(isProcessor, tiles, units * unit, unit);
      const each = Math.ceil(units / splits);
      expect((splits - 1) * each).toBeLessThan(units);
      if (splits > 1) expect(each * unit).toBeGreaterThanOrEqual(isProcessor ? 256 : 64);
      if (tiles >= (isProcessor ? 64 : 256)) expect(splits).toBe(1);
    }),
    { seed: 1337 },
  );
  expect(transposedGemmSplits(true, { batches: 220, depth: 4096, rows4: 5, columns4: 3 })).toBe(1);
  expect(transposedGemmSplits(true, { batches: 1, depth: 4096, rows4: 5, columns4: 3 })).toBe(16);
  expect(transposedGemmSplits(false, { batches: 1, depth: 4096, rows4: 196, columns4: 5 })).toBe(37);
  const layer = convShape({ rows: 64, height: 32, width: 32, inChannels: 32, outChannels: 32 });
  expect(conv2dFilterGradientSplits(true, layer)).toBe(1);
  expect(conv2dFilterGradientSplits(false, layer)).toBe(86);
});

test("splits of a filter gradient share out rows of the output", () => {
  fc.assert(
    fc.property(convShapes(fc.tuple(oddChannels, oddChannels, fc.constant(1))), fc.boolean(), count(200), (...of) => {
      const [small, isProcessor, rows] = of;
      const lines = rows * small.outHeight;
      const splits = conv2dFilterGradientSplits(isProcessor, { ...small, rows });
      expect((splits - 1) * Math.ceil(lines / splits)).toBeLessThan(lines);
    }),
    { seed: 1337 },
  );
});

test("what is left out of a product's shape is as close together as can be", () => {
  const shape = { batches: 2, depth: 10, rows4: 3, columns4: 5, splits: 4 };
  const { parameters } = planTransposedGemm(false, shape);
  expect(parameters).toMatchObject({ aStride4: 30, bStride4: 50, cStride4: 60, splitDepth: 3 });
  const { parameters: shared } = planTransposedGemm(true, { ...shape, aStride4: 0, cStride4: 99 });
  expect(shared).toMatchObject({ aStride4: 0, bStride4: 50, cStride4: 99 });
});
