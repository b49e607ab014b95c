/**
 * A report: what a run found, as data. The HTML file, the terminal and the lab show the same sections; this is all that
 * they know of a run. Types alone.
 */
export interface Report {
  readonly title: string;
  /** What the run was asked for and does not have; it stands in the summary too. */
  readonly unfinished: readonly string[];
  /** What was found, a sentence or two of each section. */
  readonly summary: readonly string[];
  /** What a person wrote about the study. */
  readonly notes: readonly string[];
  readonly sections: readonly Section[];
  /** The study as it was run: JSON, perhaps with comments. */
  readonly study: string;
  /** What was run, on what, when. */
  readonly provenance: readonly (readonly [name: string, value: string])[];
}

export interface Section {
  /** Of letters, digits and "-"; unique in its report. */
  readonly id: string;
  readonly title: string;
  /** The result, with its n and interval. */
  readonly finding: string;
  /** What was asked, and how the numbers are to be read. */
  readonly paragraphs: readonly string[];
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
}

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** As they are read: numbers are rounded. */
  readonly rows: readonly (readonly string[])[];
  /** Rows left out at the end. */
  readonly cut: number;
}

export type Figure = LinesFigure | ScatterFigure | HeatmapFigure | BarsFigure | MapFigure;

interface Described {
  /** One line. */
  readonly title: string;
  /** What the marks mean and what is to be seen, for those who read and those who listen. */
  readonly description: string;
}

/** An axis of numbers, or of names at the positions 0, 1, 2, ... */
export interface Axis {
  /** With its unit: "accuracy (%)". */
  readonly title: string;
  /** Powers of ten; values of 0 and less stand at the low end. */
  readonly log?: boolean;
  /** Ticks at whole numbers alone. */
  readonly whole?: boolean;
  /** Ends where values end, not at ticks. */
  readonly tight?: boolean;
  /** Values that must lie on the axis. */
  readonly include?: readonly number[];
  readonly names?: readonly string[];
}

/** Values against values, a line a series, with a band where there are intervals. */
export interface LinesFigure extends Described {
  readonly mark: "lines";
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly {
    readonly name: string;
    readonly x: readonly number[];
    /** [x]; null: a gap. */
    readonly y: readonly (number | null)[];
    /** [x]: ends of the band; null: none there. */
    readonly band?: readonly (readonly [low: number, high: number] | null)[];
  }[];
  /** Horizontal lines to compare with, such as chance. */
  readonly references?: readonly { readonly value: number; readonly name: string }[];
}

export interface ScatterFigure extends Described {
  readonly mark: "scatter";
  readonly x: Axis;
  readonly y: Axis;
  /** Names of the points' groups; without any, all are alike. */
  readonly groups: readonly string[];
  /** The first labels are written where there is room. */
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    readonly group?: number;
    readonly label?: string;
  }[];
}

export interface HeatmapFigure extends Described {
  readonly mark: "heatmap";
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [rows, columns]; null: not measured, hatched. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Diverging: two colours that meet at 0. Sequential: one, from 0 on. */
  readonly scale: "diverging" | "sequential";
  /** What the colours stand for, with its unit. */
  readonly value: string;
}

export interface BarsFigure extends Described {
  readonly mark: "bars";
  readonly value: Axis;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    readonly interval: readonly [low: number, high: number] | null;
  }[];
}

/** Thousands of points of a plane, coloured by what they are. */
export interface MapFigure extends Described {
  readonly mark: "map";
  /** [n, 2], one after the other. */
  readonly points: readonly number[];
  /** [n]: index of each point's group; points of others are left out. */
  readonly groupOf: ArrayLike<number>;
  readonly groups: readonly string[];
  /** "status": kept, lost, gained, wrong, in this order. */
  readonly colours: "categories" | "status";
}
