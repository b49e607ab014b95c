/** Neuron Shapley of a study's layers: rounds of random orders, twice as many each, a record after each round. */

import { correctAfter } from "../../ablation/effects.ts";
import {
  alongPermutations,
  drawOrders,
  looksOf,
  type Marginals,
  noMarginals,
  topOf,
  withMarginal,
} from "../../ablation/shapley.ts";
import { random } from "../../core/random.ts";
import type { ShapleyOptions } from "../analysis-options.ts";
import type { ShapleyRecord } from "../analysis-records.ts";
import type { LayerSummary } from "../records.ts";
import { chosenLayers } from "../sites.ts";
import { type AnalysisDevice, mayGoOn, openMeasurement, progressOf } from "./device.ts";

/** Orders of the first round. */
const FIRST = 8;
/** Orders whose sets are measured together. */
const AT_ONCE = 8;
/** A contribution to accuracy lies between -100 and 100 percentage points. */
const MOST_PP = 100;
const RANGE_PP = 2 * MOST_PP;

export async function shapley(device: AnalysisDevice, options: ShapleyOptions): Promise<void> {
  for (const layer of chosenLayers(options.layers, device.subject.ablatable, "analyses shapley layers")) {
    await ofLayer(device, options, layer);
  }
}

async function ofLayer(device: AnalysisDevice, options: ShapleyOptions, layer: LayerSummary): Promise<void> {
  const before = device.earlier.findLast(
    (record): record is ShapleyRecord => record.name === "shapley" && record.layerIndex === layer.layerIndex,
  );
  if (before?.final) return;
  const { replacement, site, seed } = device.opened.study;
  using measurement = openMeasurement(device);
  const { outcome } = await measurement.intact();
  const { samples, correct, classSamples } = outcome;
  const percent = (count: number) => (100 * count) / samples;
  const limits = { intact: percent(correct), floor: percent(Math.max(...classSamples)) + options.truncationPp };
  const progress = progressOf(device, `Shapley values of ${layer.layer}`);
  const accuraciesOf = async (sets: readonly (readonly number[])[]) => {
    const effects = await measurement.effects(
      sets.map((units) => ({ sites: [{ layerIndex: layer.layerIndex, units }], replacement, site })),
    );
    return effects.map((effect) => percent(correctAfter(outcome, effect)));
  };
  const looks = looksOf(options.permutations, FIRST);
  let marginals: readonly Marginals[] = before
    ? before.units.map((_, i) => ({ count: before.counts[i]!, mean: before.values[i]!, m2: before.m2[i]! }))
    : Array.from({ length: layer.units }, () => noMarginals);
  let { permutations, evaluations, truncated } = before ?? { permutations: 0, evaluations: 0, truncated: 0 };
  let { states } = topOf(marginals, options.top, options.confidence, looks, RANGE_PP);
  for (let goal = Math.max(FIRST, 2 * permutations); ; goal *= 2) {
    const until = Math.min(goal, options.permutations);
    while (permutations < until) {
      await mayGoOn(device);
      const count = Math.min(AT_ONCE, until - permutations);
      // Of a label of their own each: a resumed run draws what an undisturbed one does.
      const orders = drawOrders(count, layer.units, random(seed, `shapley ${layer.layerIndex} ${permutations}`));
      const open = (unit: number) => states[unit] === "open";
      const found = await alongPermutations(orders, open, limits, accuraciesOf);
      const next = [...marginals];
      for (const { unit, value } of found.values) next[unit] = withMarginal(next[unit]!, value);
      marginals = next;
      permutations += count;
      evaluations += found.evaluations;
      truncated += found.truncated;
      progress(permutations, options.permutations);
    }
    const judged = topOf(marginals, options.top, options.confidence, looks, RANGE_PP);
    states = judged.states;
    const isToldApart = states.every((state) => state !== "open");
    const final = isToldApart || permutations >= options.permutations;
    // Of no more units than are asked for, which those are is known; what is wanted is their values.
    const settled = isToldApart || layer.units <= options.top;
    device.write([
      {
        type: "analysis",
        name: "shapley",
        layer: layer.layer,
        layerIndex: layer.layerIndex,
        units: marginals.map((_, unit) => unit),
        values: marginals.map(({ mean }) => mean),
        intervals: marginals.map(({ mean }, i) => intervalOf(mean, judged.halfWidths[i]!)),
        counts: marginals.map(({ count }) => count),
        m2: marginals.map(({ m2 }) => m2),
        permutations,
        evaluations,
        truncated,
        top: ranked(marginals).slice(0, options.top),
        settled,
        confidence: options.confidence,
        final,
      },
    ]);
    if (final) return;
  }
}

function intervalOf(mean: number, half: number): readonly [number, number] | null {
  return Number.isFinite(half) ? [Math.max(-MOST_PP, mean - half), Math.min(MOST_PP, mean + half)] : null;
}

/** Units, the largest value first. */
function ranked(marginals: readonly Marginals[]): number[] {
  return Array.from(marginals.keys()).sort((a, b) => marginals[b]!.mean - marginals[a]!.mean || a - b);
}
