/**
 * Graceful or sudden: accuracy against how many units of a layer are ablated, as a curve, its area, and the share of units
 * that half of the accuracy above chance depends on.
 */
import { studentInterval } from "../../ablation/statistics/student.ts";
import { wilson } from "../../ablation/statistics/wilson.ts";
import type { DegradationOptions } from "../analysis-options.ts";
import type { DegradationRecord, IntervalOrNull } from "../analysis-records.ts";
import type { AblationRecord } from "../records.ts";
import type { Sweep } from "../study.ts";
import { orderName } from "../sweep-coverage.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { comparable } from "./single-units.ts";

/** A layer's curve: how many units are ablated at each point, ascending from 0, and the share that is. */
interface Points {
  readonly ablated: readonly number[];
  readonly share: readonly number[];
}

/**
 * One record of each cumulative or keep-only sweep, layer and replacement. The curve begins with the baseline, at none
 * ablated, and is the mean over the draws that have a point; its area is by trapezia over the share ablated, from 0 to the
 * last point, over that range, so that 1 is right throughout. Half damage is the least share, linear between points, at which
 * accuracy is (baseline + chance) / 2. Intervals: Student's of the mean over draws, of the area over draws that have all points;
 * half damage lies between the shares at which the lower and the upper ends of the points' intervals come to it (all shares that
 * the intervals do not refute), null where the upper ones never do. Of a single draw Wilson's at each point and none of area
 * and half damage. Orders by the damage to single classes have a second record, "-own-class": the recall of the
 * class that each order is of, over the classes that have samples, and chance one in so many classes.
 */
export function degradation(input: AnalysisInput, _options: DegradationOptions): DegradationRecord[] {
  return input.sweeps.flatMap((measured) => {
    const order = "order" in measured.sweep ? orderName(measured.sweep) : null;
    if (order === null) return [];
    const inOneLayer = comparable(measured, input.baseline).filter(({ sites }) => sites.length === 1);
    const measures = [allClasses(order, input), ...(isByClass(measured.sweep) ? [ownClass(order, input)] : [])];
    return grouped(inOneLayer, ({ sites, replacement }) => `${sites[0]!.layerIndex} ${replacement}`).flatMap((rows) =>
      measures.map((measure) => curveOf(rows, measured.index, measure, input)),
    );
  });
}

const isByClass = (sweep: Sweep) => "order" in sweep && sweep.order === "measured-class";

/** What a curve is of. */
interface Measure {
  readonly name: DegradationRecord["measure"];
  readonly order: string;
  readonly intact: number;
  readonly chance: number;
  /** Of the intact network, and of a record, in the n-th draw; NaN where it has none. */
  readonly intactIn: (draw: number) => number;
  readonly of: (record: AblationRecord, draw: number) => number;
}

function allClasses(order: string, { baseline }: AnalysisInput): Measure {
  const intact = baseline.correct / baseline.samples;
  return {
    name: "accuracy",
    order,
    intact,
    chance: Math.max(...baseline.classSamples) / baseline.samples,
    intactIn: () => intact,
    of: ({ correct, samples }) => correct / samples,
  };
}

/** Recall of the class that the n-th order is of. */
function ownClass(order: string, { baseline: { classCorrect, classSamples } }: AnalysisInput): Measure {
  const recallOf = (correct: readonly number[], c: number) => {
    const samples = classSamples[c] ?? 0;
    return samples === 0 ? Number.NaN : correct[c]! / samples;
  };
  const recalls = classSamples.map((_, c) => recallOf(classCorrect, c)).filter((recall) => !Number.isNaN(recall));
  return {
    name: "own-class-recall",
    order: `${order}-own-class`,
    intact: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
    chance: 1 / classSamples.length,
    intactIn: (draw) => recallOf(classCorrect, draw),
    of: (record, draw) => recallOf(record.classCorrect, draw),
  };
}

