/**
 * VGG-19 whole: a forward pass of Lesion, TensorFlow.js and ONNX Runtime Web on WebGPU, in the same page on the same
 * adapter, with all weights and the images on the GPU; and a sweep of some of its filters.
 */
import { LesionError } from "../src/core/errors.ts";
import { random } from "../src/core/random.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { transformed } from "../src/data/transform.ts";
import { readModel } from "../src/formats/read-model.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { logitsNetwork } from "../src/network/logits.ts";
import type { Network } from "../src/network/network.ts";
import { shapeText, sizeOf } from "../src/network/shapes.ts";
import { simplify } from "../src/network/simplify.ts";
import { openStudy, type StudyFiles } from "../src/study/open-study.ts";
import { type ForwardProblem, gflops, measurePeers, peerLines, rateText } from "./contender.ts";
import { openForward } from "./forward.ts";
import { measureAdaptive, timingText } from "./measure.ts";
import { uniforms, vggNetwork } from "./vgg-network.ts";
import { benchVggSweep, loopOf, SWEEP_IMAGES, sweepLines } from "./vgg-sweep.ts";

const SEED = 1337;
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
  const sweep = await benchVggSweep(gpu, network, problem.sweepInputs, runs);
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
    // Logits say more when results are compared: a softmax's are often 0 and 1.
    const network = simplify(logitsNetwork(source));
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
