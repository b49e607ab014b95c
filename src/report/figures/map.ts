/**
 * Map: thousands of points of a plane in the colours of their groups. A group is one path of dots, each a stroke of no
 * length; steps from dot to dot are whole numbers, and dots are sorted so that steps are short: some eight bytes a dot.
 */
import { grouped } from "../numbers.ts";
import type { MapFigure } from "../report.ts";
import { head } from "./axes.ts";
import { type Colour, colour, seriesColour } from "./colours.ts";
import { svg, WIDTH } from "./svg.ts";

/** Dots are placed to half a pixel. */
const STEPS = 2;
const MOST_HEIGHT = 640;
const MARGIN = 6;
const STATUS: readonly Colour[] = ["kept", "lost", "gained", "wrong"];

/** The figure as SVG. Groups that come later are drawn on top, but for kept and wrong samples, which are the ground. */
export function mapSvg(figure: MapFigure): string {
  const { points, groups, groupOf } = figure;
  const n = points.length / 2;
  const colourOf = (group: number) =>
    figure.colours === "status" ? colour(STATUS[group] ?? "muted") : seriesColour(group);
  const counts = groups.map(() => 0);
  for (let i = 0; i < n; i++) if (counts[groupOf[i]!] !== undefined) counts[groupOf[i]!]! += 1;
  const top = head(
    figure.title,
    groups.map((name, i) => ({ name: `${name} (${grouped(counts[i]!)})`, colour: colourOf(i) })),
  );
  const place = placement(points);
  const order = figure.colours === "status" ? [0, 3, 1, 2] : [...groups.keys()];
  const radius = Math.max(3, Math.min(9, Math.round(360 / Math.sqrt(n + 1))));
  const paths = order.map((group) => {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => groupOf[i] === group);
    if (members.length === 0) return "";
    return `<path d="${dots(members.map(place.of))}" stroke="${colourOf(group)}"/>`;
  });
  const height = top.bottom + place.height + 2 * MARGIN;
  const frame = `<g transform="translate(0 ${top.bottom + MARGIN}) scale(${1 / STEPS})" fill="none" stroke-width="${radius}" stroke-linecap="round">`;
  return svg(figure, height, `${top.svg}${frame}${paths.join("")}</g>`);
}

type Place = readonly [x: number, y: number];

/** The plane at one scale for both axes, as large as there is room, the second axis upwards. */
function placement(points: readonly number[]): { readonly height: number; readonly of: (index: number) => Place } {
  const extent = [Infinity, -Infinity, Infinity, -Infinity] as [number, number, number, number];
  for (let i = 0; i < points.length; i += 2) {
    extent[0] = Math.min(extent[0], points[i]!);
    extent[1] = Math.max(extent[1], points[i]!);
    extent[2] = Math.min(extent[2], points[i + 1]!);
    extent[3] = Math.max(extent[3], points[i + 1]!);
  }
  const [left, right, bottom, top] = extent;
  const [width, height] = [right - left || 1, top - bottom || 1];
  const scale = Math.min((WIDTH - 2 * MARGIN) / width, MOST_HEIGHT / height);
  const indent = (WIDTH - width * scale) / 2;
  return {
    height: points.length === 0 ? 0 : height * scale,
    of: (index) => [
      Math.round(STEPS * (indent + (points[2 * index]! - left) * scale)),
      Math.round(STEPS * (top - points[2 * index + 1]!) * scale),
    ],
  };
}

/** A path's data: from dot to dot, column by column. */
function dots(places: readonly Place[]): string {
  const sorted = places.toSorted(([ax, ay], [bx, by]) => ax - bx || ay - by);
  let [x, y] = [0, 0];
  return sorted
    .map(([toX, toY]) => {
      const [dx, dy] = [toX - x, toY - y];
      [x, y] = [toX, toY];
      return `m${dx}${dy < 0 ? "" : " "}${dy}h0`;
    })
    .join("");
}
