/**
 * What sweeps by an order, and of similar units, are made of, found out before they begin: predictors, measured drops, greedy
 * searches, similarities. Each is a record, from which an interrupted run, or another shard, has the same rows.
 */
import { correctAfter, type Effect } from "../../ablation/effects.ts";
import { greedyOrder, type Left } from "../../ablation/greedy.ts";
import type { ListedAblation } from "../../ablation/measurement.ts";
import { groupsOf } from "../../ablation/similarity/groups.ts";
import {
  activationCka,
  activationCorrelation,
  type SimilarityMatrix,
  weightSimilarity,
} from "../../ablation/similarity/similarity.ts";
import { weightsOf } from "../../ablation/similarity/unit-weights.ts";
import { pooledMaps } from "../../engine/probe/pooled-maps.ts";
import { unitProducts } from "../../engine/probe/unit-products.ts";
import { simplify } from "../../network/simplify.ts";
import type { GroupsRecord, OrderRecord, Predictor } from "../analysis-records.ts";
import type { LayerSummary } from "../records.ts";
import { chosenLayers } from "../sites.ts";
import type { Similarity, Study, Sweep, UnitGrouping } from "../study.ts";
import { pathsOf, type SweepMaterials } from "../sweep-rows.ts";
import { type AnalysisDevice, openMeasurement, progressOf } from "./device.ts";
import { layersTogether } from "./layers-together.ts";
import { isInverse, predictorValues, probeSource, unlessStopped } from "./predictors.ts";

type OrderedSweep = Extract<Sweep, { order: unknown }>;
type SimilarSweep = Extract<Sweep, { ablate: "similar" }>;

/** Whether any sweep waits for materials. */
export function needsMaterials({ sweeps }: Study): boolean {
  return sweeps.some((sweep) => sweep.ablate === "similar" || ("order" in sweep && sweep.order !== "random"));
}

/** Materials of all sweeps; records that are not there yet are written. Rejects with `cancelled` where the run is stopped. */
export async function sweepMaterials(device: AnalysisDevice): Promise<SweepMaterials> {
  const orders = new Map<string, readonly number[]>();
  const groups = new Map<string, GroupsRecord["groups"]>();
  const { study, subject } = device.opened;
  for (const [index, sweep] of study.sweeps.entries()) {
    if (sweep.ablate !== "similar" && !("order" in sweep && sweep.order !== "random")) continue;
    const layers = chosenLayers(sweep.layers, subject.ablatable, `sweeps[${index}].layers`);
    if (sweep.ablate === "similar") {
      for (const record of await groupsRecords(device, index, sweep, layers)) {
        groups.set(`${index} ${record.layerIndex}`, record.groups);
      }
    } else {
      for (const record of await orderRecords(device, index, sweep as OrderedSweep, layers)) {
        orders.set(`${index} ${record.layerIndex} ${record.path}`, record.units);
      }
    }
  }
  return {
    order: (sweep, { layerIndex }, path) => orders.get(`${sweep} ${layerIndex} ${path}`)!,
    groups: (sweep, { layerIndex }) => groups.get(`${sweep} ${layerIndex}`)!,
  };
}

/** The orders of some layers: of each one, or one for each class. */
async function orderRecords(
  device: AnalysisDevice,
  sweep: number,
  options: OrderedSweep,
  layers: readonly LayerSummary[],
): Promise<readonly OrderRecord[]> {
  const found: OrderRecord[] = [];
  const missing: { readonly layer: LayerSummary; readonly latest: OrderRecord | null }[] = [];
  for (const layer of layers) {
    const own = device.earlier.filter(
      (record): record is OrderRecord =>
        record.name === "order" && record.sweep === sweep && record.layerIndex === layer.layerIndex,
    );
    const complete = own.filter((record) => record.complete);
    // A process that is killed while it writes the orders of all classes leaves some of them.
    if (complete.length === pathsOf(options, device.opened.subject.classes)) found.push(...complete);
    else missing.push({ layer, latest: own.at(-1) ?? null });
  }
  if (missing.length === 0) return found;
  switch (options.order) {
    case "random":
      break;
    case "greedy-least":
    case "greedy-most":
      for (const { layer, latest } of missing) found.push(await greedy(device, sweep, options, layer, latest));
      break;
    case "measured":
    case "measured-class":
      for (const { layer } of missing) found.push(...(await measured(device, sweep, options, layer)));
      break;
    default: {
      const unknown = missing.map(({ layer }) => layer);
      found.push(...(await predicted(device, sweep, options.order, unknown)));
    }
  }
  return found;
}

