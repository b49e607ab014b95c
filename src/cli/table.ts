/** Tables of plain text: names to the left, numbers to the right, two spaces between columns. */
import { stripVTControlCharacters } from "node:util";
import { truncate, wrapped } from "./screen.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** A column that may give way where its table is too wide. */
export interface FittingColumn extends Column {
  /** Longer cells may give way, to no fewer characters. */
  readonly least?: number;
  /** How: on several lines, broken between words where they are; without, cut in their middle. */
  readonly wraps?: boolean;
  /** Where giving way is not enough, columns with a rank are left out, the highest first. */
  readonly rank?: number;
}

const GAP = "  ";

/** The lines of a table, title line first, none longer than `width` characters. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const titles = columns.map((column) => column.title);
  const widths = columnWidths(columns, rows);
  const line = (cells: readonly string[]) =>
    truncate(
      columns
        .map(({ align }, place) => pad(cells[place] ?? "", widths[place]!, align))
        .join(GAP)
        .trimEnd(),
      width,
    );
  return [line(titles), ...rows.map(line)];
}

/** The lines of a table that gives way to `width` as its columns allow, the first last, and the titles of those left out. */
export function fittingTable(
  columns: readonly FittingColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): { readonly lines: readonly string[]; readonly leftOut: readonly string[] } {
  const widths = columnWidths(columns, rows);
  const kept = new Set(columns.keys());
  const room = (place: number) => Math.max(0, widths[place]! - (columns[place]!.least ?? widths[place]!));
  const excess = () => [...kept].reduce((sum, place) => sum + widths[place]! + GAP.length, -GAP.length) - width;
  const leftOut: string[] = [];
  while (excess() > [...kept].reduce((sum, place) => sum + room(place), 0)) {
    const rankOf = (place: number) => columns[place]!.rank ?? -1;
    const last = [...kept].reduce((a, b) => (rankOf(b) > rankOf(a) ? b : a));
    if (rankOf(last) < 0) break;
    kept.delete(last);
    leftOut.push(columns[last]!.title);
  }
  const places = [...kept];
  for (const place of places.toReversed()) {
    widths[place] = widths[place]! - Math.min(room(place), Math.max(0, excess()));
  }
  const fitted = (cells: readonly string[]) =>
    asLines(
      places.map((place) => {
        const cell = cells[place] ?? "";
        return columns[place]!.wraps ? broken(cell, widths[place]!) : [shortened(cell, widths[place]!)];
      }),
    );
  const titles = fitted(columns.map(({ title }) => title));
  return {
    lines: tableLines(
      places.map((place, i) => ({ ...columns[place]!, title: titles[0]![i]! })),
      [...titles.slice(1), ...rows.flatMap(fitted)],
      width,
    ),
    leftOut,
  };
}

/** The lines of a row whose cells have lines of their own. */
function asLines(cells: readonly (readonly string[])[]): string[][] {
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ""));
}

/** Lines of at most `width` characters; a longer word goes on in the next line. */
function broken(cell: string, width: number): string[] {
  if (shownLength(cell) <= width) return [cell];
  const words = cell.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gu")) ?? []);
  return wrapped(words, width);
}

function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, place) =>
    [title, ...rows.map((row) => row[place] ?? "")].reduce((most, cell) => Math.max(most, shownLength(cell)), 0),
  );
}

/** Text of at most `width` characters; more of its end is kept than of its beginning, for names differ there. */
function shortened(cell: string, width: number): string {
  if (shownLength(cell) <= width) return cell;
  const head = Math.floor((width - 1) / 3);
  return `${cell.slice(0, head)}…${cell.slice(cell.length - (width - 1 - head))}`;
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(width - shownLength(cell));
  return align === "left" ? cell + space : space + cell;
}

const shownLength = (cell: string) => stripVTControlCharacters(cell).length;
