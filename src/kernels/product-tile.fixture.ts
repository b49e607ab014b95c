/** Test support: every tile that any product is offered. */
import { type TileVariant, tileVariants } from "./product-tile.ts";

const sizes = [1, 17, 33, 65, 1000, 100_000];

export const everyTile: readonly TileVariant[] = [
  ...new Map(
    sizes
      .flatMap((rows) => sizes.flatMap((columns) => tileVariants(rows, columns)))
      .map((variant) => [JSON.stringify(variant), variant] as const),
  ).values(),
];
