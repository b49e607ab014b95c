/**
 * Can the gain be had without the loss? Searched on one random half of the samples and reported on the other: factors on single
 * units and whole layers, and units switched off one after the other. Trained on the training samples and reported on the same
 * half: factors of all units at once and, as the control, all weights further.
 */
import { changesByClass } from "../../ablation/effects.ts";
import { gainParameters, gainsOf, halvesOf, withGains } from "../../ablation/gains.ts";
import type { ListedAblation, Measurement } from "../../ablation/measurement.ts";
import { mcnemar } from "../../ablation/statistics/mcnemar.ts";
import { pairedDifference } from "../../ablation/statistics/paired-difference.ts";
import { countBits } from "../../core/bitset.ts";
import { openTrainer } from "../../engine/training/trainer.ts";
import { formOf } from "../../engine/training/training-graph.ts";
import type { Network } from "../../network/network.ts";
import type { GainSearchOptions } from "../analysis-options.ts";
import type { GainSearchRecord } from "../analysis-records.ts";
import type { LayerSummary } from "../records.ts";
import { chosenLayers } from "../sites.ts";
import { testData } from "../training-data.ts";
import { type AnalysisDevice, mayGoOn, openMeasurement, progressOf, subjectOn } from "./device.ts";

type Method = GainSearchRecord["method"];
type Factors = GainSearchRecord["factors"];

/** What a search came to: a network as it is after it, on all samples. */
interface Found {
  readonly layer: LayerSummary | null;
  readonly found: string;
  readonly factors: Factors;
  /** Correctness bits. */
  readonly bits: Uint32Array;
}

/** The samples in two halves, and what the intact network gets right of them. */
interface Halves {
  readonly search: Uint32Array;
  readonly report: Uint32Array;
  readonly before: Uint32Array;
  /** [samples]: label in the low half. */
  readonly truths: Uint32Array;
  readonly classes: number;
}

export async function gainSearch(device: AnalysisDevice, options: GainSearchOptions): Promise<void> {
  const layers = chosenLayers(options.layers, device.subject.ablatable, "analyses gain-search layers");
  const halves = await halvesOn(device);
  for (const method of options.methods) {
    if (device.earlier.some((record) => record.name === "gain-search" && record.method === method)) continue;
    await mayGoOn(device);
    const found = await search(device, options, method, layers, halves);
    device.write([recordOf(method, found, halves)]);
  }
}

function search(
  device: AnalysisDevice,
  options: GainSearchOptions,
  method: Method,
  layers: readonly LayerSummary[],
  halves: Halves,
): Promise<Found> {
  switch (method) {
    case "scale":
      return scaled(device, options, layers, halves);
    case "greedy":
      return switchedOff(device, options, layers, halves);
    case "gains":
      return trainedGains(device, options, layers);
    case "control":
      return trainedOn(device, options);
  }
}

async function halvesOn(device: AnalysisDevice): Promise<Halves> {
  using measurement = openMeasurement(device);
  const { outcome, truths } = await measurement.intact();
  const [search, report] = halvesOf(outcome.samples, device.opened.study.seed);
  return { search, report, before: outcome.bits, truths, classes: outcome.classCorrect.length };
}

/** Every factor on every unit, and on every layer as a whole: the one with most search samples right. */
async function scaled(
  device: AnalysisDevice,
  { factors }: GainSearchOptions,
  layers: readonly LayerSummary[],
  { search }: Halves,
): Promise<Found> {
  const { site } = device.opened.study;
  const candidates = layers.flatMap((layer) => {
    const all = Array.from({ length: layer.units }, (_, unit) => unit);
    return [...all.map((unit) => [unit]), all].flatMap((units) => factors.map((factor) => ({ layer, units, factor })));
  });
  const progress = progressOf(device, "factors on units");
  using measurement = openMeasurement(device);
  let best: { bits: Uint32Array; right: number; candidate: (typeof candidates)[number] | null } | null = null;
  for (let at = 0; at < candidates.length; at += PORTION) {
    await mayGoOn(device);
    const portion = candidates.slice(at, at + PORTION);
    const found = await bitsAfter(
      measurement,
      portion.map(({ layer, units, factor }) => ({
        sites: [{ layerIndex: layer.layerIndex, units }],
        replacement: { kind: "scale" as const, factor },
        site,
      })),
    );
    const intact = (await measurement.intact()).outcome.bits;
    best ??= { bits: intact, right: rightIn(intact, search), candidate: null };
    for (const [i, bits] of found.entries()) {
      const right = rightIn(bits, search);
      if (right > best.right) best = { bits, right, candidate: portion[i]! };
    }
    progress(at + portion.length, candidates.length);
  }
  const { bits, candidate } = best!;
  if (!candidate) return { layer: null, found: "no factor on a unit or a layer helps", factors: [], bits };
  const { layer, units, factor } = candidate;
  const what = units.length === 1 ? `${layer.layer}: ${units[0]}` : `all of ${layer.layer}`;
  return {
    layer,
    found: `${what} times ${factor}`,
    factors: units.map((unit) => ({ layerIndex: layer.layerIndex, unit, factor })),
    bits,
  };
}