const orderRecord = (
  sweep: number,
  { layer, layerIndex }: LayerSummary,
  by: string,
  found: Pick<OrderRecord, "units" | "scores" | "complete" | "n"> & { readonly path?: number },
): OrderRecord => ({ type: "analysis", name: "order", layer, layerIndex, sweep, by, path: 0, ...found });

/** By a predictor, what matters most by it first; units of which it says nothing last. */
async function predicted(
  device: AnalysisDevice,
  sweep: number,
  predictor: Predictor,
  layers: readonly LayerSummary[],
): Promise<readonly OrderRecord[]> {
  progressOf(device, `the order of ${namesOf(layers)} by ${predictor}`);
  const found = await layersTogether(layers, async (some) => {
    const valuesOf = await predictorValues(device, some, [predictor], { samples: null, batch: 64 });
    return some.map((layer) => valuesOf(predictor, layer));
  });
  const sign = isInverse(predictor) ? 1 : -1;
  const records = layers.map((layer, place) => {
    const values = found[place]!;
    const key = (unit: number) => (values[unit] === null ? Number.POSITIVE_INFINITY : sign * values[unit]!);
    const units = Array.from(values.keys()).sort((a, b) => compared(key(a), key(b)) || a - b);
    const scores = units.map((unit) => values[unit]!);
    return orderRecord(sweep, layer, predictor, { units, scores, complete: true, n: layer.units });
  });
  device.write(records);
  return records;
}

const namesOf = (layers: readonly LayerSummary[]) => layers.map(({ layer }) => layer).join(", ");

/** Infinities are equal to themselves, which their difference is not. */
const compared = (a: number, b: number) => (a === b ? 0 : a - b);

/** By what each unit's ablation costs by itself, in all or of each class: what costs most first. */
async function measured(
  device: AnalysisDevice,
  sweep: number,
  options: OrderedSweep,
  layer: LayerSummary,
): Promise<readonly OrderRecord[]> {
  progressOf(device, `what each unit of ${layer.layer} costs`);
  using measurement = openMeasurement(device);
  const single = Array.from({ length: layer.units }, (_, unit) => without(device, options, layer, [unit]));
  const effects = await measurement.effects(single);
  const { outcome } = await measurement.intact();
  const costs =
    options.order === "measured"
      ? [effects.map((effect) => outcome.correct - correctAfter(outcome, effect))]
      : Array.from(outcome.classSamples, (_, c) => effects.map((each) => each.classLost[c]! - each.classGained[c]!));
  const records = costs.map((cost, path) => {
    const units = Array.from(cost.keys()).sort(
      (a, b) => cost[b]! - cost[a]! || effects[b]!.lossSum - effects[a]!.lossSum || a - b,
    );
    const scores = units.map((unit) => cost[unit]!);
    return orderRecord(sweep, layer, options.order, { units, scores, complete: true, n: outcome.samples, path });
  });
  device.write(records);
  return records;
}

