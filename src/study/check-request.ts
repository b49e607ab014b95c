/** Evaluates a few of a study's ablations on a few samples, with all that a reference needs to do the same. */
import { runSweep } from "../ablation/sweep.ts";
import { LesionError } from "../core/errors.ts";
import { nextTask } from "../core/next-task.ts";
import { random } from "../core/random.ts";
import { firstSamples } from "../data/subset.ts";
import { transformed } from "../data/transform.ts";
import { uploadChain } from "../engine/device-chain.ts";
import { buildPrefix } from "../engine/prefix.ts";
import { Tuner } from "../engine/tuner.ts";
import { readModel } from "../formats/read-model.ts";
import type { Gpu } from "../gpu/device.ts";
import { type DenseChain, denseChain } from "../network/dense-chain.ts";
import type { Network } from "../network/network.ts";
import { type OpenedStudy, openStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import type { RunInput } from "./run-interface.ts";
import { trainStudy, UNOBSERVED } from "./train-study.ts";

/**
 * The first `samples` samples and up to `ablations` ablations, drawn by the study's seed; noise, which a reference cannot
 * repeat, is left out. Throws `unsupported` where nothing is left. A network to be trained is taken from `input.trained`,
 * or trained.
 */
export async function checkRequestOf(input: RunInput, size: { samples: number; ablations: number }, device: Gpu) {
  const whole = await openStudy(input.study, input.files, nextTask);
  using gpu = device.session(input.memoryBytes);
  const tuner = new Tuner(gpu, input.tuning);
  const chain = denseChain(await networkOf(input, whole, gpu, tuner));
  const opened = { ...whole, dataset: firstSamples(whole.dataset, Math.min(size.samples, whole.dataset.samples)) };
  const chosen = chosenRows(opened, size.ablations);
  const bits = await bitsOf(gpu, tuner, opened, chain, new Set(chosen));
  const { dataset, transform, ablations } = opened;
  return {
    layers: chain.stages.map(({ inFeatures, outFeatures, weight, bias, activation }) => ({
      inFeatures,
      outFeatures,
      weight,
      bias,
      activation,
    })),
    inputs: transformed(dataset, transform, 0, dataset.samples),
    samples: dataset.samples,
    labels: dataset.labels.slice(),
    logits: await logitsOf(gpu, opened, chain),
    ablations: chosen.map((row) => {
      const { sites, replacement } = ablations.at(row);
      return { row, sites, replacement, bits: bits.get(row)! };
    }),
  };
}

async function networkOf(input: RunInput, opened: OpenedStudy, gpu: Gpu, tuner: Tuner): Promise<Network> {
  const { model } = opened.study;
  if (input.trained) return readModel(input.trained.trained, "trained.onnx");
  if (!("train" in model)) return opened.network;
  const network = await trainStudy(gpu, tuner, opened, model.train, input.files, UNOBSERVED);
  if (network) return network;
  throw new LesionError("internal", "training stopped though nobody stopped it");
}

/** Up to `most` rows that a reference can repeat, ascending. */
function chosenRows({ study, ablations }: OpenedStudy, most: number): number[] {
  const chosen: number[] = [];
  for (const row of random(study.seed, "check").permutation(ablations.count)) {
    if (chosen.length >= most) break;
    if (ablations.at(row).replacement.kind !== "noise") chosen.push(row);
  }
  if (chosen.length === 0 && ablations.count > 0) {
    throw new LesionError("unsupported", "every ablation of this study adds noise, which no reference can repeat", {
      where: "replacement",
      fix: "Check the study with another replacement.",
    });
  }
  return chosen.sort((a, b) => a - b);
}

/** Correctness bits of some rows. */
async function bitsOf(
  gpu: Gpu,
  tuner: Tuner,
  opened: OpenedStudy,
  chain: DenseChain,
  rows: ReadonlySet<number>,
): Promise<Map<number, Uint32Array>> {
  const { dataset, transform, ablations, study } = opened;
  const plan = planOpened(opened, gpu, (row) => !rows.has(row));
  const request = { gpu, tuner, chain, dataset, transform, plan, ablations, seed: study.seed };
  const bits = new Map<number, Uint32Array>();
  let intact: Uint32Array | null = null;
  for await (const event of runSweep({ ...request, top5: false, loss: false, proceed: async () => true })) {
    if (event.kind === "failed") throw event.error;
    if (event.kind === "intact") intact = event.outcome.bits;
    if (event.kind !== "effects") continue;
    for (const { row, changed } of event.effects) {
      bits.set(
        row,
        changed.map((word, w) => word ^ intact![w]!),
      );
    }
  }
  return bits;
}

/** Logits of the intact network, [samples, classes]. */
async function logitsOf(gpu: Gpu, opened: OpenedStudy, chain: DenseChain): Promise<Float32Array> {
  const { dataset, transform } = opened;
  const { chunk } = planOpened(opened, gpu, () => true);
  const classes = chain.stages.at(-1)!.outFeatures;
  using arena = gpu.arena.scope();
  const range = { start: 0, samples: dataset.samples, chunk };
  const prefix = await buildPrefix(gpu, arena, uploadChain(arena, chain), dataset, transform, range);
  const [bytes] = await gpu.read({ buffer: prefix.z.at(-1)!, sizeBytes: classes * prefix.stride * 4 });
  const unitMajor = new Float32Array(bytes!);
  return Float32Array.from(
    { length: dataset.samples * classes },
    (_, i) => unitMajor[(i % classes) * prefix.stride + Math.floor(i / classes)]!,
  );
}
