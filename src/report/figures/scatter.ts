/** Scatter: points by two values, in colours of their groups, labelled where there is room. */
import type { ScatterFigure } from "../report.ts";
import { axes, head } from "./axes.ts";
import { seriesColour } from "./colours.ts";
import { at, svg, text, textWidth } from "./svg.ts";

const HEIGHT = 300;
const RADIUS = 3.5;
/** A stroke of no length with a round end is a dot: a group is one path. */
const DOT = `fill="none" stroke-width="${2 * RADIUS}" stroke-linecap="round" stroke-opacity="0.75"`;
/** Labels that are tried, in the order of the points. */
const MOST_LABELS = 40;
const LABEL_HEIGHT = 13;

/** The figure as SVG. */
export function scatterSvg(figure: ScatterFigure): string {
  const { points, groups } = figure;
  const top = head(
    figure.title,
    groups.map((name, i) => ({ name, colour: seriesColour(i) })),
  );
  const frame = axes(
    top.bottom,
    HEIGHT,
    { axis: figure.x, values: points.map(({ x }) => x) },
    { axis: figure.y, values: points.map(({ y }) => y) },
  );
  const placed = points.map(({ x, y, group = 0, label }) => ({ x: frame.x(x), y: frame.y(y), group, label }));
  const dots = Array.from({ length: Math.max(1, groups.length) }, (_, group) => {
    const members = placed.filter((point) => point.group === group);
    const path = members.map(({ x, y }) => `M${at(x)} ${at(y)}h0`).join("");
    return `<path d="${path}" stroke="${seriesColour(group)}" ${DOT}/>`;
  });
  const labels = labelsOf(placed, frame.right);
  return svg(figure, frame.bottom, [top.svg, frame.svg, ...dots, ...labels].join(""));
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Labels beside their points, right or left, that meet neither each other nor another point. */
function labelsOf(points: readonly { x: number; y: number; label: string | undefined }[], end: number): string[] {
  const dots = points.map(({ x, y }) => around(x - RADIUS, x + RADIUS, y));
  const taken: Box[] = [];
  return points.flatMap(({ x, y, label }, i) => {
    if (label === undefined || i >= MOST_LABELS) return [];
    const [near, far] = [RADIUS + 3, RADIUS + 3 + textWidth(label)];
    for (const side of ["start", "end"] as const) {
      const box = side === "start" ? around(x + near, x + far, y) : around(x - far, x - near, y);
      const isFree = !taken.some((other) => meet(other, box)) && !dots.some((dot, j) => j !== i && meet(dot, box));
      if (!isFree || box.right > end || box.left < 0) continue;
      taken.push(box);
      return text(side === "start" ? box.left : box.right, y + 4, label, { anchor: side });
    }
    return [];
  });
}

const around = (left: number, right: number, y: number): Box => ({
  left,
  right,
  top: y - LABEL_HEIGHT / 2,
  bottom: y + LABEL_HEIGHT / 2,
});
const meet = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
