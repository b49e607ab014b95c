/** Evaluates a few of a study's ablations on a few samples, with all that a reference needs to do the same. */
import { runSweep } from "../ablation/sweep.ts";
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { firstSamples } from "../data/subset.ts";
import { transformed } from "../data/transform.ts";
import { uploadChain } from "../engine/device-chain.ts";
import { buildPrefix } from "../engine/prefix.ts";
import { Tuner } from "../engine/tuner.ts";
import { readModel } from "../formats/read-model.ts";
import type { Gpu } from "../gpu/device.ts";
import { denseChain } from "../network/dense-chain.ts";
import { openStudy } from "./open-study.ts";
import { planOpened, type RunInput } from "./run.ts";
import { trainStudy } from "./train-study.ts";

/**
 * The first `samples` samples and up to `ablations` ablations, drawn by the study's seed; noise, which a reference cannot
 * repeat, is left out. Throws `unsupported` where nothing is left. A network to be trained is taken from `input.trained`,
 * or trained.
 */
export async function checkRequestOf(input: RunInput, size: { samples: number; ablations: number }, gpu: Gpu) {
  const whole = await openStudy(input.study, input.files);
  const { study } = whole;
  const tuner = new Tuner(gpu, input.tuning);
  const opened = { ...whole, dataset: firstSamples(whole.dataset, Math.min(size.samples, whole.dataset.samples)) };
  const silent = { making: () => {}, samples: () => {}, epoch: () => {}, proceed: async () => true };
  const network = input.trained
    ? readModel(input.trained.trained, "trained.onnx")
    : "train" in study.model
      ? await trainStudy(gpu, tuner, whole, study.model.train, input.files, silent)
      : whole.network;
  const chain = denseChain(network!);
  const chosen = new Set<number>();
  for (const row of random(study.seed, "check").permutation(opened.ablations.count)) {
    if (chosen.size < size.ablations && opened.ablations.at(row).replacement.kind !== "noise") chosen.add(row);
  }
  if (chosen.size === 0) {
    throw new LesionError("unsupported", "every ablation of this study adds noise, which no reference can repeat", {
      where: "replacement",
      fix: "Check the study with another replacement.",
    });
  }
  const { dataset, transform, ablations } = opened;
  const plan = planOpened(opened, gpu, (row) => !chosen.has(row));
  const bits = new Map<number, Uint32Array>();
  let intact: Uint32Array | null = null;
  const events = runSweep({
    gpu,
    tuner,
    chain,
    dataset,
    transform,
    plan,
    ablations,
    top5: false,
    loss: false,
    seed: study.seed,
    proceed: async () => true,
  });
  for await (const event of events) {
    if (event.kind === "intact") intact = event.outcome.bits;
    if (event.kind !== "effects") continue;
    for (const { row, changed } of event.effects)
      bits.set(
        row,
        changed.map((word, w) => word ^ intact![w]!),
      );
  }
  const classes = chain.stages.at(-1)!.outFeatures;
  using arena = gpu.arena.scope();
  const range = { start: 0, samples: dataset.samples, chunk: plan.chunk };
  const prefix = await buildPrefix(gpu, arena, uploadChain(arena, chain), dataset, transform, range);
  const [bytes] = await gpu.read({ buffer: prefix.z.at(-1)!, sizeBytes: classes * prefix.stride * 4 });
  const unitMajor = new Float32Array(bytes!);
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
    logits: Float32Array.from(
      { length: dataset.samples * classes },
      (_, i) => unitMajor[(i % classes) * prefix.stride + Math.floor(i / classes)]!,
    ),
    ablations: [...chosen]
      .sort((a, b) => a - b)
      .map((row) => ({ row, ...sitesOf(ablations.at(row)), bits: bits.get(row)! })),
  };
}

function sitesOf({ sites, replacement }: ReturnType<Awaited<ReturnType<typeof openStudy>>["ablations"]["at"]>) {
  return { sites, replacement };
}
