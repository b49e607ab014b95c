/** Draws the recall of each class in each state of an ablation: bars side by side, a line where the intact network is. */
import type { ComparedState } from "./recovery-comparison.ts";
import { linear } from "./scale.ts";
import type { ChartTheme } from "./theme.ts";

export interface ComparisonPicture {
  readonly width: number;
  readonly states: readonly ComparedState[];
  /** Indices of the classes shown. */
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
  /** Place of the class pointed at, among those shown. */
  readonly cursor: number | null;
}

export const COMPARISON_HEIGHT = 250;
const LEFT = 46;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = COMPARISON_HEIGHT - 24;

/** Which of the `count` classes shown a point is at; null where it is beside them. */
export function classAt(width: number, count: number, x: number): number | null {
  const place = Math.floor(((x - LEFT) / (width - LEFT - RIGHT)) * count);
  return place >= 0 && place < count ? place : null;
}

/** Nothing before the baseline is measured. */
export function paintComparison(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  picture: ComparisonPicture,
): void {
  const { width, states, classes, classNames, cursor } = picture;
  if (states.length === 0) return;
  const y = linear([0, 100], [BOTTOM, TOP]);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of [0, 25, 50, 75, 100]) {
    context.fillStyle = theme.rule;
    context.fillRect(LEFT, Math.round(y(tick)), width - LEFT - RIGHT, 1);
    context.fillStyle = theme.muted;
    context.fillText(tick === 100 ? "100 %" : String(tick), LEFT - 6, y(tick));
  }
  const room = (width - LEFT - RIGHT) / Math.max(1, classes.length);
  const bars = states.filter(({ kind }) => kind !== "intact");
  const intact = states.find(({ kind }) => kind === "intact");
  const margin = Math.min(12, room * 0.14);
  const barWidth = Math.min(26, (room - 2 * margin) / Math.max(1, bars.length));
  context.textAlign = "center";
  for (const [place, index] of classes.entries()) {
    const left = LEFT + place * room;
    if (place === cursor) {
      context.fillStyle = theme.band;
      context.fillRect(left, 0, room, COMPARISON_HEIGHT);
    }
    const first = left + (room - barWidth * bars.length) / 2;
    for (const [bar, { kind, recalls }] of bars.entries()) {
      const recall = recalls[index];
      if (recall === null || recall === undefined || kind === "intact") continue;
      context.fillStyle = kind === "damaged" ? theme.worse : theme.arms[kind];
      const top = y(100 * recall);
      context.fillRect(first + bar * barWidth, top, Math.max(1, barWidth - 1), Math.max(1, BOTTOM - top));
    }
    const before = intact?.recalls[index];
    if (before !== null && before !== undefined) {
      context.fillStyle = theme.ink;
      context.fillRect(left + margin / 2, Math.round(y(100 * before)) - 0.5, room - margin, 1.5);
    }
    context.fillStyle = place === cursor ? theme.ink : theme.muted;
    context.fillText(classNames[index] ?? String(index), left + room / 2, BOTTOM + 13, Math.max(8, room - 4));
  }
}
