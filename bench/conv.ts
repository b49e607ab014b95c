/**
 * VGG-19's distinct convolutions, with bias and ReLU: Lesion by the method that its engine chooses, and by each other one
 * that could be, against TensorFlow.js and ONNX Runtime Web on WebGPU. Same page, same adapter, same numbers; everything is
 * on the GPU before the clock starts and stays there until it stops. Filters are transformed for Winograd once, untimed, as
 * the engine does on loading.
 */
import { LesionError } from "../src/core/errors.ts";
import { random } from "../src/core/random.ts";
import type { ConvMethod } from "../src/engine/graph/convolution.ts";
import type { Gpu } from "../src/gpu/device.ts";
import type { Conv2dLayer } from "../src/network/network.ts";
import { sizeOf } from "../src/network/shapes.ts";
import {
  type ForwardProblem,
  gflops,
  measurePeers,
  type PeerName,
  type PeerResults,
  peerLines,
  rateText,
  ratioOf,
} from "./contender.ts";
import { sampledError } from "./conv-error.ts";
import { methodText, openForward } from "./forward.ts";
import { geometricMean, measureAdaptive, type Timing, timingText } from "./measure.ts";
import { convolutionNetwork, distinctConvolutions, uniforms, type VggConvolution } from "./vgg-network.ts";

const SEED = 1337;
/** Outputs that are compared with float64. */
const SAMPLED = 2000;
/** What a 3 x 3 convolution of stride 1 can be computed by. */
const METHODS: readonly ConvMethod[] = [
  { kind: "implicit" },
  { kind: "winograd", tile: 2 },
  { kind: "winograd", tile: 4 },
];

export interface ConvBenchOptions {
  /** At most; what is slow is measured less often. */
  readonly runs: number;
  /** Images at once. */
  readonly images: number;
  /** The side of VGG-19's images. */
  readonly side: number;
  /** Only convolutions with this in their names. */
  readonly only: string;
}

/** Lesion by one method. */
interface MethodResult {
  readonly method: string;
  readonly timing: Timing;
  readonly gflops: number;
  /** Largest error of a result over the root mean square, against float64. */
  readonly error: number;
}

/** One convolution by all that compute it. */
export interface ConvResult extends VggConvolution {
  /** Of all images. */
  readonly macs: number;
  readonly lesion: MethodResult;
  readonly otherMethods: readonly MethodResult[];
  readonly peers: PeerResults;
}

export async function benchConv(gpu: Gpu, options: ConvBenchOptions) {
  const { side, only, images } = options;
  const all = distinctConvolutions(side);
  const chosen = all.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) {
    throw new LesionError("usage", `no convolution has "${only}" in its name`, {
      where: "--shapes",
      fix: `There are: ${all.map(({ name }) => name).join(", ")}.`,
    });
  }
  const shapes: ConvResult[] = [];
  for (const convolution of chosen) shapes.push(await measureConvolution(gpu, convolution, options));
  const summary = ratioSummary(shapes);
  return {
    benchmark: "conv",
    seed: SEED,
    images,
    side,
    sampled: SAMPLED,
    shapes,
    ...summary,
    lines: [
      `conv: VGG-19's convolutions, images of ${side} x ${side}, ${images} at once; GFLOP/s count direct sums`,
      ...shapes.flatMap(shapeLines),
      ...summaryLines(summary),
    ],
  };
}

async function measureConvolution(
  gpu: Gpu,
  convolution: VggConvolution,
  options: ConvBenchOptions,
): Promise<ConvResult> {
  const { runs, images } = options;
  const network = convolutionNetwork(convolution, SEED);
  const { shape } = network.inputs[0]!;
  const inputs = uniforms(images * sizeOf(shape), random(SEED, `input of ${convolution.name}`));
  const problem: ForwardProblem = { network, inputs, images };
  const own = await measureMethod(gpu, problem, runs);
  const otherMethods: MethodResult[] = [];
  for (const method of METHODS) {
    if (methodText(method) === own.result.method) continue;
    otherMethods.push((await measureMethod(gpu, problem, runs, method)).result);
  }
  const lesion = { timing: own.result.timing, output: own.output };
  const peers = await measurePeers(problem, own.macs, lesion, runs);
  return { ...convolution, macs: own.macs, lesion: own.result, otherMethods, peers };
}

async function measureMethod(gpu: Gpu, problem: ForwardProblem, runs: number, method?: ConvMethod) {
  const { network, inputs } = problem;
  const layer = network.layers[0] as Conv2dLayer;
  await using forward = await openForward(gpu, problem, method);
  const timing = await measureAdaptive(runs, (times) => forward.run(times));
  const output = await forward.output();
  const input = network.inputs[0]!.shape;
  const outShape = [...input.slice(0, 2), layer.outChannels];
  const error = sampledError(layer, { x: inputs, input, y: output, output: outShape }, SAMPLED, SEED);
  const { macs, settings } = forward;
  const result: MethodResult = {
    method: settings.methods[layer.name]!,
    timing,
    gflops: gflops(macs, timing),
    error,
  };
  return { result, output, macs };
}

/** What all convolutions come to. */
export interface RatioSummary {
  /** Of the peers' times over Lesion's; null where one was not measured on every shape. */
  readonly geometricMeans: Readonly<Record<PeerName, number | null>>;
  /** Shapes on which a peer is faster than Lesion. */
  readonly slower: readonly { readonly name: string; readonly peer: PeerName; readonly ratio: number }[];
}

/** Geometric means of the ratios, and where Lesion is behind. */
export function ratioSummary(shapes: readonly Pick<ConvResult, "name" | "peers">[]): RatioSummary {
  const meanOf = (peer: PeerName) => {
    const ratios = shapes.map(({ peers }) => ratioOf(peers[peer]));
    return ratios.every((ratio) => ratio !== null) ? geometricMean(ratios) : null;
  };
  const slower = shapes.flatMap(({ name, peers }) =>
    (["tfjs", "ort"] as const).flatMap((peer) => {
      const ratio = ratioOf(peers[peer]);
      return ratio !== null && ratio < 1 ? [{ name, peer, ratio }] : [];
    }),
  );
  return { geometricMeans: { tfjs: meanOf("tfjs"), ort: meanOf("ort") }, slower };
}

function shapeLines({ name, side, inChannels, outChannels, lesion, otherMethods, peers }: ConvResult): string[] {
  const methodLine = (title: string, { timing, gflops: rate, error }: MethodResult) =>
    `  ${title.padEnd(38)} ${timingText(timing).padEnd(38)} ${rateText(rate)}, error ${error.toExponential(1)}`;
  return [
    `${name}: ${side} x ${side}, ${inChannels} -> ${outChannels}`,
    methodLine(`Lesion, ${lesion.method} (chosen)`, lesion),
    ...otherMethods.map((other) => methodLine(`Lesion, ${other.method}`, other)),
    ...peerLines(peers),
  ];
}

function summaryLines({ geometricMeans: { tfjs, ort }, slower }: RatioSummary): string[] {
  const text = (mean: number | null) =>
    mean === null ? "not measured on every shape" : `${mean.toFixed(2)} times Lesion`;
  return [
    `geometric mean: TensorFlow.js ${text(tfjs)}, ONNX Runtime Web ${text(ort)}`,
    slower.length === 0
      ? "no shape on which a measured peer is faster"
      : `a peer is faster on: ${slower.map(({ name, peer, ratio }) => `${name} (${peer}, ${ratio.toFixed(2)})`).join(", ")}`,
  ];
}
