/**
 * A sweep over VGG-19, 2 filters in each of its 16 convolutions over 2 images: Lesion's, planned and computed as a study's, and
 * what a loop over the whole network in TensorFlow.js takes.
 */
import { graphEngine } from "../src/ablation/graph-engine.ts";
import { type GraphSubject, measuredOn, subjectOf } from "../src/ablation/subject.ts";
import { runSegments } from "../src/ablation/sweep.ts";
import { LesionError } from "../src/core/errors.ts";
import { memoryDataset } from "../src/data/dataset.ts";
import { Tuner } from "../src/engine/tuner.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { ablatableOf } from "../src/network/ablatable.ts";
import type { Network } from "../src/network/network.ts";
import { planOpened } from "../src/study/plan-opened.ts";
import type { PeerResult } from "./contender.ts";
import { measureAdaptive, type Timing, timingText } from "./measure.ts";

const SEED = 1337;
/** So many filters of each convolution, each alone, over so many images. */
const FILTERS = 2;
export const SWEEP_IMAGES = 2;

/** Ablations of one filter each: `FILTERS` of every convolution that can lose some, spread over its filters. */
export function filterAblations(network: Network): { layerIndex: number; unit: number }[] {
  return ablatableOf(network)
    .filter(({ kind }) => kind === "conv2d")
    .flatMap(({ layerIndex, units }) =>
      Array.from({ length: FILTERS }, (_, i) => ({ layerIndex, unit: Math.floor((i * units) / FILTERS) })),
    );
}

/** Lesion's sweep. */
export interface SweepResult {
  readonly ablations: number;
  readonly images: number;
  /** From the images to what each ablation changed, the intact pass included; the weights lie on the GPU. */
  readonly timing: Timing;
  /** What putting the weights there takes, once a run. */
  readonly uploadMs: number;
  /** Of the direct sums: what the plan computes, and what evaluating the whole network each time would. */
  readonly macs: number;
  readonly macsWhole: number;
}

/** Lesion's sweep of a simplified network, each ablation a filter replaced by zero. inputs: [SWEEP_IMAGES, ...input shape]. */
export async function benchVggSweep(
  gpu: Gpu,
  network: Network,
  inputs: Float32Array,
  runs: number,
): Promise<SweepResult> {
  const filters = filterAblations(network);
  const ablations = {
    count: filters.length,
    at: (row: number) => {
      const { layerIndex, unit } = filters[row]!;
      const sites = [{ layerIndex, units: [unit] }];
      return { sweep: 0, index: row, row, sites, replacement: { kind: "zero" }, site: "post-activation" } as const;
    },
  };
  const subject = await measuredOn(gpu, new Tuner(gpu), network, graphSubjectOf(network), ablations, SWEEP_IMAGES);
  const dataset = memoryDataset({
    ...{ name: "images", shape: subject.input, values: inputs, labels: new Uint16Array(SWEEP_IMAGES) },
    ...{ classes: subject.classes, classNames: [] },
  });
  const plan = planOpened({ subject, dataset, ablations }, gpu, () => false);
  const proceed = async () => true;
  const request = {
    ...{ gpu, plan, ablatable: subject.ablatable, ablations, dataset, proceed, seed: SEED },
    transform: { scale: 1, mean: [0], std: [1], threshold: null },
    ...{ top5: false, loss: false },
  };
  using arena = gpu.arena.scope();
  const startMs = performance.now();
  const engine = await graphEngine(arena, request);
  await gpu.finish();
  const uploadMs = performance.now() - startMs;
  const sweepOnce = async () => {
    let effects = 0;
    for await (const event of runSegments(gpu, engine, plan, ablations, proceed)) {
      if (event.kind === "failed") throw event.error;
      if (event.kind === "effects") effects += event.effects.length;
    }
    if (effects !== filters.length) throw new LesionError("internal", `${effects} effects of ${filters.length}`);
  };
  const timing = await measureAdaptive(runs, async (times) => {
    for (let i = 0; i < times; i++) await sweepOnce();
  });
  const { macs, macsWhole } = plan;
  return { ablations: filters.length, images: SWEEP_IMAGES, timing, uploadMs, macs, macsWhole };
}

function graphSubjectOf(network: Network): GraphSubject {
  const subject = subjectOf(network);
  if (subject.kind === "graph") return subject;
  throw new LesionError("unsupported", `the network ${network.name} has no convolutions`, {
    fix: "Give a convolutional network; the benchmark `sweep` measures dense ones.",
  });
}

/** A loop over the whole network in TensorFlow.js. */
export interface Loop {
  /** Passes of one image: one for each image and ablation, the intact network among them. */
  readonly passes: number;
  /**
   * So many of the pass that was timed: a sample, for the whole loop would take minutes to hours. A pass costs the same
   * whichever filter is off.
   */
  readonly ms: number;
  /** How many times Lesion's time that is. */
  readonly ratio: number;
}

/** The loop beside a sweep, from a pass of `passImages` images; null where that was not timed. */
export function loopOf({ ablations, images, timing }: SweepResult, passImages: number, tfjs: PeerResult): Loop | null {
  if ("failed" in tfjs) return null;
  const passes = (ablations + 1) * images;
  const ms = (passes * tfjs.timing.medianMs) / passImages;
  return { passes, ms, ratio: ms / timing.medianMs };
}

export function sweepLines({ ablations, images, timing, uploadMs }: SweepResult, loop: Loop | null): string[] {
  const peer =
    loop === null
      ? "not measured"
      : `${loop.ms.toPrecision(3)} ms, ${loop.ratio.toFixed(1)} times Lesion (${loop.passes} of the passes above, not run)`;
  return [
    `sweep: ${ablations} filters, one at a time, over ${images} images:`,
    `  ${"Lesion".padEnd(38)} ${timingText(timing)}, and ${uploadMs.toPrecision(3)} ms once for the weights`,
    `  ${"TensorFlow.js webgpu, whole network".padEnd(38)} ${peer}`,
  ];
}
