/** BatchNormalization in evaluation, and LRN: what normalises channels. */
import { shapeText } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computedFrom, type Features, inOrder } from "../features.ts";
import { featuresInput, type Operation, refuse, type Value, weightInput } from "../operation.ts";

/** y = scale * (x - mean) / sqrt(variance + epsilon) + b, channel by channel, with the statistics of training. */
export function BatchNormalization(operation: Operation): Value {
  const { attributes, name, where } = operation;
  const features = channelsInput(operation);
  attributes.float("momentum", 0.9);
  const epsilon = attributes.float("epsilon", 1e-5);
  if (attributes.int("training_mode", 0) !== 0) {
    throw refuse(operation, "is in training mode", "Export the model in evaluation mode.");
  }
  if (operation.opset < 9 && attributes.int("spatial", 1) === 0) {
    throw refuse(operation, "normalises each position by itself (spatial 0)");
  }
  const channels = features.kept.at(-1)!;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => {
    const { values } = weightInput(operation, index);
    if (values.length === channels) return values;
    throw impossible(`${where} has ${values.length} numbers as input ${index} for ${channels} channels`, where);
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const inputs = [features.layer];
  return computedFrom(operation, features, { kind: "batch-norm", name, inputs, gamma, beta, mean, variance, epsilon });
}

/** Local response normalisation across channels. */
export function LRN(operation: Operation): Value {
  const { attributes, name, where } = operation;
  const features = channelsInput(operation);
  const size = attributes.int("size", 0);
  const alpha = attributes.float("alpha", 1e-4);
  const beta = attributes.float("beta", 0.75);
  const bias = attributes.float("bias", 1);
  if (size < 1) throw impossible(`${where} sums over ${size} channels`, where);
  return computedFrom(operation, features, { kind: "lrn", name, inputs: [features.layer], size, alpha, beta, bias });
}

/** Input 0, with its channels last. */
function channelsInput(operation: Operation): Features {
  const features = featuresInput(operation, 0);
  if (operation.batched && features.shape.length > 0) return inOrder(operation, features, "channels-last");
  throw refuse(operation, `reads samples of the shape ${shapeText(features.shape)}, which have no channels`);
}
