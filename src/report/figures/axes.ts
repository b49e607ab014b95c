/** What stands around the marks of a figure: its title, its legend, and axes with grid lines. */
import type { Axis } from "../report.ts";
import { colour } from "./colours.ts";
import { isCrowded, type Scale, scaleOf } from "./scale.ts";
import { at, FONT_SIZE, fitted, line, text, textWidth, WIDTH } from "./svg.ts";

const TITLE_BASELINE = 16;
const LEGEND_ROW = 18;
const SWATCH = 10;
const RIGHT = 14;
/** Length of a turned label, and the room that it needs below an axis and to the left of its tick. */
const TURNED = 100;
const TURNED_ROOM = 78;

/** How lines to compare with are drawn. */
export const DASHES = ' stroke-dasharray="5 3"';

export interface LegendItem {
  readonly name: string;
  readonly colour: string;
  /** A dashed line instead of a square: something to compare with. */
  readonly isDashed?: boolean;
}

/** Something drawn from the top down, and where it ends. */
export interface Drawn {
  readonly svg: string;
  readonly bottom: number;
}

/** The title and, below it, the legend, as many rows as it needs. */
export function head(title: string, legend: readonly LegendItem[]): Drawn {
  let [x, y] = [0, TITLE_BASELINE + LEGEND_ROW + 4];
  const items = legend.map(({ name, colour: fill, isDashed }) => {
    const label = fitted(name, WIDTH / 2);
    const width = SWATCH + 5 + textWidth(label) + 14;
    if (x > 0 && x + width > WIDTH) [x, y] = [0, y + LEGEND_ROW];
    const swatch =
      isDashed === true
        ? line(x, y - 4, x + SWATCH + 2, y - 4, fill, DASHES)
        : `<rect x="${at(x)}" y="${y - SWATCH + 1}" width="${SWATCH}" height="${SWATCH}" fill="${fill}"/>`;
    const item = swatch + text(x + SWATCH + 5, y, label);
    x += width;
    return item;
  });
  const heading = text(0, TITLE_BASELINE, fitted(title, WIDTH, FONT_SIZE + 1), { bold: true });
  return { svg: heading + items.join(""), bottom: legend.length === 0 ? TITLE_BASELINE + 6 : y + 6 };
}

export interface Axes extends Drawn {
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
}

/** Axes of a plot that begins at `top` and is `height` high, with room for their titles and labels. */
export function axes(
  top: number,
  height: number,
  x: { readonly axis: Axis; readonly values: readonly number[] },
  y: { readonly axis: Axis; readonly values: readonly number[] },
): Axes {
  const [above, below] = [top + 26, top + 26 + height];
  const vertical = scaleOf(y.axis, y.values, [below, above]);
  const narrow = Math.max(...vertical.ticks.map(({ label }) => textWidth(label)), 16) + 8;
  const right = WIDTH - RIGHT;
  const isTurned = isCrowded(scaleOf(x.axis, x.values, [narrow, right]));
  const left = isTurned ? Math.max(narrow, TURNED_ROOM - 8) : narrow;
  const horizontal = scaleOf(x.axis, x.values, [left, right]);
  const marks = [
    text(0, top + 12, `↑ ${y.axis.title}`, { muted: true }),
    ...vertical.ticks.map(({ value, label }) => {
      const place = vertical(value);
      return line(left, place, right, place, colour("rule")) + text(left - 6, place + 4, label, { anchor: "end" });
    }),
    ...horizontal.ticks.map(({ value, label }) => {
      const place = horizontal(value);
      const tick = line(place, below, place, below + 4, colour("muted"));
      if (isTurned) {
        return tick + text(place + 4, below + 14, fitted(label, TURNED), { anchor: "end", turn: -45 });
      }
      return tick + text(place, below + 17, label, { anchor: "middle" });
    }),
  ];
  const titleAt = below + (isTurned ? TURNED_ROOM + 12 : 36);
  marks.push(text(right, titleAt, `${x.axis.title} →`, { anchor: "end", muted: true }));
  return { svg: marks.join(""), bottom: titleAt + 8, x: horizontal, y: vertical, left, right };
}
