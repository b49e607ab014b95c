/** Draws a layer's panel: bars hang on the baseline line, cells below them carry each class's change. */

import { classDropsPp } from "../study/summary.ts";
import { signed } from "./format.ts";
import type { LiveResults, Panel } from "./live-results.ts";
import { inkOn, paletteIndex } from "./palette.ts";
import { labelStep, type PanelLayout } from "./panel-layout.ts";
import { linear, niceCeiling, ticks } from "./scale.ts";
import type { ChartTheme } from "./theme.ts";

export interface PanelPicture {
  readonly results: LiveResults;
  readonly panel: Panel;
  readonly layout: PanelLayout;
  readonly selected: readonly number[];
  readonly cursor: { readonly unit: number; readonly class: number | null } | null;
}

export function paintPanel(context: CanvasRenderingContext2D, theme: ChartTheme, picture: PanelPicture): void {
  const { layout, selected } = picture;
  context.fillStyle = theme.band;
  for (const unit of selected) {
    context.fillRect(columnLeft(layout, unit), 0, layout.columnWidth, layout.height);
  }
  paintBars(context, theme, picture);
  paintCells(context, theme, picture);
  paintLabels(context, theme, picture);
  paintCursor(context, theme, picture);
}

const columnLeft = (layout: PanelLayout, unit: number) => layout.gutter + unit * layout.columnWidth;

function paintBars(context: CanvasRenderingContext2D, theme: ChartTheme, { results, panel, layout }: PanelPicture) {
  const { summaries, baseline } = results;
  const { extent, positions } = panel;
  const high = niceCeiling(Math.max(extent.drop, 1));
  const low = extent.gain > 0 ? -Math.max(extent.gain, high * 0.04) : 0;
  const y = linear([low, high], [layout.barsTop + layout.barsHeight, layout.barsTop]);
  const right = columnLeft(layout, layout.columns);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticks(low, high, 4)) {
    context.fillStyle = theme.rule;
    context.fillRect(layout.gutter, Math.round(y(tick)), right - layout.gutter, 1);
    context.fillStyle = theme.muted;
    context.fillText(tick === 0 ? "0" : signed(tick, tick % 1 === 0 ? 0 : 1), layout.gutter - 6, y(tick));
  }
  const base = baseline!.correct / baseline!.samples;
  const barWidth = Math.max(1, layout.columnWidth * 0.64);
  for (let unit = 0; unit < layout.columns; unit++) {
    const summary = summaries[positions[unit]!];
    if (summary === undefined) continue;
    const middle = columnLeft(layout, unit) + layout.columnWidth / 2;
    context.fillStyle = summary.dropPp >= 0 ? theme.worse : theme.better;
    const top = y(Math.max(0, summary.dropPp));
    context.fillRect(middle - barWidth / 2, top, barWidth, Math.max(1, y(Math.min(0, summary.dropPp)) - top));
    if (layout.columnWidth < 6) continue;
    const from = y((base - summary.interval.low) * 100);
    const to = y((base - summary.interval.high) * 100);
    context.fillStyle = theme.ink;
    context.fillRect(Math.round(middle) - 0.5, from, 1, Math.max(1, to - from));
  }
  context.fillStyle = theme.ink;
  context.fillRect(layout.gutter, Math.round(y(0)), right - layout.gutter, 1);
}

function paintCells(context: CanvasRenderingContext2D, theme: ChartTheme, { results, panel, layout }: PanelPicture) {
  const { ablations, baseline } = results;
  const limit = niceCeiling(panel.extent.classDrop);
  const written = layout.columnWidth >= 27 && layout.rowHeight >= 16;
  const gap = layout.columnWidth >= 8 ? 1 : 0;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let unit = 0; unit < layout.columns; unit++) {
    const record = ablations[panel.positions[unit]!];
    if (record === undefined) continue;
    const left = columnLeft(layout, unit);
    for (const [row, drop] of classDropsPp(record, baseline!).entries()) {
      const index = paletteIndex(drop, limit);
      const top = layout.rowsTop + row * layout.rowHeight;
      context.fillStyle = theme.colours[index]!;
      context.fillRect(left, top, layout.columnWidth - gap, layout.rowHeight - gap);
      if (!written || Math.abs(drop) < 0.05) continue;
      context.fillStyle = inkOn(theme.palette[index]!);
      const text = signed(drop, Math.abs(drop) < 9.95 && layout.columnWidth >= 34 ? 1 : 0);
      context.fillText(text, left + layout.columnWidth / 2, top + layout.rowHeight / 2);
    }
  }
}

function paintLabels(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  { results, layout, selected }: PanelPicture,
) {
  const { classNames } = results.run!;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  const rowStep = labelStep(layout.rowHeight, 12);
  for (let row = 0; row < layout.rows; row += rowStep) {
    const y = layout.rowsTop + (row + 0.5) * layout.rowHeight;
    context.fillText(classNames[row]!, layout.gutter - 6, y, layout.gutter - 10);
  }
  const y = layout.rowsTop + layout.rows * layout.rowHeight + 10;
  context.fillText("unit", layout.gutter - 6, y);
  context.textAlign = "center";
  const columnStep = labelStep(layout.columnWidth, 8 + 7 * String(layout.columns - 1).length);
  for (let unit = 0; unit < layout.columns; unit += columnStep) {
    context.fillStyle = selected.includes(unit) ? theme.ink : theme.muted;
    context.fillText(String(unit), columnLeft(layout, unit) + layout.columnWidth / 2, y);
  }
}

function paintCursor(context: CanvasRenderingContext2D, theme: ChartTheme, { layout, selected, cursor }: PanelPicture) {
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
  const cellsHeight = layout.rows * layout.rowHeight;
  for (const unit of selected) {
    const left = columnLeft(layout, unit) - 0.5;
    context.strokeRect(left, layout.rowsTop - 0.5, layout.columnWidth, cellsHeight);
  }
  if (cursor === null) return;
  context.strokeStyle = theme.ink;
  const left = columnLeft(layout, cursor.unit) - 0.5;
  const top = cursor.class === null ? 0 : cursor.class * layout.rowHeight;
  const height = cursor.class === null ? cellsHeight : layout.rowHeight;
  context.strokeRect(left, layout.rowsTop + top - 0.5, layout.columnWidth, height);
}
