/** Damage against depth: what ablations of each layer cost, at each level that the sweep asks for. */
import { studentInterval } from "../../ablation/statistics/student.ts";
import { wilson } from "../../ablation/statistics/wilson.ts";
import type { DepthOptions } from "../analysis-options.ts";
import type { DepthRecord, GroupsRecord, IntervalOrNull } from "../analysis-records.ts";
import type { AblationRecord, BaselineRecord } from "../records.ts";
import { classDropsPp, classTop5DropsPp } from "../summary.ts";
import { type Asked, askedBy } from "./asked-level.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { comparable, dropPp } from "./single-units.ts";

type Point = DepthRecord["points"][number];

/**
 * One record of each sweep, and replacement, whose ablations each lie in one layer: by layer, level asked for and group, the
 * mean drop in percentage points, of all samples, of top-5 where it was measured, and of each class. `groups`: those that
 * sweeps over similar units were made of. Intervals: of one ablation Wilson's of its accuracy, of several Student's of the
 * mean over ablations; of both the baseline is taken as known.
 */
export function depth(
  input: AnalysisInput,
  _options: DepthOptions,
  groups: readonly GroupsRecord[] = [],
): DepthRecord[] {
  return input.sweeps.flatMap((measured) => {
    const ablations = comparable(measured, input.baseline);
    if (ablations.some(({ sites }) => sites.length !== 1)) return [];
    const asked = askedBy(measured, input.layers, groups);
    return grouped(ablations, ({ replacement }) => replacement).map(
      (ofReplacement): DepthRecord => ({
        type: "analysis",
        name: "depth",
        sweep: measured.index,
        replacement: ofReplacement[0]!.replacement,
        points: pointsOf(ofReplacement, input, asked),
        samples: input.baseline.samples,
      }),
    );
  });
}

function pointsOf(
  ablations: readonly AblationRecord[],
  input: AnalysisInput,
  askedOf: (ablation: AblationRecord) => readonly Asked[],
): Point[] {
  const unitsIn = new Map(input.layers.map(({ layerIndex, units }) => [layerIndex, units]));
  const each = ablations.flatMap((ablation) => askedOf(ablation).map((asked) => ({ ablation, asked })));
  const points = grouped(each, ({ ablation, asked: { by, level, group } }) =>
    [ablation.sites[0]!.layerIndex, by, level, group].join(" "),
  );
  return points
    .map((ofPoint): Point => {
      const records = ofPoint.map(({ ablation }) => ablation);
      const { layer, layerIndex } = records[0]!.sites[0]!;
      const sizes = records.map(({ sites: [site] }) => site!.units.length);
      return {
        layer,
        layerIndex,
        ...ofPoint[0]!.asked,
        units: unitsIn.get(layerIndex)!,
        ablated: [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))],
        ...meanDrops(records, input.baseline),
      };
    })
    .sort((a, b) => a.layerIndex - b.layerIndex || a.level - b.level);
}

function meanDrops(records: readonly AblationRecord[], baseline: BaselineRecord) {
  const drops = records.map((record) => dropPp(record, baseline));
  const classDrops = records.map((record) => classDropsPp(record, baseline));
  const top5 = records.flatMap(({ correctTop5 }) => correctTop5 ?? []);
  const isTop5Known = baseline.correctTop5 !== undefined && top5.length === records.length;
  const classTop5 = records.flatMap((record) => {
    const drops = classTop5DropsPp(record, baseline);
    return drops === null ? [] : [drops];
  });
  const meanByClass = (drops: readonly (readonly number[])[]) =>
    baseline.classSamples.map((_, c) => mean(drops.map((ofClass) => ofClass[c]!)));
  return {
    n: records.length,
    dropPp: mean(drops),
    interval: records.length === 1 ? wilsonOfDrop(records[0]!, baseline) : studentInterval(drops, rangeOf(baseline)),
    top5DropPp: isTop5Known ? (100 * (baseline.correctTop5! - mean(top5))) / baseline.samples : null,
    classDropsPp: meanByClass(classDrops),
    classTop5DropsPp: classTop5.length === records.length ? meanByClass(classTop5) : null,
  };
}

function wilsonOfDrop({ correct, samples }: AblationRecord, baseline: BaselineRecord): IntervalOrNull {
  const { low, high } = wilson(correct, samples);
  const intact = baseline.correct / baseline.samples;
  return [100 * (intact - high), 100 * (intact - low)];
}

/** All wrong, and all right. */
const rangeOf = ({ correct, samples }: BaselineRecord) => ({
  least: (100 * (correct - samples)) / samples,
  most: (100 * correct) / samples,
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
