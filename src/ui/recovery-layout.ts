/** Where things are in the charts of recovery, and which mark or curve a point is on. Pure numbers, CSS pixels. */

import type { LiveRecovery, Reach, RecoveryCurve } from "./live-recovery.ts";
import { linear } from "./scale.ts";

/** A plot with axes: values to pixels in both directions. */
export interface PlotLayout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly xDomain: Reach;
  readonly yDomain: Reach;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

const SCATTER_HEIGHT = 300;
/** On a narrow page, and beside the scatter with its table. */
const CURVES_HEIGHTS = [300, 440] as const;
const NARROW = 440;
const LEFT = 46;
const RIGHT = 14;
const TOP = 10;
const BOTTOM = 40;

function plot([width, height]: readonly [number, number], xDomain: Reach, yDomain: Reach): PlotLayout {
  const [left, right, top, bottom] = [LEFT, Math.max(LEFT + 1, width - RIGHT), TOP, height - BOTTOM];
  const size = { width, height, left, right, top, bottom };
  return { ...size, xDomain, yDomain, x: linear(xDomain, [left, right]), y: linear(yDomain, [bottom, top]) };
}

/** Epochs across, accuracy in per cent up; `baseline` in per cent. */
export function curvesLayout(live: LiveRecovery, width: number, baseline: number | null): PlotLayout {
  const [low, high] = live.accuracy;
  const least = Math.min(low, baseline ?? 100);
  const most = Math.max(high, baseline ?? 0);
  const step = most - least > 25 ? 10 : 5;
  const floor = Math.max(0, Math.floor((least - 0.5) / step) * step);
  const ceiling = Math.min(100, Math.ceil((most + 0.5) / step) * step);
  const height = CURVES_HEIGHTS[width < NARROW ? 0 : 1];
  return plot([width, height], [0, Math.max(1, live.epochs)], [floor, Math.max(floor + step, ceiling)]);
}

/** Damage across, what came back up, both in percentage points. */
export function scatterLayout(live: LiveRecovery, width: number): PlotLayout {
  return plot([width, SCATTER_HEIGHT], rounded(live.damage), rounded(live.regained));
}

/** A little more than a reach, from 0 and to round numbers. */
function rounded([low, high]: Reach): Reach {
  const width = Math.max(1, high - low);
  const step = width > 50 ? 10 : width > 20 ? 5 : width > 8 ? 2 : 1;
  const margin = width * 0.02;
  return [
    low < 0 ? Math.floor((low - margin) / step) * step + 0 : 0,
    Math.max(step, Math.ceil((high + margin) / step) * step),
  ];
}

/** Damage and what came back, in percentage points; null where the network diverged. */
export function pointOf({ summary, records }: RecoveryCurve): { readonly x: number; readonly y: number } | null {
  if (summary === null || summary.regained === null) return null;
  const { samples } = records[0]!;
  return { x: (100 * summary.lost) / samples, y: (100 * summary.regained) / samples };
}

/** How far, in pixels, a pointer may be from what it means. */
const NEAR = 14;

/** The mark nearest to a point of the scatter. */
export function markAt(layout: PlotLayout, points: readonly RecoveryCurve[], at: { x: number; y: number }) {
  return nearest(points, (curve) => {
    const point = pointOf(curve);
    return point === null ? Number.POSITIVE_INFINITY : Math.hypot(layout.x(point.x) - at.x, layout.y(point.y) - at.y);
  });
}

/** The curve nearest, up or down, to a point of the curves. */
export function curveAt(layout: PlotLayout, curves: Iterable<RecoveryCurve>, at: { x: number; y: number }) {
  const epoch = epochAt(layout, at.x, true);
  return nearest(curves, ({ records }) => {
    const index = records.findIndex((record) => record.epoch >= epoch);
    const [before, after] = [records[Math.max(0, index - 1)], records[index]];
    if (before === undefined || after === undefined) return Number.POSITIVE_INFINITY;
    const [from, to] = [before, after].map(({ correct, samples }) => (100 * correct) / samples) as [number, number];
    const share = after.epoch === before.epoch ? 0 : (epoch - before.epoch) / (after.epoch - before.epoch);
    return Math.abs(layout.y(from + share * (to - from)) - at.y);
  });
}

/** The epoch a point is at, whole unless `between`. */
export function epochAt({ xDomain, left, right }: PlotLayout, x: number, between = false): number {
  const epoch = linear([left, right], xDomain)(x);
  const inside = Math.max(xDomain[0], Math.min(xDomain[1], epoch));
  return between ? inside : Math.round(inside);
}

function nearest(curves: Iterable<RecoveryCurve>, distanceOf: (curve: RecoveryCurve) => number): RecoveryCurve | null {
  let found: RecoveryCurve | null = null;
  let least = NEAR;
  for (const curve of curves) {
    const distance = distanceOf(curve);
    if (distance >= least) continue;
    found = curve;
    least = distance;
  }
  return found;
}
