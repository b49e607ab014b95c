/** What a layer costs to compute and to keep: the numbers behind plans, predictions and `lesion inspect`. */
import { bytesOf, parametersOf } from "./layer-parameters.ts";
import type { Layer, Network } from "./network.ts";
import { inferShapes, type Shape, sizeOf } from "./shapes.ts";
import { countOf } from "./weight.ts";

/** Costs of one layer for one sample. */
export interface LayerCost {
  /** Output shape, without the batch axis. */
  readonly shape: Shape;
  /** Numbers that the file keeps, running statistics and constants among them. */
  readonly parameters: number;
  /** Multiply-accumulates of dense layers and convolutions, padding included; elementwise work is not counted. */
  readonly macs: number;
  /** Size of the parameters as the file keeps them: quantised ones take 1 or 2 bytes each, all others 4. */
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
      const cost = {
        shape,
        parameters: parameters.reduce((sum, { values }) => sum + countOf(values), 0),
        macs: macsOf(layer, shape),
        parameterBytes: parameters.reduce((sum, { values }) => sum + bytesOf(values), 0),
        activationBytes: sizeOf(shape) * F32_BYTES,
      };
      return [layer.name, cost];
    }),
  );
}

/** Multiply-accumulates of one sample: each number of the output takes as many as it has weights. */
function macsOf(layer: Layer, shape: Shape): number {
  switch (layer.kind) {
    case "dense":
      return sizeOf(shape) * layer.inFeatures;
    case "conv2d":
      return sizeOf(shape) * layer.kernel[0] * layer.kernel[1] * (layer.inChannels / layer.groups);
    default:
      return 0;
  }
}
