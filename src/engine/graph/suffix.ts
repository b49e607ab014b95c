/**
 * What has to be computed for damage to a layer, worked out on paper. As long as damage passes through layers that keep
 * channels apart, a result differs from the intact one in the damaged units' channels alone, and only once for each image,
 * whatever the masks: such a result is `partial`. The first convolution or dense layer after it is entered by the difference
 * those channels make; from there on each (image, mask) row has results of its `own`. What no damage reaches stays `intact`
 * and is shared by all rows of an image.
 */
import { LesionError } from "../../core/errors.ts";
import { isDepthwise } from "../../kernels/conv-shape.ts";
import { ancestorsOf, hasUnits } from "../../network/graph.ts";
import type { Conv2dLayer, DenseLayer, Layer, Weight } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { type PassPlan, type PassStep, planPass } from "./pass.ts";

/** A result that differs from the intact one in the damaged units' channels alone. */
export interface Partial {
  readonly name: string;
  /** Channel of unit 0. */
  readonly channelStart: number;
  /** As it lies there: what a flatten reads, where one was passed. */
  readonly shape: Shape;
}

/** A layer that is entered by differences of a partial result. */
export interface Entry {
  readonly layer: DenseLayer<Weight> | Conv2dLayer;
  readonly from: Partial;
}

export interface Suffix {
  /** The first damaged layer. */
  readonly first: Layer;
  /** Layers computed once for each image with all units replaced, in order. */
  readonly replaced: readonly Layer[];
  /** Steps computed for each row, in order. */
  readonly steps: readonly PassStep[];
  /** Of the steps, those that enter. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Steps that spell a partial result out for each row. */
  readonly selected: ReadonlyMap<string, Partial>;
  /** Steps that copy an intact result for each row, because a further masked layer reads nothing damaged. */
  readonly spread: ReadonlyMap<string, string>;
  /** Further masked layers, which are masked in place. */
  readonly masked: ReadonlySet<string>;
  /** Intact results needed, one for each image. */
  readonly intact: ReadonlySet<string>;
  /** Layers whose intact pre-activation is needed: the damaged one and the entered ones. */
  readonly preActivations: ReadonlySet<string>;
}

/** The suffix of damage to `first`, and to the layers `deeper` besides, up to `output`. */
export function suffixOf(graph: CompiledGraph, first: string, deeper: ReadonlySet<string>, output: string): Suffix {
  return new SuffixMaker(graph, graph.layers.get(first)!, deeper, output).made();
}

/** The pass of a suffix: its own steps. */
export function planSuffix(graph: CompiledGraph, suffix: Suffix, output: string): PassPlan {
  return planPass(graph, suffix.steps, new Set([output]), suffix.masked);
}

class SuffixMaker {
  readonly #graph: CompiledGraph;
  readonly #first: Layer;
  readonly #deeper: ReadonlySet<string>;
  readonly #output: string;
  readonly #needed: ReadonlySet<string>;
  /** Partial results by layer; own results are in #own, all others intact. */
  readonly #partial = new Map<string, Partial>();
  readonly #own = new Set<string>();
  readonly #replaced: Layer[] = [];
  readonly #steps: PassStep[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #selected = new Map<string, Partial>();
  readonly #spread = new Map<string, string>();
  readonly #intact = new Set<string>();
  readonly #preActivations: Set<string>;

  constructor(graph: CompiledGraph, first: Layer, deeper: ReadonlySet<string>, output: string) {
    this.#graph = graph;
    this.#first = first;
    this.#deeper = deeper;
    this.#output = output;
    this.#needed = new Set([output, ...ancestorsOf(graph.network, [output])]);
    this.#preActivations = new Set([first.name]);
  }