/** Greedily, a record after each unit, from where an interrupted search was. */
async function greedy(
  device: AnalysisDevice,
  sweep: number,
  options: OrderedSweep,
  layer: LayerSummary,
  before: OrderRecord | null,
): Promise<OrderRecord> {
  const kind = options.order === "greedy-least" ? "least" : "most";
  const progress = progressOf(device, `${options.order} order of ${layer.layer}`);
  using measurement = openMeasurement(device);
  let n = before?.n ?? 0;
  const measure = async (sets: readonly (readonly number[])[]): Promise<Left[]> => {
    const effects = await measurement.effects(sets.map((units) => without(device, options, layer, units)));
    const { outcome } = await measurement.intact();
    n = outcome.samples;
    return effects.map((effect: Effect) => ({ correct: correctAfter(outcome, effect), lossSum: effect.lossSum }));
  };
  const units = [...(before?.units ?? [])];
  const scores = [...(before?.scores ?? [])];
  let record = before ?? orderRecord(sweep, layer, options.order, { units, scores, complete: false, n });
  for await (const { unit, correct } of greedyOrder(layer.units, kind, measure, units)) {
    units.push(unit);
    scores.push(correct);
    const complete = units.length === layer.units;
    record = orderRecord(sweep, layer, options.order, { units: [...units], scores: [...scores], complete, n });
    device.write([record]);
    progress(units.length, layer.units);
  }
  return record;
}

/** Units of a layer as a sweep replaces them. */
function without(
  { opened }: AnalysisDevice,
  { replacement, replacements, site }: OrderedSweep,
  { layerIndex }: LayerSummary,
  units: readonly number[],
): ListedAblation {
  const { study } = opened;
  return {
    sites: [{ layerIndex, units }],
    replacement: replacements?.[0] ?? replacement ?? study.replacement,
    site: site ?? study.site,
  };
}

/** Samples that maps are compared on, at most: CKA compares every two samples. */
const CKA_SAMPLES = 128;

async function groupsRecords(
  device: AnalysisDevice,
  sweep: number,
  options: SimilarSweep,
  layers: readonly LayerSummary[],
): Promise<readonly GroupsRecord[]> {
  const found = device.earlier.filter(
    (record): record is GroupsRecord => record.name === "groups" && record.sweep === sweep,
  );
  const missing = layers.filter(({ layerIndex }) => !found.some((record) => record.layerIndex === layerIndex));
  if (missing.length === 0) return found;
  progressOf(device, `similar units of ${namesOf(missing)}`);
  const { seed } = device.opened.study;
  const similarities = await layersTogether(missing, (some) => similaritiesOf(device, options.similarity, some));
  const records = missing.map((layer, place): GroupsRecord => {
    const { matrix, n } = similarities[place]!();
    return {
      type: "analysis",
      name: "groups",
      layer: layer.layer,
      layerIndex: layer.layerIndex,
      sweep,
      similarity: options.similarity,
      grouping: groupingText(options.grouping),
      groups: groupsOf(matrix, options, { seed, label: `similar/${sweep}/${layer.layer}` }),
      n,
    };
  });
  device.write(records);
  return [...found, ...records];
}

/** How similar the units of a layer are, and from how many weights or samples; a matrix is made when it is asked for. */
type LayerSimilarity = () => { readonly matrix: SimilarityMatrix; readonly n: number };

async function similaritiesOf(
  device: AnalysisDevice,
  similarity: Similarity,
  layers: readonly LayerSummary[],
): Promise<readonly LayerSimilarity[]> {
  const { gpu, opened, proceed, network } = device;
  const { samples } = opened.dataset;
  const names = layers.map(({ layer }) => layer);
  switch (similarity) {
    case "activation-correlation": {
      const products = unlessStopped(await unitProducts(gpu, probeSource(device, samples), names, proceed));
      return products.map((each) => () => ({ matrix: activationCorrelation(each), n: samples }));
    }
    case "activation-cka": {
      const n = Math.min(samples, CKA_SAMPLES);
      const maps = unlessStopped(await pooledMaps(gpu, probeSource(device, n), names, proceed));
      return maps.map(({ units, height, width, values }) => () => {
        const activations = { units, samples: n, positions: height * width, activations: values };
        return { matrix: activationCka(activations), n };
      });
    }
    default: {
      const plain = simplify(network);
      return names.map((name) => () => {
        const weights = weightsOf(plain, name);
        return { matrix: weightSimilarity(similarity, weights), n: weights.length };
      });
    }
  }
}

/** "nearest", "agglomerative average", "k-medoids", "threshold". */
function groupingText(grouping: UnitGrouping): string {
  return grouping.kind === "agglomerative" ? `${grouping.kind} ${grouping.linkage}` : grouping.kind;
}
