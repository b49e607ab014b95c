/** Whether early or late layers matter more. */
import type { DepthRecord } from "../../study/analysis-records.ts";
import { estimate, fixed, grouped, NONE, percent, range } from "../numbers.ts";
import type { LinesFigure, Section } from "../report.ts";
import { analysesOf, className, groupBy, left, type ReportInput, right, sweepName, table } from "./section.ts";

const MOST_CLASSES = 8;
type Point = DepthRecord["points"][number];
const seriesName = ({ group, share }: Point) =>
  [group, percent(share, share < 0.01 ? 1 : 0)].filter(Boolean).join(", ");

/** Mean damage by layer, overall and by class. */
export function depth(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "depth");
  const [first] = records;
  const worst = first?.points.reduce((a, b) => (b.dropPp > a.dropPp ? b : a));
  if (first === undefined || worst === undefined) return null;
  return {
    id: "depth",
    title: "Damage against depth",
    finding: `${worst.layer} is the most fragile place (${seriesName(worst)} of its units): ${estimate(worst.dropPp, worst.interval)} pp are lost on average over ${grouped(worst.n)} ablations, each on ${grouped(first.samples)} samples.`,
    paragraphs: [
      "The mean drop of accuracy over the ablations of each layer, by the share of its units that is switched off, in the order of the layers.",
      "Layers differ in width: the same share is another number of units. The bands are 95 % intervals of the mean over ablations; where a layer has one ablation there is none. Classes are those whose damage varies most with depth.",
    ],
    figures: records.flatMap((record) => [overall(input, record), byClass(input, record)]),
    tables: records.map((record) =>
      table(
        nameOf(input, record),
        [
          left("layer"),
          left("group"),
          right("share"),
          right("ablations"),
          right("mean drop pp"),
          right("95 %"),
          right("top-5 drop pp"),
        ],
        record.points.map(({ layer, group, share, n, dropPp, interval, top5DropPp }) => [
          layer,
          group || NONE,
          percent(share, 1),
          grouped(n),
          fixed(dropPp),
          range(interval),
          fixed(top5DropPp),
        ]),
        Math.max(input.most, record.points.length),
      ),
    ),
  };
}

const nameOf = (input: ReportInput, { sweep, replacement = "zero" }: DepthRecord) =>
  `${sweepName(input, sweep)}${replacement === "zero" ? "" : `, ${replacement}`}`;

/** Layers in the order of the network. */
const layersOf = ({ points }: DepthRecord) => [
  ...new Set(points.toSorted((a, b) => a.layerIndex - b.layerIndex).map(({ layer }) => layer)),
];

function overall(input: ReportInput, record: DepthRecord): LinesFigure {
  const layers = layersOf(record);
  return {
    mark: "lines",
    title: `Damage by layer, ${nameOf(input, record)}`,
    description: "Mean drop of accuracy over the ablations of each layer, with 95 % intervals.",
    x: { title: "layer", names: layers },
    y: { title: "mean drop (pp)", include: [0] },
    series: groupBy(record.points, seriesName).map(([name, points]) => {
      const sorted = points.toSorted((a, b) => a.layerIndex - b.layerIndex);
      return {
        name,
        x: sorted.map(({ layer }) => layers.indexOf(layer)),
        y: sorted.map(({ dropPp }) => dropPp),
        band: sorted.map(({ interval }) => interval),
      };
    }),
  };
}

/** Of the series with most layers, the largest share among equals. */
function byClass(input: ReportInput, record: DepthRecord): LinesFigure {
  const layers = layersOf(record);
  const [[name, points]] = groupBy(record.points, seriesName).toSorted(
    ([, a], [, b]) => b.length - a.length || b[0]!.share - a[0]!.share,
  ) as [[string, Point[]]];
  const sorted = points.toSorted((a, b) => a.layerIndex - b.layerIndex);
  const spread = (c: number) => {
    const drops = sorted.map(({ classDropsPp }) => classDropsPp[c] ?? 0);
    return Math.max(...drops) - Math.min(...drops);
  };
  const classes = [...sorted[0]!.classDropsPp.keys()]
    .sort((a, b) => spread(b) - spread(a) || a - b)
    .slice(0, MOST_CLASSES);
  return {
    mark: "lines",
    title: `Damage by layer and class, ${name} of units`,
    description: `Mean drop of recall, the ${classes.length} classes that vary most with depth.`,
    x: { title: "layer", names: layers },
    y: { title: "mean drop of recall (pp)", include: [0] },
    series: classes.map((c) => ({
      name: className(input, c),
      x: sorted.map(({ layer }) => layers.indexOf(layer)),
      y: sorted.map(({ classDropsPp }) => classDropsPp[c] ?? null),
    })),
  };
}
