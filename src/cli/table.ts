/** Tables of plain text: names to the left, numbers to the right, two spaces between columns. */
import { stripVTControlCharacters } from "node:util";
import { truncate } from "./screen.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** The lines of a table, title line first, none longer than `width` characters. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const titles = columns.map((column) => column.title);
  const widths = titles.map((title, place) =>
    [title, ...rows.map((row) => row[place] ?? "")].reduce((most, cell) => Math.max(most, shownLength(cell)), 0),
  );
  const line = (cells: readonly string[]) =>
    truncate(
      columns
        .map(({ align }, place) => pad(cells[place] ?? "", widths[place]!, align))
        .join("  ")
        .trimEnd(),
      width,
    );
  return [line(titles), ...rows.map(line)];
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(width - shownLength(cell));
  return align === "left" ? cell + space : space + cell;
}

const shownLength = (cell: string) => stripVTControlCharacters(cell).length;
