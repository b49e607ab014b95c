/** Pairs of which either does the work of both. */
import type { RedundancyRecord } from "../../study/analysis-records.ts";
import { siteLabel } from "../../study/summary.ts";
import { marked } from "../ablation-names.ts";
import { counted, estimate, fixed, grouped, NONE, range } from "../numbers.ts";
import type { Figure, Section } from "../report.ts";
import { marksOf, subjectsOf } from "./marks.ts";
import { analysesOf, className, groupBy, largest, left, type ReportInput, right, table } from "./section.ts";

/** Units of a heat map. */
const MOST_UNITS = 64;

/** All pairs, sorted by R; a heat map of R for each layer. */
export function redundancy(input: ReportInput): Section | null {
  const pairs = analysesOf(input.run, "redundancy").toSorted((a, b) => b.R - a.R);
  const [first] = pairs;
  if (first === undefined) return null;
  const subjectOf = subjectsOf(input, pairs);
  const marks = marksOf(input, pairs);
  // Of very many pairs of a layer those of greatest R alone have records, each of which says how many there are.
  const measured = groupBy(pairs, subjectOf).reduce((sum, [, group]) => sum + (group[0]!.pairs ?? group.length), 0);
  const rows = pairs.map((pair) => {
    const most = pair.classR.reduce<number>((best, R, i) => ((R ?? 0) > (pair.classR[best] ?? 0) ? i : best), 0);
    const R = pair.classR[most] ?? 0;
    return [
      siteLabel(pair.sites),
      pair.replacement ?? "zero",
      fixed(pair.R, 4),
      range(pair.interval, 4),
      R === 0 ? NONE : `${className(input, most)} (${fixed(R, 3)})`,
    ];
  });
  return {
    id: "redundancy",
    title: "Redundancy of pairs",
    finding:
      first.R === 0
        ? `Of ${counted(measured, "pair")} none is redundant: R = 0, n = ${grouped(first.n)} samples that are right intact.`
        : `The most redundant of ${grouped(measured)} pairs is ${marked(siteLabel(first.sites), marks(first))}: R = ${estimate(first.R, first.interval, 4)}, n = ${grouped(first.n)} samples that are right intact.`,
    paragraphs: [
      "R is the share of the samples right intact that are lost when both units are switched off and kept when either is alone (Meyes et al. 2019): what one unit of the pair can do for the other.",
      "R = 0 means that no sample hangs on the pair as a pair. R does not see units that matter by themselves: a pair whose single losses cover the joint loss has a small R, however large that loss is. A sample that is wrong intact and right without either unit counts above but not below, so that R can pass 1. The most redundant of many pairs is flattered by having been chosen.",
    ],
    figures: groupBy(
      pairs.filter(({ layer }) => layer !== null),
      subjectOf,
    ).flatMap(([name, ofLayer]) => heatmap(name, ofLayer)),
    tables: [
      table(
        `Pairs by R; n = ${grouped(first.n)}`,
        [left("pair"), left("replacement"), right("R"), right("95 %"), left("most in class")],
        rows,
        input.most,
      ),
    ],
  };
}

function heatmap(name: string, pairs: readonly RedundancyRecord[]): Figure[] {
  const all = [...new Set(pairs.flatMap(({ units }) => units))].sort((a, b) => a - b);
  if (all.length < 3) return [];
  const R = new Map(pairs.flatMap(({ units: [i, j], R }) => [[`${i} ${j}`, R] as const, [`${j} ${i}`, R] as const]));
  const most = all.map((unit) => Math.max(...all.map((other) => R.get(`${unit} ${other}`) ?? 0)));
  const units = largest(most, MOST_UNITS).map((place) => all[place]!);
  const part = units.length < all.length ? `; the ${units.length} of ${all.length} units with the largest R` : "";
  return [
    {
      mark: "heatmap",
      title: `R of pairs in ${name}`,
      description: `Units by units${part}; hatched: not measured.`,
      rows: units.map(String),
      columns: units.map(String),
      values: units.map((i) => units.map((j) => R.get(`${i} ${j}`) ?? null)),
      scale: "sequential",
      value: "R",
    },
  ];
}
