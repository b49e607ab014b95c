/** Whether early or late layers matter more. */
import type { AskedLevel, DepthRecord } from "../../study/analysis-records.ts";
import { counted, estimate, exactPercent, fixed, grouped, NONE, range } from "../numbers.ts";
import type { LinesFigure, Section } from "../report.ts";
import {
  analysesOf,
  className,
  groupBy,
  left,
  type ReportInput,
  right,
  sentences,
  sweepName,
  table,
} from "./section.ts";

const MOST_CLASSES = 8;
/** Levels with a line of their own in a figure. */
const MOST_LEVELS = 8;
type Point = DepthRecord["points"][number];
type Series = LinesFigure["series"][number];

/** "10 %", "1 unit", "all but 5 units", "similarity from 0.9" */
function levelName({ by, level }: AskedLevel): string {
  switch (by) {
    case "share":
      return exactPercent(level);
    case "units":
      return counted(level, "unit");
    case "kept":
      return `all but ${counted(level, "unit")}`;
    case "threshold":
      return `similarity from ${level}`;
  }
}

/** "random, 10 %" */
const seriesName = (point: Point) => [point.group, levelName(point)].filter(Boolean).join(", ");
/** "6 of 64", "2 to 9 of 64" */
const ablatedName = ({ ablated: [least, most], units }: Point) =>
  `${least === most ? grouped(least) : `${grouped(least)} to ${grouped(most)}`} of ${grouped(units)}`;

/** Accuracy, or whether the true class is among the five first; both by class too. */
interface Measure {
  /** "accuracy" */
  readonly all: string;
  /** "recall" */
  readonly ofClass: string;
  readonly dropOf: (point: Point) => number | null;
  readonly bandOf: (point: Point) => DepthRecord["points"][number]["interval"];
  readonly classDropsOf: (point: Point) => readonly number[] | null;
}
const ACCURACY: Measure = {
  all: "accuracy",
  ofClass: "recall",
  dropOf: ({ dropPp }) => dropPp,
  bandOf: ({ interval }) => interval,
  classDropsOf: ({ classDropsPp }) => classDropsPp,
};
const TOP5: Measure = {
  all: "top-5 accuracy",
  ofClass: "top-5 recall",
  dropOf: ({ top5DropPp }) => top5DropPp,
  bandOf: () => null,
  classDropsOf: ({ classTop5DropsPp }) => classTop5DropsPp,
};

/** Mean damage by layer, overall and by class. Sweeps of one layer are told where there are no others. */
export function depth(input: ReportInput): Section | null {
  const every = analysesOf(input.run, "depth");
  if (every.length === 0) return null;
  const deep = every.filter((record) => layersOf(record).length > 1);
  const records = deep.length > 0 ? deep : every;
  return {
    id: "depth",
    title: "Damage against depth",
    finding: sentences(records.map((record) => findingOf(record, records.length > 1 ? nameOf(input, record) : null))),
    paragraphs: [
      "The mean drop of accuracy over the ablations of each layer, by what the sweep asks for (such as a share of the layer's units), in the order of the layers.",
      ...(records.length < every.length
        ? [
            `${counted(every.length - records.length, "sweep")} of one layer alone ${every.length - records.length === 1 ? "is" : "are"} left out here.`,
          ]
        : []),
      "Layers differ in width: the same share is another number of units, which stands in the table, and of a narrow layer at least one. The bands are 95 % intervals: of several ablations Student's of their mean, of a single one Wilson's of its accuracy, the baseline taken as known. Classes are those whose damage varies most with depth.",
    ],
    figures: deep.flatMap((record) =>
      [ACCURACY, TOP5]
        .filter(({ dropOf }) => record.points.some((point) => dropOf(point) !== null))
        .flatMap((measure) => [...overall(input, record, measure), ...byClass(input, record, measure)]),
    ),
    tables: records.map((record) =>
      table(
        nameOf(input, record),
        [
          left("layer"),
          left("group"),
          right("asked for"),
          right("units off"),
          right("ablations"),
          right("mean drop pp"),
          right("95 %"),
          right("top-5 drop pp"),
        ],
        record.points.map((point) => [
          point.layer,
          point.group || NONE,
          levelName(point),
          ablatedName(point),
          grouped(point.n),
          fixed(point.dropPp),
          range(point.interval),
          fixed(point.top5DropPp),
        ]),
        Math.max(input.most, record.points.length),
      ),
    ),
  };
}

