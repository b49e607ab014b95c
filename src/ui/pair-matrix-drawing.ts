/** Draws the matrix of a layer's pairs. Cells come from one image, so that 500 x 500 of them take a few milliseconds. */
import type { Paint } from "./canvas.tsx";
import { signed } from "./format.ts";
import { inkOn, paletteIndex } from "./palette.ts";
import { labelStep } from "./panel-layout.ts";
import type { ChartTheme } from "./theme.ts";

/** Room for unit numbers left of the cells, and above the cells for nothing but air. */
export const GUTTER = 34;
export const TOP = 8;

export interface MatrixPicture {
  readonly units: number;
  /** Width and height of a cell, CSS pixels. */
  readonly cell: number;
  /** The end of the colour scale. */
  readonly limit: number;
  /** [units, units]; NaN where nothing was measured. */
  readonly values: Float32Array;
  readonly selected: readonly number[];
  readonly cursor: readonly [row: number, column: number] | null;
}

export function matrixPainter(picture: MatrixPicture): Paint {
  return (context, theme) => {
    paintCells(context, theme, picture);
    if (picture.cell >= 24) paintNumbers(context, theme, picture);
    paintAxes(context, theme, picture);
    paintMarks(context, theme, picture);
  };
}

function paintCells(context: CanvasRenderingContext2D, theme: ChartTheme, picture: MatrixPicture) {
  const { units, cell, limit, values } = picture;
  const pixels = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i]!)) pixels[i] = theme.pixels[paletteIndex(values[i]!, limit)]!;
  }
  const image = new OffscreenCanvas(units, units);
  image.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), units, units), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(image, GUTTER, TOP, units * cell, units * cell);
  if (cell < 8) return;
  context.fillStyle = theme.paper;
  for (let line = 1; line <= units; line++) {
    context.fillRect(GUTTER + line * cell - 1, TOP, 1, units * cell);
    context.fillRect(GUTTER, TOP + line * cell - 1, units * cell, 1);
  }
}

function paintNumbers(context: CanvasRenderingContext2D, theme: ChartTheme, picture: MatrixPicture) {
  const { units, cell, limit, values } = picture;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = 0; row < units; row++) {
    for (let column = 0; column < units; column++) {
      const value = values[row * units + column]!;
      if (Number.isNaN(value)) continue;
      context.fillStyle = inkOn(theme.palette[paletteIndex(value, limit)]!);
      context.fillText(signed(value, 0).replace("+", ""), GUTTER + (column + 0.5) * cell, TOP + (row + 0.5) * cell);
    }
  }
}

function paintAxes(context: CanvasRenderingContext2D, theme: ChartTheme, { units, cell, selected }: MatrixPicture) {
  const rowStep = labelStep(cell, 12);
  const columnStep = labelStep(cell, 8 + 7 * String(units - 1).length);
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.fillStyle = theme.muted;
  context.fillText("unit", GUTTER - 5, TOP + units * cell + 10);
  for (let unit = 0; unit < units; unit++) {
    const middle = (unit + 0.5) * cell;
    context.fillStyle = selected.includes(unit) ? theme.ink : theme.muted;
    context.textAlign = "right";
    if (unit % rowStep === 0) context.fillText(String(unit), GUTTER - 5, TOP + middle);
    context.textAlign = "center";
    if (unit % columnStep === 0) context.fillText(String(unit), GUTTER + middle, TOP + units * cell + 10);
  }
}

/** A pair is marked in both its cells, a single unit by its row and column. */
function paintMarks(context: CanvasRenderingContext2D, theme: ChartTheme, picture: MatrixPicture) {
  const { units, cell, selected, cursor } = picture;
  const frame = (row: number, column: number, rows = 1, columns = 1) =>
    context.strokeRect(GUTTER + column * cell - 0.5, TOP + row * cell - 0.5, columns * cell, rows * cell);
  context.lineWidth = 1.5;
  context.strokeStyle = theme.accent;
  const [first, second] = selected;
  if (selected.length === 2) {
    frame(first!, second!);
    frame(second!, first!);
  } else if (selected.length === 1) {
    frame(first!, 0, 1, units);
    frame(0, first!, units, 1);
  }
  context.strokeStyle = theme.ink;
  if (cursor !== null) frame(cursor[0], cursor[1]);
}
