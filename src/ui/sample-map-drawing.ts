/** Draws a map of samples. The dots are drawn once, and copied while a cursor moves over them. */
import type { MapLayout, SampleGroups } from "./sample-map-layout.ts";
import type { ChartTheme } from "./theme.ts";

/** More dots than this are drawn as squares, which is quick. */
const MOST_ROUND = 3000;

/** All samples, as a picture that is `sharpness` times as fine as the page's pixels. */
export function sampleDots(layout: MapLayout, groups: SampleGroups, theme: ChartTheme, sharpness: number) {
  const { width, height, radius, x, y } = layout;
  const dots = new OffscreenCanvas(Math.max(1, width * sharpness), Math.max(1, height * sharpness));
  const context = dots.getContext("2d")!;
  context.scale(sharpness, sharpness);
  const isRound = x.length <= MOST_ROUND;
  for (const group of groups.order) {
    context.fillStyle = theme.figures[groups.colours[group]!] ?? theme.muted;
    for (let sample = 0; sample < x.length; sample++) {
      if (groups.groupOf[sample] !== group) continue;
      if (isRound) {
        context.beginPath();
        context.arc(x[sample]!, y[sample]!, radius, 0, 2 * Math.PI);
        context.fill();
      } else context.fillRect(x[sample]! - radius, y[sample]! - radius, 2 * radius, 2 * radius);
    }
  }
  return dots;
}

/** A ring around the sample under the cursor. */
export function paintCursor(context: CanvasRenderingContext2D, theme: ChartTheme, layout: MapLayout, sample: number) {
  for (const [colour, width] of [
    [theme.paper, 5],
    [theme.ink, 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(layout.x[sample]!, layout.y[sample]!, layout.radius + 4, 0, 2 * Math.PI);
    context.stroke();
  }
}
