/** Draws the axes that the charts of recovery share: ticks, faint lines across, and what the axes are. */
import type { PlotLayout } from "./recovery-layout.ts";
import { ticks } from "./scale.ts";
import type { ChartTheme } from "./theme.ts";

/** `whole`: the x axis counts, and has no ticks between numbers. */
export function paintAxes(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  layout: PlotLayout,
  titles: { readonly x: string; readonly y: string; readonly whole: boolean },
): void {
  const { left, right, top, bottom, xDomain, yDomain } = layout;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticks(...yDomain, 5)) {
    const y = Math.round(layout.y(tick));
    context.fillStyle = theme.rule;
    context.fillRect(left, y, right - left, 1);
    context.fillStyle = theme.muted;
    context.fillText(written(tick), left - 6, y);
  }
  context.textAlign = "center";
  const room = Math.max(2, Math.floor((right - left) / 48));
  for (const tick of ticks(...xDomain, room)) {
    if (titles.whole && !Number.isInteger(tick)) continue;
    const x = Math.round(layout.x(tick));
    context.fillStyle = theme.rule;
    context.fillRect(x, bottom, 1, 4);
    context.fillStyle = theme.muted;
    context.fillText(written(tick), x, bottom + 12);
  }
  context.fillText(titles.x, (left + right) / 2, bottom + 29);
  context.save();
  context.translate(9, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(titles.y, 0, 0);
  context.restore();
}

const written = (tick: number) => String(tick).replace("-", "\u2212");
