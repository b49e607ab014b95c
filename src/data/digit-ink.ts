/**
 * Ink on paper: the grey image of a pen's path, anti-aliased by the distance of each pixel to the nearest piece of the
 * path. Only the pixels around a piece are visited, which makes a digit cost some ten microseconds.
 */
import type { Random } from "../core/random.ts";
import { DIGIT_SIDE, type PenPath, SEGMENT_NUMBERS } from "./digit-hand.ts";

/** Half the width of the grey edge of a stroke, in pixels. */
const EDGE = 0.75;

/**
 * Draws a path into `image`, [28 * 28] bytes that are zero before; 255 is full ink. How dark, and how grainy, the ink is
 * comes from `random`.
 */
export function ink(path: PenPath, random: Random, image: Uint8Array): void {
  const covered = coverage(path);
  const dark = Math.min(255, Math.max(150, 240 + 22 * random.normal()));
  const grain = 26 * random.uniform();
  for (let pixel = 0; pixel < covered.length; pixel++) {
    const cover = covered[pixel]!;
    if (cover <= 0) continue;
    const shade = dark * cover + grain * (random.uniform() - 0.5);
    image[pixel] = Math.round(Math.min(255, Math.max(0, shade)));
  }
}

/** How much of each pixel is under the pen, 0 to 1. */
function coverage(path: PenPath): Float64Array {
  const covered = new Float64Array(DIGIT_SIDE * DIGIT_SIDE);
  for (let i = 0; i < path.length; i += SEGMENT_NUMBERS) {
    const [x0, y0, x1, y1] = [path[i]!, path[i + 1]!, path[i + 2]!, path[i + 3]!];
    const [start, end] = [path[i + 4]!, path[i + 5]!];
    const [dx, dy] = [x1 - x0, y1 - y0];
    const perLength = dx * dx + dy * dy > 0 ? 1 / (dx * dx + dy * dy) : 0;
    const reach = Math.max(start, end) + EDGE;
    const bottom = Math.min(DIGIT_SIDE - 1, Math.floor(Math.max(y0, y1) + reach));
    const right = Math.min(DIGIT_SIDE - 1, Math.floor(Math.max(x0, x1) + reach));
    for (let row = Math.max(0, Math.floor(Math.min(y0, y1) - reach)); row <= bottom; row++) {
      for (let column = Math.max(0, Math.floor(Math.min(x0, x1) - reach)); column <= right; column++) {
        const px = column + 0.5 - x0;
        const py = row + 0.5 - y0;
        const along = Math.min(1, Math.max(0, (px * dx + py * dy) * perLength));
        const awayX = px - along * dx;
        const awayY = py - along * dy;
        const squared = awayX * awayX + awayY * awayY;
        if (squared >= reach * reach) continue;
        const cover = (start + along * (end - start) + EDGE - Math.sqrt(squared)) / (2 * EDGE);
        const pixel = row * DIGIT_SIDE + column;
        if (cover > covered[pixel]!) covered[pixel] = Math.min(1, cover);
      }
    }
  }
  return covered;
}
