/**
 * The walk that all passes share: from the inputs to the outputs, each layer is offered to rules that may change it, drop
 * it or change the layers before it. Who reads what is kept current on the way, so that a chain collapses in one walk.
 */
import { readCounts, withoutUnread } from "../graph.ts";
import type { Layer, Network } from "../network.ts";
import { outputShape, type Shape } from "../shapes.ts";

/** What a rule may ask about the layers before the one that it is offered. */
export interface View {
  /** The layer of this name, as rewritten so far; undefined for an input of the network. */
  readonly source: (name: string) => Layer | undefined;
  /** Its output shape. */
  readonly shape: (name: string) => Shape;
  /** How often it is read, being an output included. */
  readonly reads: (name: string) => number;
  /** Whether a layer is an output of the network. */
  readonly isOutput: (name: string) => boolean;
}

/** What a rule wants. Layers keep their names, and results their shapes. */
export interface Change {
  /** Layers in a new form: the one offered, or earlier ones. */
  readonly set?: readonly Layer[];
  /** The layer offered goes, and all that read it read this one instead. */
  readonly instead?: string;
}

/** Looks at one layer; null where there is nothing to do. */
export type Rule = (layer: Layer, view: View) => Change | null;

/** A network that keeps shrinking for longer than this is left as it is. */
const MOST_WALKS = 32;

/** Applies the rules until none finds anything, then drops what no output needs. Throws as `inferShapes` does. */
export function rewrite(network: Network, rules: readonly Rule[]): Network {
  let current = withoutUnread(network);
  for (let walks = 0; walks < MOST_WALKS; walks++) {
    const next = withoutUnread(walk(current, rules));
    if (next === current) break;
    current = next;
  }
  return current;
}

/** One walk. The same object where no rule applied. */
function walk(network: Network, rules: readonly Rule[]): Network {
  const counts = readCounts(network);
  const outputs = new Set(network.outputs);
  const shapes = new Map<string, Shape>(network.inputs.map(({ name, shape }) => [name, shape]));
  const layers = new Map<string, Layer>();
  const renamed = new Map<string, string>();
  const resolve = (name: string) => renamed.get(name) ?? name;
  const count = (names: readonly string[], by: number) => {
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + by);
  };
  const view: View = {
    source: (name) => layers.get(name),
    shape: (name) => shapes.get(name) ?? [],
    reads: (name) => counts.get(name) ?? 0,
    isOutput: (name) => outputs.has(name),
  };
  let changed = false;

  for (const original of network.layers) {
    let layer: Layer | null = { ...original, inputs: original.inputs.map(resolve) };
    const give = (form: Layer) => {
      const before = form.name === original.name ? layer : layers.get(form.name);
      count(before?.inputs ?? [], -1);
      count(form.inputs, 1);
      if (form.name === original.name) layer = form;
      else layers.set(form.name, form);
    };
    // Each change drops the layer or shortens what it reads, so this ends.
    for (let change = firstChange(layer, rules, view); change !== null; ) {
      changed = true;
      for (const form of change.set ?? []) give(form);
      if (change.instead !== undefined) {
        count(layer.inputs, -1);
        count([change.instead], counts.get(original.name) ?? 0);
        if (outputs.has(original.name)) outputs.add(change.instead);
        renamed.set(original.name, change.instead);
        layer = null;
        break;
      }
      change = firstChange(layer, rules, view);
    }
    if (layer === null) continue;
    shapes.set(layer.name, outputShape(layer, layer.inputs.map(view.shape)));
    layers.set(layer.name, layer);
  }
  return changed ? { ...network, layers: [...layers.values()], outputs: network.outputs.map(resolve) } : network;
}

function firstChange(layer: Layer, rules: readonly Rule[], view: View): Change | null {
  for (const rule of rules) {
    const change = rule(layer, view);
    if (change !== null) return change;
  }
  return null;
}
