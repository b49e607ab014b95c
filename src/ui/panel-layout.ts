/**
 * Where things are in the panel of a layer: accuracy-drop bars above, the unit x class map below, one column a unit
 * through both, so that the eye goes straight from a unit's bar to the classes it broke. Pure numbers, CSS pixels.
 */

export interface PanelLayout {
  readonly width: number;
  readonly height: number;
  /** Room for class names and axis labels, left of the first column. */
  readonly gutter: number;
  readonly columns: number;
  readonly columnWidth: number;
  readonly barsTop: number;
  readonly barsHeight: number;
  readonly rows: number;
  readonly rowsTop: number;
  readonly rowHeight: number;
}

const NARROWEST = 3;
const WIDEST = 56;
const RIGHT = 8;

/** The layout of `units` columns and `classes` rows in `available` pixels; wider than that where columns would vanish. */
export function panelLayout(size: {
  available: number;
  units: number;
  classes: number;
  longestName: number;
}): PanelLayout {
  const gutter = Math.max(44, Math.min(120, 14 + size.longestName * 6.5));
  const room = (size.available - gutter - RIGHT) / size.units;
  const fitted = Math.min(WIDEST, Math.max(NARROWEST, room));
  const columnWidth = fitted >= 8 ? Math.floor(fitted) : fitted;
  const rowHeight = size.classes <= 20 ? 20 : size.classes <= 100 ? 12 : 4;
  const barsTop = 10;
  const barsHeight = 132;
  const rowsTop = barsTop + barsHeight + 14;
  return {
    width: Math.ceil(gutter + columnWidth * size.units + RIGHT),
    height: rowsTop + rowHeight * size.classes + 20,
    gutter,
    columns: size.units,
    columnWidth,
    barsTop,
    barsHeight,
    rows: size.classes,
    rowsTop,
    rowHeight,
  };
}

/** The unit whose column a point is in, and the class whose row; null where it is in none. */
export function cellAt(
  layout: PanelLayout,
  { x, y }: { readonly x: number; readonly y: number },
): { readonly unit: number | null; readonly class: number | null } {
  return {
    unit: within(Math.floor((x - layout.gutter) / layout.columnWidth), layout.columns),
    class: within(Math.floor((y - layout.rowsTop) / layout.rowHeight), layout.rows),
  };
}

/** Every how many-th column can carry a label of `labelWidth` pixels: 1, 2, 5, 10, 20, ... */
export function labelStep(columnWidth: number, labelWidth: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [power, 2 * power, 5 * power]) if (step * columnWidth >= labelWidth) return step;
  }
}

function within(index: number, count: number): number | null {
  return index >= 0 && index < count ? index : null;
}
