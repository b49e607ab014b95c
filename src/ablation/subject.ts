/** A network as sweeps take it: a chain of dense layers, which has kernels of its own, or a graph. */
import { LesionError } from "../core/errors.ts";
import { chainMacs } from "../engine/device-chain.ts";
import { type CompiledGraph, compileGraph } from "../engine/graph/compiled-graph.ts";
import { exactTiles } from "../engine/graph/exact-tiles.ts";
import { withQuickestMethods } from "../engine/graph/quickest-methods.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { type AblatableLayer, ablatableOf } from "../network/ablatable.ts";
import { type DenseChain, denseChain } from "../network/dense-chain.ts";
import { logitsNetwork } from "../network/logits.ts";
import type { Network } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import type { AblationSource } from "./ablation.ts";

interface SubjectBase {
  /** In the order that a study's layer indices count. */
  readonly ablatable: readonly AblatableLayer[];
  readonly classes: number;
  /** Shape of one input. */
  readonly input: readonly number[];
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
}
export interface ChainSubject extends SubjectBase {
  readonly kind: "chain";
  readonly chain: DenseChain;
}
export interface GraphSubject extends SubjectBase {
  readonly kind: "graph";
  readonly graph: CompiledGraph;
  /** The layer that gives the logits. */
  readonly output: string;
}
export type Subject = ChainSubject | GraphSubject;

/**
 * The network as a subject of sweeps. Throws LesionError("bad-model") where shapes do not fit, and ("unsupported") where it
 * reads more than one input, or does not end in one number a class.
 */
export function subjectOf(network: Network): Subject {
  const chain = chainOf(network);
  if (chain) {
    const { ablatable, stages, features } = chain;
    const classes = stages.at(-1)!.outFeatures;
    const input = network.inputs[0]?.shape ?? [features];
    return { kind: "chain", chain, ablatable, classes, input, macs: chainMacs(chain) };
  }
  return graphSubject(network, compileGraph(logitsNetwork(network)));
}

/**
 * The same subject with the method of each convolution chosen by how exact it is on this adapter and, where the ablations of
 * so many samples are worth a measurement, by how quick.
 */
export async function measuredOn(
  gpu: Gpu,
  tuner: Tuner,
  network: Network,
  subject: GraphSubject,
  ablations: AblationSource,
  samples: number,
): Promise<GraphSubject> {
  const source = logitsNetwork(network);
  const widest = await exactTiles(gpu, source);
  const exact = widest.size === 0 ? subject : graphSubject(network, compileGraph(source, widest));
  return {
    ...exact,
    graph: await withQuickestMethods(gpu, tuner, exact.graph, widest, rowsIn(exact, ablations, samples)),
  };
}

/** Ablations on which it is judged how often each layer is computed. */
const JUDGED = 500;

/** How many rows each layer computes, about: the intact samples, and those of every ablation whose first layer lies before. */
function rowsIn(
  { graph, ablatable }: GraphSubject,
  ablations: AblationSource,
  samples: number,
): (name: string) => number {
  const places = new Map(graph.network.layers.map(({ name }, place) => [name, place]));
  const every = Math.max(1, Math.floor(ablations.count / JUDGED));
  const firsts: number[] = [];
  for (let row = 0; row < ablations.count; row += every) {
    firsts.push(places.get(ablatable[ablations.at(row).sites[0]!.layerIndex]!.layer)!);
  }
  return (name) => {
    const before = firsts.filter((place) => place < places.get(name)!).length;
    return samples * (1 + (before / Math.max(1, firsts.length)) * ablations.count);
  };
}

function graphSubject({ name }: Network, graph: CompiledGraph): GraphSubject {
  const { inputs, outputs } = graph.network;
  const [input, ...more] = inputs;
  if (!input || more.length > 0) {
    throw new LesionError("unsupported", `the network "${name}" reads ${inputs.length} inputs; a study gives it 1`, {
      where: `network "${name}"`,
      fix: "Export the network with its image as the one input.",
    });
  }
  const output = outputs[0]!;
  const shape = graph.shapes.get(output)!;
  const classes = shape.at(-1) ?? 1;
  if (sizeOf(shape) !== classes) {
    throw new LesionError("unsupported", `the output "${output}" is [${shape.join(", ")}], not one number a class`, {
      where: `layer "${output}"`,
      fix: "Use a network that classifies; put a global pool or a flatten before its last layer.",
    });
  }
  return {
    kind: "graph",
    graph,
    output,
    classes,
    input: input.shape,
    ablatable: ablatableOf(graph.network),
    macs: graph.macs,
  };
}

function chainOf(network: Network): DenseChain | null {
  try {
    return denseChain(network);
  } catch (thrown) {
    if (thrown instanceof LesionError && thrown.code === "unsupported") return null;
    throw thrown;
  }
}