/** Units off, one after the other, as long as each brings more search samples right; at most `most`. */
async function switchedOff(
  device: AnalysisDevice,
  { most }: GainSearchOptions,
  layers: readonly LayerSummary[],
  { search, before }: Halves,
): Promise<Found> {
  const { site } = device.opened.study;
  const units = layers.flatMap(({ layerIndex, layer, units }) =>
    Array.from({ length: units }, (_, unit) => ({ layerIndex, layer, unit })),
  );
  const progress = progressOf(device, "units off that help");
  using measurement = openMeasurement(device);
  let off: (typeof units)[number][] = [];
  let bits = before;
  while (off.length < most) {
    await mayGoOn(device);
    const left = units.filter((unit) => !off.includes(unit));
    const found = await bitsAfter(
      measurement,
      left.map((unit) => ({ sites: sitesOf([...off, unit]), replacement: { kind: "zero" as const }, site })),
    );
    const rights = found.map((each) => rightIn(each, search));
    const best = rights.indexOf(Math.max(...rights));
    if (best < 0 || rights[best]! <= rightIn(bits, search)) break;
    off = [...off, left[best]!];
    bits = found[best]!;
    progress(off.length, most);
  }
  return {
    layer: null,
    found:
      off.length === 0
        ? "no unit helps by being off"
        : `off: ${off.map(({ layer, unit }) => `${layer}: ${unit}`).join(", ")}`,
    factors: off.map(({ layerIndex, unit }) => ({ layerIndex, unit, factor: 0 })),
    bits,
  };
}

/** Units of several layers as the sites of one ablation. */
function sitesOf(units: readonly { readonly layerIndex: number; readonly unit: number }[]): ListedAblation["sites"] {
  const layers = [...new Set(units.map(({ layerIndex }) => layerIndex))].sort((a, b) => a - b);
  return layers.map((layerIndex) => ({
    layerIndex,
    units: units
      .filter((each) => each.layerIndex === layerIndex)
      .map(({ unit }) => unit)
      .sort((a, b) => a - b),
  }));
}

/** A factor a unit, trained with all weights as they are, on the samples that the study's own training takes. */
async function trainedGains(
  device: AnalysisDevice,
  options: GainSearchOptions,
  layers: readonly LayerSummary[],
): Promise<Found> {
  const network = withGains(formOf(device.network), layers);
  const trained = await train(device, options, network, gainParameters(layers), "factors trained on units");
  const factors = gainsOf(trained, layers).flatMap((gains, i) =>
    Array.from(gains, (factor, unit) => ({ layerIndex: layers[i]!.layerIndex, unit, factor })),
  );
  const values = factors.map(({ factor }) => factor);
  const range = `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
  return { layer: null, found: `${factors.length} factors, ${range}`, factors, bits: await bitsOf(device, trained) };
}

/** The control: all weights trained as long. */
async function trainedOn(device: AnalysisDevice, options: GainSearchOptions): Promise<Found> {
  const trained = await train(device, options, device.network, null, "all weights trained further");
  const { epochs } = options;
  const found = `all weights, ${epochs} more ${epochs === 1 ? "epoch" : "epochs"}`;
  return { layer: null, found, factors: [], bits: await bitsOf(device, trained) };
}

async function train(
  device: AnalysisDevice,
  { epochs, learningRate, batch }: GainSearchOptions,
  network: Network,
  trained: ReadonlySet<string> | null,
  note: string,
): Promise<Network> {
  const data = await device.training("train", device.opened.study.model.train?.limit ?? null);
  const progress = progressOf(device, note);
  using trainer = await openTrainer(device.gpu, {
    network,
    copies: [{ seed: device.opened.study.seed, held: [] }],
    trained,
    data,
    test: testData(device.opened),
    options: {
      epochs,
      batch,
      optimizer: { kind: "sgd", learningRate, momentum: 0.9, nesterov: false, weightDecay: 0 },
      schedule: { kind: "constant" },
      clip: null,
      labelSmoothing: 0,
      batchNorm: "frozen",
      augment: null,
    },
  });
  for (let epoch = 0; epoch < epochs; epoch++) {
    await trainer.epoch(epoch, async (samples) => {
      progress(epoch * trainer.samples + samples, epochs * trainer.samples);
      await mayGoOn(device);
    });
  }
  return trainer.network(0);
}

/** Which samples a network gets right. */
async function bitsOf(device: AnalysisDevice, network: Network): Promise<Uint32Array> {
  using measurement = openMeasurement(device, await subjectOn(device, network));
  return (await measurement.intact()).outcome.bits;
}

/** Which samples are right after each ablation. */
async function bitsAfter(measurement: Measurement, list: readonly ListedAblation[]): Promise<Uint32Array[]> {
  const effects = await measurement.effects(list);
  const { bits } = (await measurement.intact()).outcome;
  return effects.map(({ changed }) => bits.map((word, w) => word ^ changed[w]!));
}

/** Ablations measured at once. */
const PORTION = 256;

const rightIn = (bits: Uint32Array, half: Uint32Array) => countBits(bits.map((word, w) => word & half[w]!));

function recordOf(method: Method, { layer, found, factors, bits }: Found, halves: Halves): GainSearchRecord {
  const { search, report, before, truths, classes } = halves;
  const within = (all: Uint32Array, half: Uint32Array) => all.map((word, w) => word & half[w]!);
  const changes = changesByClass(within(before, report), within(bits, report), truths, classes);
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  const [lost, gained, samples] = [sum(changes.lost), sum(changes.gained), countBits(report)];
  const { low, high } = pairedDifference(lost, gained, samples);
  return {
    type: "analysis",
    name: "gain-search",
    method,
    layer: layer?.layer ?? null,
    layerIndex: layer?.layerIndex ?? null,
    found,
    factors,
    search: { samples: countBits(search), before: rightIn(before, search), after: rightIn(bits, search) },
    report: {
      samples,
      before: rightIn(before, report),
      after: rightIn(bits, report),
      lost,
      gained,
      p: mcnemar(lost, gained).p,
      gainPp: (100 * (gained - lost)) / samples,
      interval: [100 * low, 100 * high],
      classLost: [...changes.lost],
      classGained: [...changes.gained],
    },
  };
}
