import fc from "fast-check";
import { expect, test } from "vitest";
import { cellAt, labelStep, panelLayout } from "./panel-layout.ts";

const sizes = fc.record({
  available: fc.integer({ min: 280, max: 3840 }),
  units: fc.integer({ min: 1, max: 4097 }),
  classes: fc.integer({ min: 2, max: 1001 }),
  longestName: fc.integer({ min: 1, max: 40 }),
});

test("the middle of every cell is found again, and what lies outside is nothing", () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 0.999, noNaN: true }), (size, share) => {
      const layout = panelLayout(size);
      const unit = Math.floor(share * size.units);
      const row = Math.floor(share * size.classes);
      const x = layout.gutter + (unit + 0.5) * layout.columnWidth;
      const y = layout.rowsTop + (row + 0.5) * layout.rowHeight;
      expect(cellAt(layout, { x, y })).toEqual({ unit, class: row });
      expect(cellAt(layout, { x: layout.gutter - 1, y: layout.barsTop })).toEqual({ unit: null, class: null });
      expect(cellAt(layout, { x: layout.gutter + size.units * layout.columnWidth + 1, y }).unit).toBeNull();
    }),
  );
});

test("columns fill the room they have, up to a width, and never vanish", () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const layout = panelLayout(size);
      expect(layout.columnWidth).toBeGreaterThanOrEqual(3);
      if (layout.width > size.available + 1) expect(layout.columnWidth).toBe(3);
    }),
  );
});

test.each([
  [40, 24, 1],
  [14, 24, 2],
  [5, 24, 5],
  [3, 24, 10],
  [3, 100, 50],
])("columns of %d px carry labels of %d px every %d units", (column, label, step) => {
  expect(labelStep(column, label)).toBe(step);
});
