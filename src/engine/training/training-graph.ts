/**
 * A network on paper as it trains: the steps of a forward pass, which of them are the same for all copies and all epochs,
 * and through which the gradient goes back. A step is mostly a layer; a batch norm takes in the activation after it.
 */
import { LesionError } from "../../core/errors.ts";
import { slopeFromOutput } from "../../kernels/activation-gradient.ts";
import { logitsNetwork } from "../../network/logits.ts";
import { type Activation, type Layer, LINEAR, type Network } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { trainingForm } from "../../network/simplify.ts";
import { type CompiledGraph, graphOf } from "../graph/compiled-graph.ts";
import { isView } from "../graph/layer-dispatches.ts";
import { type ParameterLayout, parameterLayout, trainedBy, trainsAny } from "./parameter-layout.ts";

/** One step of the forward pass. */
export interface TrainingStep {
  /** The tensor that it gives; the name of the last layer in it. */
  readonly name: string;
  readonly shape: Shape;
  readonly reads: readonly string[];
  /** What it computes; null: a copy of what it reads, one for each network, to be held. */
  readonly layer: Layer | null;
  /** Applied to the layer's result. */
  readonly activation: Activation;
  /** Whether its parameters train. */
  readonly trained: boolean;
  /** The same in every epoch and for every copy: nothing before it trains or is held, nor does it. */
  readonly fixed: boolean;
  /** A gradient goes through its result: it, or something before it, trains. */
  readonly moves: boolean;
  /** Some copies hold channels of its result. */
  readonly held: boolean;
  /** Its result is what it reads, as it lies there. */
  readonly view: boolean;
}

export interface TrainingGraph {
  /** The network in training form, whole. */
  readonly form: Network;
  readonly graph: CompiledGraph;
  /** In order; those that the logits do not need are left out. */
  readonly steps: readonly TrainingStep[];
  readonly layout: ParameterLayout;
  /** The tensor that samples are put into, and its shape. */
  readonly source: { readonly name: string; readonly shape: Shape };
  /** Fixed tensors that steps which are not fixed read. */
  readonly frontier: readonly string[];
  /** The tensor of the logits. */
  readonly logits: string;
  readonly classes: number;
  /**
   * Whether copies can train side by side: chains of dense layers, where a batch of products does for all of them what one
   * does for one. Convolutions and batch norms have no axis for networks.
   */
  readonly sideBySide: boolean;
}

/** What a network's training looks like. */
export interface TrainingWish {
  /** Layers, or single tensors as "layer part"; null: all. */
  readonly trained: ReadonlySet<string> | null;
  /** Tensors of which some copies hold channels. */
  readonly held: ReadonlySet<string>;
}

/**
 * The form in which a network trains, with its logits for its output; floats for weights that a file keeps in 8 bits. Scales
 * of which single tensors train, named in `trained` as "layer part", stay layers of their own.
 */
export function formOf(network: Network, trained: TrainingWish["trained"] = null): Network {
  const scales = network.layers.filter(({ kind, name }) => kind === "scale" && trained?.has(`${name} scale`));
  return trainingForm(logitsNetwork(network), new Set(scales.map(({ name }) => name)));
}

/**
 * Lays a network's training out. Throws LesionError("unsupported") where it reads more than one input, does not end in one
 * number a class, or where nothing is left to train; ("bad-model") where shapes do not fit.
 */
export function trainingGraph(form: Network, wish: TrainingWish): TrainingGraph {
  const graph = graphOf(form);
  const isTrained = trainedBy(wish.trained);
  const trained = new Set(form.layers.filter((layer) => trainsAny(layer, isTrained)).map(({ name }) => name));
  const source = sourceOf(graph);
  const logits = form.outputs[0]!;
  const classes = classesOf(graph, logits);
  const steps = stepsOf(graph, source.name, trained, wish.held);
  const byName = new Map(steps.map((step) => [step.name, step]));
  if (!byName.get(logits)?.moves) {
    throw new LesionError("unsupported", `no layer of the network "${form.name}" trains`, {
      fix: "Choose another arm: nothing with parameters lies where this one trains.",
    });
  }
  const isFixed = (name: string) => {
    const step = byName.get(name);
    return step ? step.fixed && step.layer?.kind !== "constant" : name === source.name;
  };
  const frontier = new Set(steps.filter(({ fixed }) => !fixed).flatMap(({ reads }) => reads.filter(isFixed)));
  return {
    form,
    graph,
    steps,
    layout: parameterLayout(form, isTrained),
    source,
    frontier: [...frontier],
    logits,
    classes,
    sideBySide: trainsSideBySide(steps, source),
  };
}

