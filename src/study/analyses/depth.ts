/** Damage against depth: what ablations of each layer cost, at each share of its units. */
import { countsInterval, drawsOf } from "../../ablation/statistics/bootstrap-counts.ts";
import { wilson } from "../../ablation/statistics/wilson.ts";
import { random } from "../../core/random.ts";
import type { DepthOptions } from "../analysis-options.ts";
import type { DepthRecord, IntervalOrNull } from "../analysis-records.ts";
import type { AblationRecord, BaselineRecord } from "../records.ts";
import { classDropsPp } from "../summary.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { comparable, dropPp } from "./single-units.ts";

/** Ablations that are drawn in all at most, for sweeps over pairs have very many. */
const MOST_DRAWN = 10_000_000;
/** Fewer ablations say too little of how ablations differ. */
const LEAST_ABLATIONS = 3;

type Point = DepthRecord["points"][number];

/**
 * One record of each sweep, and replacement, whose ablations each lie in one layer: by layer, share of the layer's units
 * (to four decimals) and group, the mean drop in percentage points, of all samples, of top-5 where it was measured, and of
 * each class. `groupOf` names the group of a row; "" without. Intervals: bootstrap over at least three ablations (2,000
 * samples of them; fewer, at least 200, of more than 5,000); of one alone Wilson's interval of its accuracy, the baseline
 * taken as known; of two none.
 */
export function depth(
  input: AnalysisInput,
  _options: DepthOptions,
  groupOf: (row: number) => string = () => "",
): DepthRecord[] {
  return input.sweeps.flatMap((measured) => {
    const ablations = comparable(measured, input.baseline);
    if (ablations.some(({ sites }) => sites.length !== 1)) return [];
    return grouped(ablations, ({ replacement }) => replacement).map((group): DepthRecord => {
      const { replacement } = group[0]!;
      const label = `depth ${measured.index} ${replacement}`;
      return {
        type: "analysis",
        name: "depth",
        sweep: measured.index,
        replacement,
        points: pointsOf(group, input, groupOf, label),
        samples: input.baseline.samples,
      };
    });
  });
}

function pointsOf(
  ablations: readonly AblationRecord[],
  input: AnalysisInput,
  groupOf: (row: number) => string,
  label: string,
): Point[] {
  const unitsIn = new Map(input.layers.map(({ layerIndex, units }) => [layerIndex, units]));
  const shareOf = ({ sites: [site] }: AblationRecord) =>
    Math.round((1e4 * site!.units.length) / unitsIn.get(site!.layerIndex)!) / 1e4;
  const groups = grouped(ablations, (record) =>
    [record.sites[0]!.layerIndex, shareOf(record), groupOf(record.row)].join(" "),
  );
  return groups
    .map((records): Point => {
      const first = records[0]!;
      const { layer, layerIndex } = first.sites[0]!;
      const place = { layer, layerIndex, share: shareOf(first), group: groupOf(first.row) };
      return { ...place, ...meanDrops(records, input, `${label} ${layerIndex} ${place.share} ${place.group}`) };
    })
    .sort((a, b) => a.layerIndex - b.layerIndex || a.share - b.share);
}

function meanDrops(records: readonly AblationRecord[], { baseline, seed }: AnalysisInput, label: string) {
  const drops = records.map((record) => dropPp(record, baseline));
  const classDrops = records.map((record) => classDropsPp(record, baseline));
  const top5 = records.flatMap(({ correctTop5 }) => correctTop5 ?? []);
  const isTop5Known = baseline.correctTop5 !== undefined && top5.length === records.length;
  return {
    n: records.length,
    dropPp: mean(drops),
    interval: records.length === 1 ? wilsonOfDrop(records[0]!, baseline) : bootstrapOfMean(drops, seed, label),
    top5DropPp: isTop5Known ? (100 * (baseline.correctTop5! - mean(top5))) / baseline.samples : null,
    classDropsPp: baseline.classSamples.map((_, c) => mean(classDrops.map((ofClass) => ofClass[c]!))),
  };
}

function wilsonOfDrop({ correct, samples }: AblationRecord, baseline: BaselineRecord): IntervalOrNull {
  const { low, high } = wilson(correct, samples);
  const intact = baseline.correct / baseline.samples;
  return [100 * (intact - high), 100 * (intact - low)];
}

function bootstrapOfMean(drops: readonly number[], seed: number, label: string): IntervalOrNull {
  if (drops.length < LEAST_ABLATIONS) return null;
  const meanOf = (counts: Uint32Array) => drops.reduce((sum, drop, i) => sum + drop * counts[i]!, 0) / drops.length;
  return countsInterval(drops.length, meanOf, drawsOf(drops.length, MOST_DRAWN), random(seed, label));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
