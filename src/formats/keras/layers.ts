/** Keras' layer classes that are read, by their names. */
import type { Call, LayerReader, Value } from "./call.ts";
import { refuse } from "./call.ts";
import { quote } from "./failure.ts";
import {
  Conv1D,
  Conv2D,
  DepthwiseConv1D,
  DepthwiseConv2D,
  SeparableConv1D,
  SeparableConv2D,
} from "./layers/convolution.ts";
import { Dense } from "./layers/dense.ts";
import { Add, Average, Concatenate, Multiply, Subtract } from "./layers/merging.ts";
import { BatchNormalization, Normalization, Rescaling } from "./layers/normalization.ts";
import { Activating, Passing } from "./layers/passing.ts";
import * as pooling from "./layers/pooling.ts";
import * as shaping from "./layers/shaping.ts";

const ACTIVATIONS = ["Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"];
const PASSING = [
  "Dropout",
  "SpatialDropout1D",
  "SpatialDropout2D",
  "GaussianDropout",
  "GaussianNoise",
  "AlphaDropout",
  "ActivityRegularization",
  "RandomFlip",
  "RandomRotation",
  "RandomTranslation",
  "RandomZoom",
  "RandomContrast",
  "RandomBrightness",
];

/** Readers by class name. */
export const LAYERS: ReadonlyMap<string, LayerReader> = new Map<string, LayerReader>([
  ...Object.entries({ Dense, Conv1D, Conv2D, DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D }),
  ...Object.entries(pooling),
  ...Object.entries({ BatchNormalization, SyncBatchNormalization: BatchNormalization, Normalization, Rescaling }),
  ...Object.entries(shaping),
  ...Object.entries({ Add, Average, Concatenate, Multiply, Subtract }),
  ...ACTIVATIONS.map((name) => [name, Activating] as const),
  ...PASSING.map((name) => [name, Passing] as const),
]);

/** Reads one call. Throws LesionError("unsupported") for a class that is not known. */
export function readLayer(call: Call): Value {
  const reader = LAYERS.get(call.type);
  if (reader !== undefined) return reader(call);
  throw refuse(
    call,
    `is of the class ${quote(call.type)}, which is not read`,
    `Rebuild this part of the model from ${[...LAYERS.keys()].join(", ")}, or convert it to ONNX with tf2onnx.`,
  );
}
