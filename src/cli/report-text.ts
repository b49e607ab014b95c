/** A report as lines of a terminal: the sections of the HTML file without their figures. */
import { grouped } from "../report/numbers.ts";
import type { Report, Section, Table } from "../report/report.ts";
import { wrapped } from "./screen.ts";
import { type FittingColumn, fittingTable } from "./table.ts";

/** Longer lines are hard to read, however wide the terminal is. */
const MOST_TEXT = 100;
/** Cells of words may be broken to this. */
const LEAST_WORDS = 14;

/** The lines of a report, none longer than `width` characters but where a single word is. */
export function reportLines(report: Report, width: number): string[] {
  const figures = report.sections.reduce((sum, section) => sum + section.figures.length, 0);
  return [
    ...heading(report.title, "="),
    ...[...report.notes, ...report.unfinished].flatMap((text) => [...prose(text, width), ""]),
    ...report.sections.flatMap((section) => sectionLines(section, width)),
    ...heading("The run", "-"),
    ...plainTable({ caption: "", columns: NAMED, rows: report.provenance, cut: 0 }, width),
    ...(figures === 0 ? [] : ["", ...prose(`${figures} figures are in the HTML report: --out FILE.html`, width)]),
  ];
}

const NAMED = [
  { title: "", align: "left" },
  { title: "", align: "left" },
] as const;

function sectionLines({ title, finding, paragraphs, tables }: Section, width: number): string[] {
  return [
    ...heading(title, "-"),
    ...prose(finding, width),
    "",
    ...paragraphs.flatMap((paragraph) => [...prose(paragraph, width), ""]),
    ...tables.flatMap((table) => [...prose(table.caption, width), ...plainTable(table, width), ""]),
  ];
}

const heading = (title: string, rule: string) => [title, rule.repeat(title.length), ""];
const prose = (text: string, width: number) => wrapped(text.split(" "), Math.min(width, MOST_TEXT));

function plainTable({ columns, rows, cut }: Table, width: number): string[] {
  const longest = (texts: readonly string[]) => texts.reduce((most, { length }) => Math.max(most, length), 0);
  const fitting = columns.map(
    (column, place): FittingColumn => ({
      ...column,
      wraps: true,
      // Numbers stay whole, and titles are broken between words.
      least: Math.max(
        longest(column.title.split(" ")),
        column.align === "left" ? LEAST_WORDS : longest(rows.map((row) => row[place] ?? "")),
      ),
      // The first column names the row; of the others the last are left out first.
      ...(place === 0 ? {} : { rank: place }),
    }),
  );
  const { lines, leftOut } = fittingTable(fitting, rows, width);
  const isTitled = columns.some(({ title }) => title !== "");
  return [
    ...(isTitled ? lines : lines.slice(1)),
    ...(cut === 0 ? [] : [`... and ${grouped(cut)} more; --all shows every row`]),
    ...(leftOut.length === 0 ? [] : prose(`(no room for: ${leftOut.join(", ")})`, width)),
  ];
}
