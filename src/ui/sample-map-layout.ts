/** Where the samples of an embedding are drawn, and in which groups: pure, so that it is tested without a page. */

import { STATUS_NAMES } from "../report/status.ts";
import type { EmbeddingRecord } from "../study/analysis-records.ts";

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  /** Radius of a dot. */
  readonly radius: number;
  /** [n]: in pixels, the second axis upwards. */
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const MARGIN = 10;
const MOST_HEIGHT = 520;
const MOST_WIDTH = 760;

/** The plane at one scale for both axes, as large as there is room. `points` are [n, 2]. */
export function mapLayout(points: readonly number[], available: number): MapLayout {
  const n = points.length / 2;
  const across = Float64Array.from({ length: n }, (_, i) => points[2 * i]!);
  const up = Float64Array.from({ length: n }, (_, i) => points[2 * i + 1]!);
  const [left, right] = extentOf(across);
  const [bottom, top] = extentOf(up);
  const width = Math.min(available, MOST_WIDTH);
  const scale = Math.min((width - 2 * MARGIN) / (right - left || 1), (MOST_HEIGHT - 2 * MARGIN) / (top - bottom || 1));
  const indent = (width - (right - left) * scale) / 2;
  return {
    width,
    height: Math.ceil((top - bottom) * scale + 2 * MARGIN),
    radius: Math.max(1.2, Math.min(4, 140 / Math.sqrt(n + 1))),
    x: Float32Array.from(across, (value) => indent + (value - left) * scale),
    y: Float32Array.from(up, (value) => MARGIN + (top - value) * scale),
  };
}

function extentOf(values: Float64Array): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return values.length === 0 ? [0, 0] : [low, high];
}

/** How far from a sample the pointer may be. */
const REACH = 12;

/** The sample nearest to a point; null where none is near. */
export function sampleAt({ x, y }: MapLayout, point: { readonly x: number; readonly y: number }): number | null {
  let found: number | null = null;
  let nearest = REACH ** 2;
  for (let sample = 0; sample < x.length; sample++) {
    const distance = (x[sample]! - point.x) ** 2 + (y[sample]! - point.y) ** 2;
    if (distance > nearest) continue;
    nearest = distance;
    found = sample;
  }
  return found;
}

/** What the samples are coloured by. */
export interface SampleGroups {
  readonly names: readonly string[];
  /** Names of the colours of a report's figures, by group. */
  readonly colours: readonly string[];
  readonly counts: readonly number[];
  /** [n]. */
  readonly groupOf: Uint8Array;
  /** Groups in the order in which they are drawn, the last on top. */
  readonly order: readonly number[];
}

/** Classes with a colour of their own. */
const MOST_CLASSES = 10;

/** By class; where there are more than ten, the nine largest, and the others together. */
export function groupsByClass(
  { labels }: Pick<EmbeddingRecord, "labels">,
  classNames: readonly string[],
): SampleGroups {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const bySize = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const isFolded = bySize.length > MOST_CLASSES;
  const shown = bySize.slice(0, isFolded ? MOST_CLASSES - 1 : MOST_CLASSES).sort((a, b) => a - b);
  const place = new Map(shown.map((label, i) => [label, i]));
  const names = shown.map((label) => classNames[label] ?? String(label));
  return grouped(
    [...names, ...(isFolded ? ["other classes"] : [])],
    [...shown.map((_, i) => `c${i}`), ...(isFolded ? ["muted"] : [])],
    Uint8Array.from(labels, (label) => place.get(label) ?? shown.length),
  );
}

/** By what becomes of each sample; lost and gained ones are drawn on the others. */
export function groupsByStatus(ofSample: Uint8Array): SampleGroups {
  return { ...grouped(STATUS_NAMES, STATUS_NAMES, ofSample), order: [0, 3, 1, 2] };
}

function grouped(names: readonly string[], colours: readonly string[], groupOf: Uint8Array): SampleGroups {
  const counts = names.map(() => 0);
  for (const group of groupOf) counts[group]!++;
  return { names, colours, counts, groupOf, order: [...names.keys()] };
}
