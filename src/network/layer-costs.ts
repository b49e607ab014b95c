/** What a layer costs to compute and to keep: the numbers behind plans, predictions and `lesion inspect`. */
import type { Layer, Network } from "./network.ts";
import { inferShapes, type Shape, sizeOf } from "./shapes.ts";

/** Costs of one layer for one sample. */
export interface LayerCost {
  /** Output shape, without the batch axis. */
  readonly shape: Shape;
  /** Trained numbers. */
  readonly parameters: number;
  /** Multiply-accumulates; elementwise work is not counted. */
  readonly macs: number;
  /** Size of the parameters, as f32. */
  readonly parameterBytes: number;
  /** Size of the output of one sample, as f32. */
  readonly activationBytes: number;
}

const F32_BYTES = 4;

/** Costs of every layer by its name. Throws LesionError("bad-model") where shapes do not fit. */
export function layerCosts(network: Network): Map<string, LayerCost> {
  const shapes = inferShapes(network);
  return new Map(
    network.layers.map((layer) => {
      const shape = shapes.get(layer.name)!;
      const parameters = parametersOf(layer);
      const macs = layer.kind === "dense" ? layer.inFeatures * layer.outFeatures : 0;
      const cost = {
        shape,
        parameters,
        macs,
        parameterBytes: parameters * F32_BYTES,
        activationBytes: sizeOf(shape) * F32_BYTES,
      };
      return [layer.name, cost];
    }),
  );
}

function parametersOf(layer: Layer): number {
  switch (layer.kind) {
    case "dense":
      return layer.weight.length + (layer.bias?.length ?? 0);
    case "bias":
      return layer.bias.length;
    default:
      return 0;
  }
}
