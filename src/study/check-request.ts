/** Evaluates a few of a study's ablations on a few samples, with all that a reference needs to do the same. */
import { donorsOf } from "../ablation/given-statistics.ts";
import { engineRequest, runSweep } from "../ablation/run-sweep.ts";
import { type ChainSubject, measuredOn, type Subject, subjectOf } from "../ablation/subject.ts";
import { LesionError } from "../core/errors.ts";
import { nextTask } from "../core/next-task.ts";
import { random } from "../core/random.ts";
import { firstSamples } from "../data/subset.ts";
import { transformed } from "../data/transform.ts";
import { uploadChain } from "../engine/device-chain.ts";
import { buildPrefix } from "../engine/prefix.ts";
import { Tuner } from "../engine/tuner.ts";
import { readOnnx } from "../formats/onnx/read.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import { graphLogits } from "./check-graph.ts";
import { affordableSize, type CheckSize } from "./check-size.ts";
import { type OpenedStudy, openStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import type { RunInput } from "./run-interface.ts";
import { trainStudy } from "./train-study.ts";
import { TrainingSets } from "./training-data.ts";

/**
 * The first `samples` samples and up to `ablations` ablations, drawn by the study's seed, as far as a reference can recompute
 * them; noise, which a reference cannot repeat, is left out. Throws `unsupported` where nothing is left. A network to be
 * trained is taken from `input.trained`, or trained.
 */
export async function checkRequestOf(input: RunInput, size: CheckSize, device: Gpu) {
  const whole = await openStudy(input.study, input.files, nextTask);
  using gpu = device.session(input.memoryBytes);
  const tuner = new Tuner(gpu, input.tuning);
  const network = await networkOf(input, whole, gpu);
  const asked = {
    samples: Math.min(size.samples, whole.dataset.samples),
    ablations: Math.min(size.ablations, whole.ablations.count),
  };
  const taken = affordableSize(network, asked);
  const opened = { ...whole, dataset: firstSamples(whole.dataset, taken.samples) };
  const { dataset, transform, ablations } = opened;
  const inputs = await transformed(dataset, transform, 0, dataset.samples);
  const chosen = chosenRows(opened, taken.ablations);
  const rows = new Set(chosen);
  const plain = network === whole.network ? whole.subject : subjectOf(network);
  const subject =
    plain.kind === "graph"
      ? await measuredOn(
          gpu,
          tuner,
          network,
          plain,
          { count: chosen.length, at: (row) => ablations.at(chosen[row]!) },
          dataset.samples,
        )
      : plain;
  const bits = await bitsOf(gpu, tuner, opened, subject, rows);
  const logits =
    subject.kind === "graph"
      ? await graphLogits(gpu, network, inputs, dataset.samples)
      : await chainLogits(gpu, opened, subject);
  return {
    network,
    inputs,
    samples: dataset.samples,
    labels: dataset.labels.slice(),
    logits,
    ...(chosen.some((row) => ablations.at(row).replacement.kind === "resample")
      ? { donors: donorsOf(dataset.samples, whole.study.seed) }
      : {}),
    ablations: chosen
      .filter((row) => bits.has(row))
      .map((row) => {
        const { sites, replacement, site } = ablations.at(row);
        return { row, sites, replacement, preActivation: site === "pre-activation", bits: bits.get(row)! };
      }),
    ...(taken.samples < asked.samples || taken.ablations < asked.ablations ? { reduced: reducedFrom(asked) } : {}),
  };
}

function reducedFrom({ samples, ablations }: CheckSize): string {
  return `of ${samples} samples and ${ablations} ablations: a reference takes minutes for more of a network of this size`;
}

async function networkOf(input: RunInput, opened: OpenedStudy, gpu: Gpu): Promise<Network> {
  const { model } = opened.study;
  const options = model.train;
  if (input.trained) return readOnnx(input.trained.trained, "trained");
  if (options === null) return opened.network;
  const data = await new TrainingSets(opened, input.files, nextTask).of("train", options.limit);
  const network = await trainStudy({ gpu, opened, options: { ...options, networks: 1 }, data, checkpoints: null });
  if (network) return network;
  throw new LesionError("internal", "training stopped though nobody stopped it");
}

/** No reference draws the same noise, and constants that cost least are searched for by a run. */
const UNREPEATABLE = ["noise", "optimal"];

/** Up to `most` rows that a reference can repeat, ascending. */
function chosenRows({ study, ablations }: OpenedStudy, most: number): number[] {
  const chosen: number[] = [];
  for (const row of random(study.seed, "check").permutation(ablations.count)) {
    if (chosen.length >= most) break;
    if (!UNREPEATABLE.includes(ablations.at(row).replacement.kind)) chosen.push(row);
  }
  if (chosen.length === 0 && ablations.count > 0) {
    throw new LesionError(
      "unsupported",
      "every ablation of this study adds noise or is at its optimal constant, which no reference can repeat",
      {
        where: "replacement",
        fix: "Check the study with another replacement.",
      },
    );
  }
  return chosen.sort((a, b) => a - b);
}

/** Correctness bits of some rows. */
async function bitsOf(
  gpu: Gpu,
  tuner: Tuner,
  opened: OpenedStudy,
  subject: Subject,
  rows: ReadonlySet<number>,
): Promise<Map<number, Uint32Array>> {
  const { dataset, transform, ablations, study } = opened;
  const plan = planOpened({ ...opened, subject }, gpu, (row) => !rows.has(row));
  const own = { gpu, dataset, transform, ablations, seed: study.seed, top5: false, loss: false };
  const proceed = async () => true;
  const request = engineRequest(subject, plan, { ...own, tuner, proceed });
  const bits = new Map<number, Uint32Array>();
  let intact: Uint32Array | null = null;
  for await (const event of runSweep(request)) {
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
async function chainLogits(gpu: Gpu, opened: OpenedStudy, subject: ChainSubject): Promise<Float32Array> {
  const { dataset, transform } = opened;
  const { chain } = subject;
  const { chunk } = planOpened({ ...opened, subject }, gpu, () => true);
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
