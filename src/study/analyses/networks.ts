/**
 * Analyses of networks that a study trains besides the one it ablates: how many units hardly matter at each stage of training,
 * and what holds over an ensemble of networks from different seeds.
 */
import { correctAfter } from "../../ablation/effects.ts";
import { correlationsOf } from "../../ablation/statistics/correlations.ts";
import { meanCorrelations } from "../../ablation/statistics/mean-correlations.ts";
import { studentInterval } from "../../ablation/statistics/student.ts";
import { LesionError } from "../../core/errors.ts";
import type { Network } from "../../network/network.ts";
import type { EnsembleOptions, NegligibleOptions } from "../analysis-options.ts";
import type { EnsemblePooledRecord, EnsembleRecord, NegligibleRecord, WeightPredictor } from "../analysis-records.ts";
import type { LayerSummary } from "../records.ts";
import { chosenLayers } from "../sites.ts";
import { type AnalysisDevice, mayGoOn, openMeasurement, progressOf, singleUnits, subjectOn } from "./device.ts";
import { weightPredictor } from "./weight-predictors.ts";

/** Units whose loss costs less than each threshold, of each network after each epoch asked for. */
export async function negligible(device: AnalysisDevice, options: NegligibleOptions): Promise<void> {
  const { train } = trainOptions(device, "negligible");
  const layers = chosenLayers(options.layers, device.subject.ablatable, "analyses negligible layers");
  const epochs = options.epochs.filter((epoch) => epoch <= train.epochs).sort((a, b) => a - b);
  const progress = progressOf(device, "units that hardly matter, against epochs");
  const isDone = (network: number, epoch: number, { layerIndex }: LayerSummary) =>
    device.earlier.some(
      (record) =>
        record.name === "negligible" &&
        record.network === network &&
        record.epoch === epoch &&
        record.layerIndex === layerIndex,
    );
  let done = 0;
  for (let index = 0; index < train.networks; index++) {
    for (const epoch of epochs) {
      const left = layers.filter((layer) => !isDone(index, epoch, layer));
      const network = left.length === 0 ? null : await device.trained.after(index, epoch);
      if (network) {
        const measured = await dropsOf(device, network, left);
        device.write(
          measured.map(
            ({ layer, dropsPp, baseline }): NegligibleRecord => ({
              type: "analysis",
              name: "negligible",
              layer: layer.layer,
              layerIndex: layer.layerIndex,
              epoch,
              network: index,
              thresholdsPp: options.thresholdsPp,
              counts: options.thresholdsPp.map((threshold) => dropsPp.filter((drop) => drop < threshold).length),
              n: layer.units,
              dropsPp,
              baseline,
            }),
          ),
        );
      }
      progress(++done, train.networks * epochs.length);
    }
  }
}

/** Single units of all networks of an ensemble; predictors against drops, pooled over networks and within them. */
export async function ensemble(device: AnalysisDevice, options: EnsembleOptions): Promise<void> {
  const { train } = trainOptions(device, "ensemble");
  const layers = chosenLayers(options.layers, device.subject.ablatable, "analyses ensemble layers");
  const progress = progressOf(device, "single units of all networks");
  const records: EnsembleRecord[] = device.earlier.filter((record) => record.name === "ensemble");
  const networks: { readonly initial: Network; readonly final: Network; readonly index: number }[] = [];
  for (let index = 0; index < train.networks; index++) {
    await mayGoOn(device);
    const final = await device.trained.final(index);
    progress(index, train.networks);
    if (!final) continue; // It diverged, which its training records say.
    const initial = device.trained.initial(index);
    networks.push({ initial, final, index });
    const left = layers.filter(
      ({ layerIndex }) => !records.some((record) => record.network === index && record.layerIndex === layerIndex),
    );
    if (left.length === 0) continue;
    const measured = await dropsOf(device, final, left);
    const news = measured.map(
      ({ layer, dropsPp, baseline }): EnsembleRecord => ({
        type: "analysis",
        name: "ensemble",
        layer: layer.layer,
        layerIndex: layer.layerIndex,
        network: index,
        seed: device.opened.study.seed + index,
        baseline,
        dropsPp,
        p: weightPredictor("mann-whitney", final, initial, layer.layer),
      }),
    );
    records.push(...news);
    device.write(news);
  }
  for (const layer of layers) {
    const own = records.filter(({ layerIndex }) => layerIndex === layer.layerIndex);
    device.write(options.predictors.map((predictor) => pooled(device, layer, own, networks, predictor)));
  }
}

function pooled(
  { opened }: AnalysisDevice,
  layer: LayerSummary,
  records: readonly EnsembleRecord[],
  networks: readonly { readonly initial: Network; readonly final: Network; readonly index: number }[],
  predictor: WeightPredictor,
): EnsemblePooledRecord {
  const { seed } = opened.study;
  const pairs = records.map(({ network, dropsPp }) => {
    const { initial, final } = networks.find(({ index }) => index === network)!;
    return { network, drops: dropsPp, values: weightPredictor(predictor, final, initial, layer.layer) };
  });
  const label = `ensemble ${predictor} ${layer.layerIndex}`;
  const byNetwork = pairs.map(({ network, drops, values }) => ({
    network,
    ...correlationsOf(values, drops, seed, `${label} ${network}`),
  }));
  const accuracies = records.map(({ baseline }) => baseline.correct / baseline.samples);
  return {
    type: "analysis",
    name: "ensemble-pooled",
    layer: layer.layer,
    layerIndex: layer.layerIndex,
    predictor,
    networks: records.length,
    ...correlationsOf(
      pairs.flatMap(({ values }) => values),
      pairs.flatMap(({ drops }) => drops),
      seed,
      label,
    ),
    byNetwork,
    within: meanCorrelations(byNetwork),
    accuracy: {
      mean: accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length,
      interval: studentInterval(accuracies, { least: 0, most: 1 }),
    },
  };
}

/** Single-unit drops of some layers of a network, on the study's data. */
async function dropsOf(device: AnalysisDevice, network: Network, layers: readonly LayerSummary[]) {
  if (device.opened.study.replacement.kind === "optimal") {
    throw new LesionError("unsupported", "the constants that cost least are those of one network, not of others", {
      where: "replacement",
      fix: 'Give the study another "replacement", and the sweeps that are to have it "optimal".',
    });
  }
  const subject = await subjectOn(device, network);
  using measurement = openMeasurement(device, subject);
  const found: { layer: LayerSummary; dropsPp: number[]; baseline: { samples: number; correct: number } }[] = [];
  for (const layer of layers) {
    await mayGoOn(device);
    const effects = await measurement.effects(singleUnits(device, layer));
    const { outcome } = await measurement.intact();
    const { samples, correct } = outcome;
    found.push({
      layer,
      dropsPp: effects.map((effect) => (100 * (correct - correctAfter(outcome, effect))) / samples),
      baseline: { samples, correct },
    });
  }
  return found;
}

function trainOptions({ opened }: AnalysisDevice, analysis: string) {
  const { train } = opened.study.model;
  if (train) return { train };
  throw new LesionError(
    "bad-study",
    `the analysis "${analysis}" is of networks that the study trains, and it trains none`,
    {
      where: "model.train",
      fix: 'Give the model a "train", or leave the analysis out.',
    },
  );
}
