/** Lines: values against values, with bands of intervals and lines to compare with. */
import type { LinesFigure } from "../report.ts";
import { axes, DASHES, head } from "./axes.ts";
import { colour, SERIES_COLOURS, seriesColour } from "./colours.ts";
import type { Scale } from "./scale.ts";
import { at, line, svg } from "./svg.ts";

const HEIGHT = 260;
const STROKE = 1.8;
const DOT = 2.6;
/** Points of a line are dotted up to this many. */
const MOST_DOTS = 40;
const BAND_OPACITY = 0.16;

type Series = LinesFigure["series"][number];

/** The figure as SVG. */
export function linesSvg(figure: LinesFigure): string {
  const { series, references = [] } = figure;
  const legend = [
    ...series.map(({ name }, i) => ({ name, colour: seriesColour(i) })),
    ...references.map(({ name }) => ({ name, colour: colour("muted"), isDashed: true })),
  ];
  const top = head(figure.title, legend.length < 2 ? [] : legend);
  const ys = series.flatMap(({ y, band = [] }) => [...y, ...band.flatMap((ends) => ends ?? [])]);
  const frame = axes(
    top.bottom,
    HEIGHT,
    { axis: figure.x, values: series.flatMap(({ x }) => x) },
    { axis: figure.y, values: [...ys.filter((value) => value !== null), ...references.map(({ value }) => value)] },
  );
  const compared = references.map(({ value }) =>
    line(frame.left, frame.y(value), frame.right, frame.y(value), colour("muted"), DASHES),
  );
  const bands = series.map((one, i) => bandOf(one, frame.x, frame.y, seriesColour(i)));
  const lines = series.map((one, i) => lineOf(one, frame.x, frame.y, i));
  return svg(figure, frame.bottom, [top.svg, frame.svg, ...bands, ...compared, ...lines].join(""));
}

function lineOf({ x, y }: Series, toX: Scale, toY: Scale, index: number): string {
  const stroke = seriesColour(index);
  const dashes = index < SERIES_COLOURS ? "" : ' stroke-dasharray="7 3"';
  let isPen = false;
  const path = y.map((value, i) => {
    const wasPen = isPen;
    isPen = value !== null;
    return value === null ? "" : `${wasPen ? "L" : "M"}${at(toX(x[i]!))} ${at(toY(value))}`;
  });
  const dots =
    y.length > MOST_DOTS ? [] : y.map((value, i) => (value === null ? "" : dot(toX(x[i]!), toY(value), stroke)));
  return `<path d="${path.join("")}" fill="none" stroke="${stroke}" stroke-width="${STROKE}"${dashes}/>${dots.join("")}`;
}

const dot = (x: number, y: number, fill: string) => `<circle cx="${at(x)}" cy="${at(y)}" r="${DOT}" fill="${fill}"/>`;

/** Runs of neighbours that have intervals, each a closed band; a run of one is an upright line. */
function bandOf({ x, band = [] }: Series, toX: Scale, toY: Scale, fill: string): string {
  const runs: number[][] = [];
  band.forEach((ends, i) => {
    if (ends === null) return;
    const last = runs.at(-1);
    if (last?.at(-1) === i - 1) last.push(i);
    else runs.push([i]);
  });
  return runs
    .map((run) => {
      const edge = (end: 0 | 1) => run.map((i) => `${at(toX(x[i]!))} ${at(toY(band[i]![end]))}`);
      if (run.length === 1) return `<path d="M${edge(0)}L${edge(1)}" stroke="${fill}"/>`;
      return `<path d="M${[...edge(1), ...edge(0).reverse()].join("L")}Z" fill="${fill}" fill-opacity="${BAND_OPACITY}"/>`;
    })
    .join("");
}
