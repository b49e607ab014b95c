/**
 * VGG-19 whole: a forward pass of Lesion, TensorFlow.js and ONNX Runtime Web on WebGPU, in the same page on the same adapter,
 * with all weights and the images on the GPU; and a sweep, 2 filters in each of its 16 convolutions over 2 images, by Lesion
 * and by a loop over the whole network in TensorFlow.js.
 */
import { graphEngine } from "../src/ablation/graph-engine.ts";
import { type GraphSubject, measuredOn, subjectOf } from "../src/ablation/subject.ts";
import { runSegments } from "../src/ablation/sweep.ts";
import { LesionError } from "../src/core/errors.ts";
import { random } from "../src/core/random.ts";
import { type Dataset, memoryDataset } from "../src/data/dataset.ts";
import { transformed } from "../src/data/transform.ts";
import { readModel } from "../src/formats/read-model.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { ablatableOf } from "../src/network/ablatable.ts";
import type { Network } from "../src/network/network.ts";
import { shapeText, sizeOf } from "../src/network/shapes.ts";
import { simplify } from "../src/network/simplify.ts";
import { openStudy, type StudyFiles } from "../src/study/open-study.ts";
import { planOpened } from "../src/study/plan-opened.ts";
import { type ForwardProblem, gflops, measurePeers, type PeerResult, peerLines, rateText } from "./contender.ts";
import { openForward } from "./forward.ts";
import { measureAdaptive, type Timing, timingText } from "./measure.ts";
import { uniforms, vggNetwork } from "./vgg-network.ts";

const SEED = 1337;
/** The sweep: so many filters of each convolution, each alone, over so many images. */
const FILTERS = 2;
const SWEEP_IMAGES = 2;
/** The deviation of inputs that stand in for images of a model that was trained on pixels of 0 to 255 less their mean. */
const PIXEL_DEVIATION = 64;

export interface VggBenchOptions {
  /** At most; what is slow is measured less often. */
  readonly runs: number;
  /** Images at once. */
  readonly images: number;
  /** The side of the images, where no model says it. */
  readonly side: number;
  /** The study whose network and images are used; else the model, with noise for images; else seeded weights and noise. */
  readonly study?: unknown;
  readonly studyFiles: StudyFiles;
  readonly model?: { readonly name: string; readonly files: StudyFiles };
}

/** What is computed, and where its numbers come from. */
interface VggProblem extends ForwardProblem {
  readonly weights: string;
  /** [SWEEP_IMAGES, ...input shape] */
  readonly sweepInputs: Float32Array;
}

export async function benchVgg(gpu: Gpu, options: VggBenchOptions) {
  const { runs } = options;
  const problem = await openVgg(options);
  const { network, images } = problem;
  const input = network.inputs[0]!.shape;
  const lesion = await measureLesion(gpu, problem, runs);
  const sweep = await benchVggSweep(gpu, problem, runs);
  const peers = await measurePeers(problem, lesion.macs, lesion, runs);
  const loop = loopOf(sweep, images, peers.tfjs);
  const { timing, macs, methods } = lesion;
  const rate = gflops(macs, timing);
  return {
    benchmark: "vgg",
    seed: SEED,
    weights: problem.weights,
    images,
    input,
    macs,
    lesion: { timing, gflops: rate, methods },
    peers,
    sweep: { ...sweep, loop },
    lines: [
      `vgg: ${network.name}, ${problem.weights}; a pass of ${images} x ${shapeText(input)}:`,
      `  ${"Lesion".padEnd(38)} ${timingText(timing).padEnd(38)} ${rateText(rate)}`,
      ...peerLines(peers),
      ...sweepLines(sweep, loop),
    ],
  };
}

async function openVgg({ study, studyFiles, model, images, side }: VggBenchOptions): Promise<VggProblem> {
  const count = Math.max(images, SWEEP_IMAGES);
  const problemOf = (source: Network, weights: string, all: Float32Array): VggProblem => {
    const network = simplify(source);
    const size = sizeOf(network.inputs[0]!.shape);
    return {
      ...{ network, images, weights },
      inputs: all.subarray(0, images * size),
      sweepInputs: all.subarray(0, SWEEP_IMAGES * size),
    };
  };
  const noise = ({ inputs }: Network) => uniforms(count * sizeOf(inputs[0]!.shape), random(SEED, "images"));
  if (study !== undefined) {
    const { network, dataset, transform, study: parsed } = await openStudy(study, studyFiles);
    checkImages(dataset, count);
    return problemOf(network, `the study ${parsed.name}`, await transformed(dataset, transform, 0, count));
  }
  if (model) {
    const network = await readModel(model.name, model.files);
    const pixels = noise(network).map((value) => value * PIXEL_DEVIATION);
    return problemOf(network, `weights of ${model.name}, noise for images`, pixels);
  }
  const network = vggNetwork(side, SEED);
  return problemOf(network, "seeded random weights, noise for images", noise(network));
}

function checkImages({ samples }: Dataset, count: number): void {
  if (samples >= count) return;
  throw new LesionError("bad-data", `the study has ${samples} images; the benchmark needs ${count}`, {
    fix: "Raise the study's data.limit, or lower --batch.",
  });
}

/** The pass alone; what Lesion takes on the GPU is given back before the peers begin. */
async function measureLesion(gpu: Gpu, problem: ForwardProblem, runs: number) {
  await using forward = await openForward(gpu, problem);
  const timing = await measureAdaptive(runs, (times) => forward.run(times));
  return { timing, output: await forward.output(), macs: forward.macs, methods: forward.settings.methods };
}

/** Ablations of one filter each: `FILTERS` of every convolution that can lose some, spread over its filters. */
export function filterAblations(network: Network): { layerIndex: number; unit: number }[] {
  return ablatableOf(network)
    .filter(({ kind }) => kind === "conv2d")
    .flatMap(({ layerIndex, units }) =>
      Array.from({ length: FILTERS }, (_, i) => ({ layerIndex, unit: Math.floor((i * units) / FILTERS) })),
    );
}

/** Lesion's sweep. */
interface SweepResult {
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

/** Lesion's sweep, planned and computed as a study's, each ablation a filter replaced by zero. */
async function benchVggSweep(gpu: Gpu, { network, sweepInputs }: VggProblem, runs: number): Promise<SweepResult> {
  const subject = await measuredOn(gpu, network, graphSubjectOf(network));
  const filters = filterAblations(network);
  const ablations = {
    count: filters.length,
    at: (row: number) => {
      const { layerIndex, unit } = filters[row]!;
      const sites = [{ layerIndex, units: [unit] }];
      return { sweep: 0, index: row, row, sites, replacement: { kind: "zero" }, site: "post-activation" } as const;
    },
  };
  const dataset = memoryDataset({
    ...{ name: "images", shape: subject.input, values: sweepInputs, labels: new Uint16Array(SWEEP_IMAGES) },
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
    for await (const event of runSegments(gpu, engine, plan, proceed)) {
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
interface Loop {
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

function loopOf({ ablations, images, timing }: SweepResult, passImages: number, tfjs: PeerResult): Loop | null {
  if ("failed" in tfjs) return null;
  const passes = (ablations + 1) * images;
  const ms = (passes * tfjs.timing.medianMs) / passImages;
  return { passes, ms, ratio: ms / timing.medianMs };
}

function sweepLines({ ablations, images, timing, uploadMs }: SweepResult, loop: Loop | null): string[] {
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
