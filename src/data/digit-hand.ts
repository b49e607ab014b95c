/**
 * The hand that writes: from a style's points to a curve in pixels, different each time. Slant, proportions, size,
 * rotation, bends and shaking of each sample are drawn from its own random stream; only + - * / and sqrt are used, so
 * every machine writes the same.
 */
import type { Random } from "../core/random.ts";
import type { DigitStyle, PenPoint } from "./digit-strokes.ts";

/** Numbers in one segment of a pen's path. */
export const SEGMENT_NUMBERS = 6;

/** Straight pieces of the pen's path, in pixels: [x0, y0, x1, y1, half width at its start, half width at its end] each. */
export type PenPath = readonly number[];

/** Side of the image, in pixels. */
export const DIGIT_SIDE = 28;

/** Least distance of a pen's path from the border, in pixels, where the digit is small enough. */
const MARGIN = 3;

/** Straight pieces a curve between two points is drawn with. */
const PIECES = 5;

/** How one sample differs from its style. Standard deviations, in fractions of the digit's height but where said. */
const VARIATION = {
  point: 0.034, // each point of the pen
  bend: 0.2, // quadratic warps of the whole digit
  slant: 0.24, // shear, tangent
  turn: 0.065, // rotation, tangent of half the angle
  aspect: 0.15, // relative
  height: 2, // pixels
  place: 1.1, // pixels
  haste: 0.4, // how much points, bends and turn of one digit differ from the usual, relative
} as const;

/** Writes one digit in a style, near the middle of the image. */
export function write(style: DigitStyle, random: Random): PenPath {
  const haste = clamp(1 + VARIATION.haste * random.normal(), 0.4, 2.4);
  const move = movement(style, haste, random);
  const halfWidth = clamp(1.15 + 0.34 * random.normal(), 0.55, 2.3);
  const path: number[] = [];
  for (const stroke of style.strokes) {
    const points = stroke.map((point) => shaken(point, haste, random));
    // Pressure runs from one end of a stroke to the other.
    const pressure = 0.12 * random.normal();
    const steps = (points.length - 1) * PIECES;
    let [x0, y0] = move(...pointAt(points, 0, 0));
    for (let step = 1; step <= steps; step++) {
      const [x1, y1] = move(...pointAt(points, Math.floor((step - 1) / PIECES), (((step - 1) % PIECES) + 1) / PIECES));
      const start = halfWidth * (1 + pressure * ((2 * (step - 1)) / steps - 1));
      const end = halfWidth * (1 + pressure * ((2 * step) / steps - 1));
      path.push(x0, y0, x1, y1, start, end);
      [x0, y0] = [x1, y1];
    }
  }
  return centred(path, random);
}

/** A point around the box's middle instead of in its corner, moved a little. */
function shaken({ x, y, corner }: PenPoint, haste: number, random: Random): PenPoint {
  const shake = VARIATION.point * haste;
  return { x: x - 0.5 + 1.3 * shake * random.normal(), y: y - 0.5 + shake * random.normal(), corner };
}

/**
 * The Catmull-Rom curve at `t` of 0..1 between points `i` and `i + 1`; corners and ends have one-sided tangents.
 */
function pointAt(points: readonly PenPoint[], i: number, t: number): [number, number] {
  const b = points[i]!;
  const c = points[i + 1]!;
  const a = i === 0 || b.corner ? b : points[i - 1]!;
  const d = i + 2 === points.length || c.corner ? c : points[i + 2]!;
  const curve = (p: number, q: number, r: number, s: number) =>
    q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
  return [curve(a.x, b.x, c.x, d.x), curve(a.y, b.y, c.y, d.y)];
}

/** The map of one sample from the box (height 1, around 0) to pixels: bends, proportions, slant, rotation. */
function movement(style: DigitStyle, haste: number, random: Random): (x: number, y: number) => [number, number] {
  const bend = () => VARIATION.bend * haste * random.normal();
  const [xByY, xByBoth, yByX, yByBoth] = [bend(), bend(), bend(), bend()];
  const height = clamp(19 + VARIATION.height * random.normal(), 12.5, 23);
  const width = clamp(height * style.aspect * (1 + VARIATION.aspect * random.normal()), 2, 22);
  const slant = clamp(0.12 + VARIATION.slant * random.normal(), -0.5, 0.7);
  // cos and sin of an angle from the tangent of its half are rational.
  const half = VARIATION.turn * haste * random.normal();
  const cosine = (1 - half * half) / (1 + half * half);
  const sine = (2 * half) / (1 + half * half);
  return (u, v) => {
    const x = width * (u + xByY * (v * v) + xByBoth * u * v) - slant * height * v;
    const y = height * (v + yByX * (u * u) + yByBoth * u * v);
    return [cosine * x - sine * y, sine * x + cosine * y];
  };
}

/** The path with the middle of its bounding box near the middle of the image. */
function centred(path: readonly number[], random: Random): PenPath {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < path.length; i += SEGMENT_NUMBERS) {
    for (let end = 0; end < 4; end += 2) {
      left = Math.min(left, path[i + end]!);
      right = Math.max(right, path[i + end]!);
      top = Math.min(top, path[i + end + 1]!);
      bottom = Math.max(bottom, path[i + end + 1]!);
    }
  }
  const shiftX = shift(left, right, random);
  const shiftY = shift(top, bottom, random);
  return path.map((value, i) => {
    const part = i % SEGMENT_NUMBERS;
    if (part > 3) return value;
    return value + (part % 2 === 0 ? shiftX : shiftY);
  });
}

/** How far to move what reaches from `low` to `high`, so that it lies near the middle and, if it can, off the border. */
function shift(low: number, high: number, random: Random): number {
  const room = Math.max(0, (DIGIT_SIDE - (high - low)) / 2 - MARGIN);
  return (DIGIT_SIDE - low - high) / 2 + clamp(VARIATION.place * random.normal(), -room, room);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
