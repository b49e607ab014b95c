/**
 * A network made ready for the graph engine, on paper: simplified, shapes known, and for each convolution the method that
 * computes it. Plans, predictions and the engine all start from this.
 */
import { LesionError } from "../../core/errors.ts";
import type { ConvShape } from "../../kernels/conv-shape.ts";
import type { WinogradTile } from "../../kernels/winograd.ts";
import { layersByName, readersOf } from "../../network/graph.ts";
import { type LayerCost, layerCosts } from "../../network/layer-costs.ts";
import type { Layer, Network } from "../../network/network.ts";
import { inferShapes, type Shape } from "../../network/shapes.ts";
import { simplify } from "../../network/simplify.ts";
import { type ConvMethod, chooseMethod, convShapeOf } from "./convolution.ts";

export interface CompiledGraph {
  /** Simplified. */
  readonly network: Network;
  readonly layers: ReadonlyMap<string, Layer>;
  /** Of layers and inputs, without the batch axis. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly readers: ReadonlyMap<string, readonly Layer[]>;
  readonly costs: ReadonlyMap<string, LayerCost>;
  /** Of convolutions. */
  readonly methods: ReadonlyMap<string, ConvMethod>;
  /** The sizes of a convolution of `rows` samples. Throws `internal` for another layer. */
  convShape(name: string, rows: number): ConvShape;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
}

/** Widest Winograd tile that is exact enough, by layer; what is not named may take any. */
export type WidestTiles = ReadonlyMap<string, WinogradTile | 0>;

/** Compiles a network. Throws LesionError("bad-model") where shapes do not fit. */
export function compileGraph(source: Network, widest: WidestTiles = new Map()): CompiledGraph {
  return graphOf(simplify(source), widest);
}

/** The same of a network taken as it is. */
export function graphOf(network: Network, widest: WidestTiles = new Map()): CompiledGraph {
  const layers = layersByName(network);
  const shapes = new Map<string, Shape>([
    ...network.inputs.map(({ name, shape }): [string, Shape] => [name, shape]),
    ...inferShapes(network),
  ]);
  const convShape = (name: string, rows: number): ConvShape => {
    const layer = layers.get(name);
    if (layer?.kind !== "conv2d") throw new LesionError("internal", `${name} is no convolution`);
    return convShapeOf(layer, shapes.get(layer.inputs[0]!)!, shapes.get(name)!, rows);
  };
  const methods = new Map<string, ConvMethod>();
  for (const { kind, name } of network.layers) {
    if (kind === "conv2d") methods.set(name, chooseMethod(convShape(name, 1), widest.get(name) ?? 4));
  }
  const costs = layerCosts(network);
  const macs = [...costs.values()].reduce((sum, cost) => sum + cost.macs, 0);
  return { network, layers, shapes, readers: readersOf(network), costs, methods, convShape, macs };
}
