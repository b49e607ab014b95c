/**
 * Heat map: a matrix as coloured cells. A cell's colour is the scale's at an opacity of its value, so that 0 is the ground,
 * light or dark; cells of one shade are one path, and cells without a value are hatched.
 */

import { fixed } from "../numbers.ts";
import type { HeatmapFigure } from "../report.ts";
import { head } from "./axes.ts";
import { colour } from "./colours.ts";
import { at, FONT_SIZE, fitted, svg, text, textWidth, WIDTH } from "./svg.ts";

/** Side of a cell, in pixels: at most, and the height of a row at least. */
const MOST_CELL = 30;
const LEAST_ROW = 3;
const MOST_NAME = 150;
const MOST_TITLE = 90;
const SHADES = 24;
const BOTTOM = 40;

/** The figure as SVG. */
export function heatmapSvg(figure: HeatmapFigure): string {
  const { rows, columns, values } = figure;
  const left = Math.min(MOST_NAME, Math.max(24, ...rows.map((name) => textWidth(name)))) + 8;
  const width = Math.min(MOST_CELL, (WIDTH - left - 8) / Math.max(1, columns.length));
  const height = Math.max(LEAST_ROW, Math.min(MOST_CELL, width, 900 / Math.max(1, rows.length)));
  const titles = fitWidth(columns, width);
  const isTurned = titles === "turned";
  const longest = Math.max(0, ...columns.map((name) => textWidth(fitted(name, MOST_TITLE))));
  const top = head(figure.title, []);
  const y0 = top.bottom + (isTurned ? longest : FONT_SIZE) + 10;
  const place = { x: (column: number) => left + column * width, y: (row: number) => y0 + row * height, width, height };
  const limit = Math.max(0, ...values.flat().map((value) => Math.abs(value ?? 0))) || 1;
  const rowLabels = every(rows.length, height, (row) =>
    text(left - 6, place.y(row) + height / 2 + 4, fitted(rows[row]!, MOST_NAME), { anchor: "end" }),
  );
  const columnLabels = every(
    columns.length,
    width,
    (column) => {
      const x = place.x(column) + width / 2;
      if (isTurned) return text(x + 4, y0 - 5, fitted(columns[column]!, MOST_TITLE), { turn: -90 });
      return text(x, y0 - 5, columns[column]!, { anchor: "middle" });
    },
    isTurned ? FONT_SIZE + 2 : 0,
  );
  const edge = `<rect x="${at(left)}" y="${at(y0)}" width="${at(columns.length * width)}" height="${at(rows.length * height)}" fill="none" stroke="${colour("rule")}"/>`;
  const end = place.y(rows.length);
  const key = keyOf(figure, limit, left, end + 14);
  const body = [top.svg, edge, cells(figure, limit, place), ...rowLabels, ...columnLabels, key];
  return svg(figure, end + BOTTOM, body.join(""));
}

/** Whether titles fit over their columns as they are. */
const fitWidth = (columns: readonly string[], width: number) =>
  columns.every((name) => textWidth(name) + 3 <= width) ? "level" : "turned";

/** What is drawn for every label that has room, so that no two run into each other. */
function every(count: number, step: number, draw: (index: number) => string, room = FONT_SIZE + 2): string[] {
  const stride = Math.max(1, Math.ceil(room / step));
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => draw(i * stride));
}

interface Grid {
  x(column: number): number;
  y(row: number): number;
  readonly width: number;
  readonly height: number;
}

/** Shade of a value: -SHADES .. SHADES. */
const shadeOf = (value: number, limit: number) =>
  Math.round((SHADES * Math.max(-limit, Math.min(limit, value))) / limit);

function cells({ values }: HeatmapFigure, limit: number, grid: Grid): string {
  const paths = new Map<number, string>();
  let hatching = "";
  const [w, h] = [at(grid.width), at(grid.height)];
  values.forEach((row, i) => {
    row.forEach((value, j) => {
      const [x, y] = [grid.x(j), grid.y(i)];
      if (value === null) hatching += `M${at(x)} ${at(y + grid.height)}L${at(x + grid.width)} ${at(y)}`;
      else {
        const shade = shadeOf(value, limit);
        if (shade !== 0) paths.set(shade, `${paths.get(shade) ?? ""}M${at(x)} ${at(y)}h${w}v${h}h-${w}z`);
      }
    });
  });
  const filled = Array.from(paths, ([shade, d]) => `<path d="${d}" ${fillOf(shade)}/>`);
  return `${filled.join("")}${hatching === "" ? "" : `<path d="${hatching}" stroke="${colour("rule")}"/>`}`;
}

const fillOf = (shade: number) =>
  `fill="${colour(shade < 0 ? "cool" : "warm")}" fill-opacity="${(Math.abs(shade) / SHADES).toFixed(2)}"`;

/** The colours from least to most, with their values. */
function keyOf({ scale, value }: HeatmapFigure, limit: number, left: number, y: number): string {
  const steps = scale === "diverging" ? 16 : 8;
  const low = scale === "diverging" ? -limit : 0;
  const digits = limit >= 100 ? 0 : limit >= 1 ? 1 : 2;
  const from = fixed(low, digits);
  const x0 = left + textWidth(from) + 6;
  const width = 10;
  const swatches = Array.from({ length: steps + 1 }, (_, i) => {
    const shade = shadeOf(low + (i / steps) * (limit - low), limit);
    return `<rect x="${at(x0 + i * width)}" y="${at(y)}" width="${width}" height="10" ${fillOf(shade)}/>`;
  });
  const x1 = x0 + (steps + 1) * width;
  const frame = `<rect x="${at(x0)}" y="${at(y)}" width="${at(x1 - x0)}" height="10" fill="none" stroke="${colour("rule")}"/>`;
  return (
    swatches.join("") + frame + text(left, y + 9.5, from) + text(x1 + 6, y + 9.5, `${fixed(limit, digits)}  ${value}`)
  );
}