/** The input, or what stands for it: samples are read in the shape of the first layer that does more than reshape them. */
function sourceOf({ network, shapes, readers }: CompiledGraph): { readonly name: string; readonly shape: Shape } {
  const [input, ...more] = network.inputs;
  if (!input || more.length > 0) {
    throw new LesionError(
      "unsupported",
      `the network "${network.name}" reads ${network.inputs.length} inputs; training gives it 1`,
      {
        fix: "Export the network with its image as the one input.",
      },
    );
  }
  let { name } = input;
  for (let next = readers.get(name)!; next.length === 1; next = readers.get(name)!) {
    const [reader] = next;
    if (reader!.kind !== "flatten" && reader!.kind !== "reshape" && reader!.kind !== "identity") break;
    name = reader!.name;
  }
  return { name, shape: shapes.get(name)! };
}

function classesOf({ shapes }: CompiledGraph, logits: string): number {
  const shape = shapes.get(logits)!;
  const classes = shape.at(-1) ?? 1;
  if (shape.every((size, axis) => axis === shape.length - 1 || size === 1)) return classes;
  throw new LesionError("unsupported", `the output "${logits}" is [${shape.join(", ")}], not one number a class`, {
    where: `layer "${logits}"`,
    fix: "Use a network that classifies; put a global pool or a flatten before its last layer.",
  });
}

function stepsOf(
  { network, shapes, readers }: CompiledGraph,
  source: string,
  trained: ReadonlySet<string>,
  held: ReadonlySet<string>,
): readonly TrainingStep[] {
  const steps = new Map<string, TrainingStep>();
  const skipped = beforeSource(network, source);
  // What reads a fixed tensor that copies hold reads a copy of it.
  const heldCopies = new Map<string, string>();
  for (const layer of network.layers) {
    if (skipped.has(layer.name)) continue;
    const follower = layer.kind === "batch-norm" ? followerOf(layer, readers, network, held) : null;
    if (follower) skipped.add(follower.name);
    const name = follower?.name ?? layer.name;
    const shape = shapes.get(name)!;
    const reads = layer.inputs.map((input) => heldCopies.get(input) ?? input);
    const before = reads.map((input) => steps.get(input));
    const isTrained = trained.has(layer.name);
    const fixed = !isTrained && reads.every((input, i) => before[i]?.fixed ?? input === source);
    const first = before[0]?.shape ?? shapes.get(reads[0] ?? "");
    const step: TrainingStep = {
      name,
      shape,
      reads,
      layer,
      activation: follower?.activation ?? ("activation" in layer ? layer.activation : LINEAR),
      trained: isTrained,
      fixed,
      moves: isTrained || before.some((other) => other?.moves),
      held: held.has(name) && !fixed,
      view: first !== undefined && isView(layer, first, shape) && !held.has(name),
    };
    steps.set(name, step);
    if (fixed && held.has(name)) {
      const copy = `${name} held`;
      heldCopies.set(name, copy);
      steps.set(copy, {
        ...step,
        name: copy,
        reads: [name],
        layer: null,
        activation: LINEAR,
        fixed: false,
        held: true,
        view: false,
      });
    }
  }
  return [...steps.values()];
}

/** The activation that alone reads a batch norm, where its slope can be told from its result; it is computed with it. */
function followerOf(
  { name }: Layer,
  readers: CompiledGraph["readers"],
  network: Network,
  held: ReadonlySet<string>,
): Extract<Layer, { kind: "activation" }> | null {
  const [reader, ...others] = readers.get(name) ?? [];
  if (reader?.kind !== "activation" || others.length > 0 || network.outputs.includes(name) || held.has(name))
    return null;
  return slopeFromOutput(reader.activation) ? reader : null;
}

/** The layers between the input and what stands for it, that one included: samples come as they would give them. */
function beforeSource({ layers, inputs }: Network, source: string): Set<string> {
  const skipped = new Set<string>();
  for (let name = source; name !== inputs[0]!.name; ) {
    skipped.add(name);
    name = layers.find((layer) => layer.name === name)!.inputs[0]!;
  }
  return skipped;
}

function trainsSideBySide(steps: readonly TrainingStep[], source: TrainingGraph["source"]): boolean {
  const kinds: readonly (Layer["kind"] | undefined)[] = [
    "dense",
    "flatten",
    "reshape",
    "identity",
    "activation",
    undefined,
  ];
  return (
    source.shape.length === 1 &&
    steps.every(({ layer, fixed, reads }) => {
      if (!kinds.includes(layer?.kind)) return false;
      const fromFixed = reads.every((name) => name === source.name || steps.find((step) => step.name === name)?.fixed);
      return fixed || !fromFixed || layer === null || layer.kind === "dense";
    })
  );
}