function curveOf(
  rows: readonly AblationRecord[],
  sweep: number,
  measure: Measure,
  { baseline, layers }: AnalysisInput,
): DegradationRecord {
  const { order, intact, chance } = measure;
  const { replacement, sites } = rows[0]!;
  const { layer, layerIndex } = sites[0]!;
  const units = layers.find((summary) => summary.layerIndex === layerIndex)!.units;
  const ablated = [0, ...new Set(rows.map(ablatedIn))].sort((a, b) => a - b);
  const points = { ablated, share: ablated.map((count) => count / units) };
  const half = (intact + chance) / 2;
  const draws = drawsOf(rows).map((draw, index) =>
    accuracies(draw, points, measure.intactIn(index), (record) => measure.of(record, index)),
  );
  const accuracy = meanCurve(draws);
  const intervals = points.ablated.map((count, point) =>
    count === 0 ? ([intact, intact] as const) : studentInterval(knownAt(draws, point), { least: 0, most: 1 }),
  );
  const whole = draws.filter((draw) => draw.every((value) => !Number.isNaN(value)));
  const halfDamage = halfDamageShare(points.share, accuracy, half);
  const wilsonAt = (share: number): IntervalOrNull => {
    const { low, high } = wilson(Math.round(share * baseline.samples), baseline.samples);
    return [low, high];
  };
  return {
    type: "analysis",
    name: "degradation",
    sweep,
    layer,
    layerIndex,
    order,
    measure: measure.name,
    replacement,
    units,
    ablated,
    accuracy: Array.from(accuracy),
    interval: ablated.map((count, point) =>
      count === 0 || draws.length === 1 ? wilsonAt(accuracy[point]!) : intervals[point]!,
    ),
    draws: draws.length,
    auc: areaUnder(points.share, accuracy),
    aucInterval: studentInterval(
      whole.map((draw) => areaUnder(points.share, draw)),
      { least: 0, most: 1 },
    ),
    halfDamage: Number.isNaN(halfDamage) ? null : halfDamage,
    halfDamageInterval: Number.isNaN(halfDamage) ? null : halfDamageInterval(points.share, intervals, half),
    chance,
    baseline: intact,
    n: baseline.samples,
  };
}

const ablatedIn = ({ sites }: AblationRecord) => sites[0]!.units.length;

/**
 * Rows come draw after draw, and a draw has each number of units once: the second of a number begins the next. Where rows
 * are missing, two draws may make up one; each point is then still one of a draw.
 */
function drawsOf(rows: readonly AblationRecord[]): AblationRecord[][] {
  const draws: AblationRecord[][] = [];
  let seen = new Set<number>();
  for (const record of rows.toSorted((a, b) => a.row - b.row)) {
    if (draws.length === 0 || seen.has(ablatedIn(record))) {
      draws.push([]);
      seen = new Set();
    }
    seen.add(ablatedIn(record));
    draws.at(-1)!.push(record);
  }
  return draws;
}

/** [points], NaN where the draw has none. */
function accuracies(
  draw: readonly AblationRecord[],
  { ablated }: Points,
  intact: number,
  of: (record: AblationRecord) => number,
): Float64Array {
  const found = new Map(draw.map((record) => [ablatedIn(record), of(record)]));
  return Float64Array.from(ablated, (count) => (count === 0 ? intact : (found.get(count) ?? Number.NaN)));
}

/** What the draws that have a point are there. */
const knownAt = (draws: readonly Float64Array[], point: number) =>
  draws.flatMap((draw) => (Number.isNaN(draw[point]!) ? [] : [draw[point]!]));

/** [points]: mean over the draws that have the point; NaN where none has. */
function meanCurve(draws: readonly Float64Array[]): Float64Array {
  return Float64Array.from(draws[0]!, (_, point) => {
    const known = knownAt(draws, point);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

/** From where the lower ends of the points' intervals come down to `half` to where the upper ones do. */
function halfDamageInterval(
  share: readonly number[],
  intervals: readonly IntervalOrNull[],
  half: number,
): IntervalOrNull {
  const ends = (end: 0 | 1) => intervals.map((interval) => interval?.[end] ?? Number.NaN);
  const [low, high] = [halfDamageShare(share, ends(0), half), halfDamageShare(share, ends(1), half)];
  return Number.isNaN(high) ? null : [low, high];
}

/** Mean height of a curve by trapezia over `share`; points that are NaN are left out. */
export function areaUnder(share: readonly number[], accuracy: ArrayLike<number>): number {
  const known = share.flatMap((x, i) => (Number.isNaN(accuracy[i]!) ? [] : [[x, accuracy[i]!] as const]));
  const range = known.at(-1)![0] - known[0]![0];
  let area = 0;
  for (const [i, [x, y]] of known.entries()) {
    const [before, height] = known[Math.max(0, i - 1)]!;
    area += ((x - before) * (y + height)) / 2;
  }
  return range > 0 ? area / range : known[0]![1];
}

/** The least share at which a curve that starts above `half` is at it; NaN where it never is. */
export function halfDamageShare(share: readonly number[], accuracy: ArrayLike<number>, half: number): number {
  const known = share.flatMap((x, i) => (Number.isNaN(accuracy[i]!) ? [] : [[x, accuracy[i]!] as const]));
  const fallen = known.findIndex(([, y]) => y <= half);
  if (fallen < 1) return Number.NaN;
  const [[x0, y0], [x1, y1]] = [known[fallen - 1]!, known[fallen]!];
  return x0 + ((y0 - half) / (y0 - y1)) * (x1 - x0);
}