  made(): Suffix {
    const { name } = this.#first;
    this.#partial.set(name, { name, channelStart: 0, shape: this.#graph.shapes.get(name)! });
    this.#intact.add(name);
    for (const layer of this.#graph.network.layers) {
      if (layer !== this.#first && this.#needed.has(layer.name)) this.#take(layer);
    }
    if (!this.#own.has(this.#output)) {
      throw new LesionError(
        "internal",
        `damage to ${name} does not reach ${this.#output} through a layer with weights`,
      );
    }
    return {
      first: this.#first,
      replaced: this.#replaced,
      steps: this.#steps,
      entries: this.#entries,
      selected: this.#selected,
      spread: this.#spread,
      masked: this.#deeper,
      intact: this.#intact,
      preActivations: this.#preActivations,
    };
  }

  #take(layer: Layer): void {
    const partial = layer.inputs.flatMap((input) => this.#partial.get(input) ?? []);
    const isReached = partial.length > 0 || layer.inputs.some((input) => this.#own.has(input));
    const isMasked = this.#deeper.has(layer.name);
    if (!isReached) {
      if (isMasked) this.#copy(layer);
      return;
    }
    const [only] = partial;
    if (only && partial.length === layer.inputs.length && layer.inputs.length === 1 && entersBy(layer)) {
      this.#enter(layer, only);
      return;
    }
    const kept = isMasked ? null : this.#keptApart(layer);
    if (kept) {
      this.#partial.set(layer.name, kept);
      if (kept.name !== layer.name) return;
      this.#replaced.push(layer);
      this.#intact.add(layer.name);
      for (const input of layer.inputs) if (!this.#partial.has(input)) this.#intact.add(input);
      return;
    }
    this.#compute(layer);
  }

  #enter(layer: Entry["layer"], from: Partial): void {
    this.#entries.set(layer.name, { layer, from });
    this.#intact.add(from.name);
    this.#preActivations.add(layer.name);
    this.#step(layer.name, [], null);
  }

  /** Every operand spelled out for each row where damage has reached it, and the layer computed of them. */
  #compute(layer: Layer): void {
    const reads = layer.inputs.map((input) => {
      const partial = this.#partial.get(input);
      if (partial && !this.#own.has(input)) return this.#select(input, partial);
      if (!this.#own.has(input)) this.#intact.add(input);
      return input;
    });
    this.#step(layer.name, reads, layer);
  }

  #select(name: string, partial: Partial): string {
    const own = `${name} (each row)`;
    if (this.#own.has(own)) return own;
    if (partial.name === name) {
      this.#selected.set(own, partial);
      this.#intact.add(name);
      this.#step(own, [], null);
    } else {
      // A flattened result is spelled out as it lay before, and flattened again.
      this.#step(own, [this.#select(partial.name, partial)], this.#graph.layers.get(name)!);
    }
    return own;
  }

  /** A masked layer that reads nothing damaged: its intact result, for each row. */
  #copy(layer: Layer): void {
    const { name } = layer;
    this.#spread.set(name, name);
    this.#intact.add(name);
    this.#preActivations.add(name);
    this.#step(name, [], null);
  }

  #step(name: string, reads: readonly string[], layer: Layer | null): void {
    const shape = this.#graph.shapes.get(name) ?? this.#graph.shapes.get(name.replace(/ \(each row\)$/, ""))!;
    this.#steps.push({ name, shape, reads, layer });
    this.#own.add(name);
  }

  /** The layer's result as a partial one, where it keeps channels apart; else null. */
  #keptApart(layer: Layer): Partial | null {
    const { name, inputs } = layer;
    if (inputs.some((input) => this.#own.has(input))) return null;
    const shape = this.#graph.shapes.get(name)!;
    const [source, ...others] = inputs.flatMap((input) => this.#partial.get(input) ?? []);
    if (!source) return null;
    const isFlat = source.name !== inputs.find((input) => this.#partial.has(input));
    switch (layer.kind) {
      case "activation":
        return isFlat ? null : { ...source, name, shape };
      case "scale":
      case "pool2d":
      case "global-pool":
      case "identity":
        return isFlat ? null : { ...source, name, shape };
      case "conv2d":
        return !isFlat && isDepthwise(layer) ? { ...source, name, shape } : null;
      case "flatten":
      case "reshape":
        if (isFlat) return null;
        if (shape.at(-1) === source.shape.at(-1)) return { ...source, name, shape };
        // Channels run fastest, so a flattened map is the map; only a dense layer knows how to read it so.
        return shape.length === 1 && this.#graph.readers.get(name)?.every(({ kind }) => kind === "dense")
          ? source
          : null;
      case "binary": {
        const like = (input: string) => {
          const other = this.#partial.get(input);
          return other === undefined || (other.channelStart === source.channelStart && other.name === input);
        };
        const fits = shape.at(-1) === source.shape.at(-1) && inputs.every(like);
        // What is damaged in one channel must not be broadcast over others.
        const isWhole = inputs.every(
          (input) => !this.#partial.has(input) || this.#graph.shapes.get(input)!.at(-1) === shape.at(-1),
        );
        return !isFlat && fits && isWhole ? { ...source, name, shape } : null;
      }
      case "concat": {
        if (isFlat || others.length > 0) return null;
        if (layer.axis !== shape.length - 1) return { ...source, name, shape };
        const place = inputs.findIndex((input) => this.#partial.has(input));
        const before = inputs.slice(0, place).reduce((sum, input) => sum + this.#graph.shapes.get(input)!.at(-1)!, 0);
        return { name, shape, channelStart: source.channelStart + before };
      }
      default:
        return null;
    }
  }
}

function entersBy(layer: Layer): layer is Entry["layer"] {
  return layer.kind === "dense" || (layer.kind === "conv2d" && layer.groups === 1);
}

/**
 * What a prefix keeps so that all `needed` intact results can be had again without computing a layer with weights: for each,
 * going back through layers of one input, the first pre-activation, input or meeting of branches.
 */
export interface Roots {
  /** Layers whose pre-activation is kept. */
  readonly z: ReadonlySet<string>;
  /** Results and inputs kept as they are. */
  readonly values: ReadonlySet<string>;
  /** Layers to compute again from them, in order. Those with weights: their activation alone. */
  readonly derived: readonly Layer[];
}

export function rootsOf(graph: CompiledGraph, suffix: Suffix): Roots {
  const z = new Set(suffix.preActivations);
  const values = new Set<string>();
  const derived = new Set<string>();
  const trace = (name: string): void => {
    const layer = graph.layers.get(name);
    if (layer?.kind === "constant" || derived.has(name)) return;
    if (!layer || layer.inputs.length > 1) {
      values.add(name);
      return;
    }
    derived.add(name);
    if (hasUnits(layer)) z.add(name);
    else trace(layer.inputs[0]!);
  };
  for (const name of suffix.intact) trace(name);
  return { z, values, derived: graph.network.layers.filter(({ name }) => derived.has(name)) };
}
