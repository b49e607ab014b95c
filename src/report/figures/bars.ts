/** Bars: one value a name, with its interval, and the number itself at the right. */

import { fixed } from "../numbers.ts";
import type { BarsFigure } from "../report.ts";
import { head } from "./axes.ts";
import { colour, seriesColour } from "./colours.ts";
import { scaleOf } from "./scale.ts";
import { at, fitted, line, svg, text, textWidth, WIDTH } from "./svg.ts";

const ROW = 20;
const THICKNESS = 12;
const MOST_NAME = 230;
const CAP = 3;

/** The figure as SVG. */
export function barsSvg(figure: BarsFigure): string {
  const { bars, value: axis } = figure;
  const top = head(figure.title, []);
  const values = bars.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  const digits = Math.max(0, ...values.map(Math.abs)) >= 10 ? 1 : 2;
  const numbers = bars.map(({ value }) => fixed(value, digits));
  const left = Math.min(MOST_NAME, Math.max(0, ...bars.map(({ name }) => textWidth(name)))) + 10;
  const right = WIDTH - Math.max(0, ...numbers.map((number) => textWidth(number))) - 14;
  const scale = scaleOf({ ...axis, tight: true, include: [0, ...(axis.include ?? [])] }, values, [left, right]);
  const y0 = top.bottom + 6;
  const end = y0 + bars.length * ROW;
  const grid = scale.ticks.map(
    ({ value, label }) =>
      line(scale(value), y0, scale(value), end, colour(value === 0 ? "muted" : "rule")) +
      text(scale(value), end + 15, label, { anchor: "middle" }),
  );
  const rows = bars.map(({ name, value, interval }, i) => {
    const y = y0 + (i + 0.5) * ROW;
    const [from, to] = [Math.min(scale(0), scale(value)), Math.max(scale(0), scale(value))];
    return [
      text(left - 8, y + 4, fitted(name, MOST_NAME), { anchor: "end" }),
      `<rect x="${at(from)}" y="${at(y - THICKNESS / 2)}" width="${at(to - from)}" height="${THICKNESS}" fill="${seriesColour(value < 0 ? 0 : 1)}" fill-opacity="0.8"/>`,
      interval === null ? "" : whisker(scale(interval[0]), scale(interval[1]), y),
      text(WIDTH, y + 4, numbers[i]!, { anchor: "end" }),
    ].join("");
  });
  const title = text(right, end + 33, `${axis.title} →`, { anchor: "end", muted: true });
  return svg(figure, end + 42, [top.svg, ...grid, ...rows, title].join(""));
}

const whisker = (low: number, high: number, y: number) =>
  `<path d="M${at(low)} ${at(y - CAP)}v${2 * CAP}M${at(low)} ${at(y)}H${at(high)}M${at(high)} ${at(y - CAP)}v${2 * CAP}" stroke="currentColor" fill="none"/>`;