/** `name`: of the sweep, where there are several. */
function findingOf({ points, samples }: DepthRecord, name: string | null): string {
  const worst = points.reduce((a, b) => (b.dropPp > a.dropPp ? b : a));
  const what = `${seriesName(worst)}: ${ablatedName(worst)}`;
  const measured = `${estimate(worst.dropPp, worst.interval)} pp are lost on average over ${counted(worst.n, "ablation")}, each on ${counted(samples, "sample")}`;
  if (worst.dropPp <= 0) {
    return `${name === null ? "No" : `In ${name}, no`} layer loses anything on average: where most is lost, in ${worst.layer} (${what}), ${measured}.`;
  }
  const chosen = points.length > 1 ? `, the most of ${grouped(points.length)} means` : "";
  return `${name === null ? "" : `In ${name}, `}${worst.layer} is the most fragile place (${what}): ${measured}${chosen}.`;
}

const nameOf = (input: ReportInput, { sweep, replacement = "zero" }: DepthRecord) =>
  `${sweepName(input, sweep)}${replacement === "zero" && !input.isMixed ? "" : `, ${replacement}`}`;

/** Layers in the order of the network. */
const layersOf = ({ points }: DepthRecord) => [
  ...new Set(points.toSorted((a, b) => a.layerIndex - b.layerIndex).map(({ layer }) => layer)),
];

/** Of groups of units and their controls a figure a level, side by side in it; else all levels in one. */
function overall(input: ReportInput, record: DepthRecord, measure: Measure): LinesFigure[] {
  const byLevel = groupBy(
    record.points.toSorted((a, b) => a.level - b.level),
    levelName,
  );
  const groups = new Set(record.points.map(({ group }) => group));
  if (groups.size > 1) {
    return byLevel.map(([level, points]) =>
      linesOf(input, record, measure, `, ${level}`, "", groupBy(points, seriesName)),
    );
  }
  const shown = byLevel.length <= MOST_LEVELS ? byLevel : evenly(byLevel, MOST_LEVELS);
  const part = shown.length < byLevel.length ? ` ${shown.length} of ${byLevel.length} levels.` : "";
  return [
    linesOf(
      input,
      record,
      measure,
      "",
      part,
      shown.map(([, points]) => [seriesName(points[0]!), points]),
    ),
  ];
}

function linesOf(
  input: ReportInput,
  record: DepthRecord,
  { all, dropOf, bandOf }: Measure,
  of: string,
  part: string,
  series: readonly (readonly [name: string, points: readonly Point[]])[],
): LinesFigure {
  const layers = layersOf(record);
  return {
    mark: "lines",
    title: `Drop of ${all} by layer, ${nameOf(input, record)}${of}`,
    description: `Mean drop of ${all} over the ablations of each layer${bandOf === TOP5.bandOf ? "" : ", with 95 % intervals"}.${part}`,
    x: { title: "layer", names: layers },
    y: { title: "mean drop (pp)", include: [0] },
    series: series.map(([name, points]): Series => {
      const sorted = points.toSorted((a, b) => a.layerIndex - b.layerIndex);
      return {
        name,
        x: sorted.map(({ layer }) => layers.indexOf(layer)),
        y: sorted.map(dropOf),
        band: sorted.map(bandOf),
      };
    }),
  };
}

/** So many of the items, from the first to the last. */
const evenly = <Item>(items: readonly Item[], count: number) =>
  Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);

/** Of the series with most layers, the highest level among equals; none where classes were not measured. */
function byClass(input: ReportInput, record: DepthRecord, { ofClass, classDropsOf }: Measure): LinesFigure[] {
  const layers = layersOf(record);
  const [[name, points]] = groupBy(record.points, seriesName).toSorted(
    ([, a], [, b]) => b.length - a.length || b[0]!.level - a[0]!.level,
  ) as [[string, Point[]]];
  const sorted = points.toSorted((a, b) => a.layerIndex - b.layerIndex);
  const spread = (c: number) => {
    const drops = sorted.map((point) => classDropsOf(point)?.[c] ?? 0);
    return Math.max(...drops) - Math.min(...drops);
  };
  const classes = [...(classDropsOf(sorted[0]!) ?? []).keys()]
    .sort((a, b) => spread(b) - spread(a) || a - b)
    .slice(0, MOST_CLASSES);
  if (classes.length === 0) return [];
  return [
    {
      mark: "lines",
      title: `Drop of ${ofClass} by layer and class, ${nameOf(input, record)}, ${name}`,
      description: `Mean drop of ${ofClass}, the ${classes.length} classes that vary most with depth.`,
      x: { title: "layer", names: layers },
      y: { title: `mean drop of ${ofClass} (pp)`, include: [0] },
      series: classes.map((c) => ({
        name: className(input, c),
        x: sorted.map(({ layer }) => layers.indexOf(layer)),
        y: sorted.map((point) => classDropsOf(point)?.[c] ?? null),
      })),
    },
  ];
}
