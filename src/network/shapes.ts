/** Shape inference: what each layer gives for one sample. Sizes that do not fit are found here, before any computing. */
import { LesionError } from "../core/errors.ts";
import type { Layer, Network } from "./network.ts";

/** A shape without the batch axis. */
export type Shape = readonly number[];

/** Numbers in one sample of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

const MOST_AXES_SHOWN = 16;

/** A shape as text: "[28, 28, 1]". */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.slice(0, MOST_AXES_SHOWN).join(", ")}${shape.length > MOST_AXES_SHOWN ? ", ..." : ""}]`;
}

/**
 * The output shape of every layer by its name, without the batch axis. Throws LesionError("bad-model") that names the
 * layer and both sizes where a layer cannot take what it reads.
 */
export function inferShapes(network: Network): Map<string, Shape> {
  const inputs = new Map<string, Shape>(network.inputs.map(({ name, shape }) => [name, shape]));
  const shapes = new Map<string, Shape>();
  for (const layer of network.layers) {
    const source = layer.inputs[0] ?? "";
    const shape = shapes.get(source) ?? inputs.get(source);
    if (shape === undefined) {
      throw mismatch(layer, `reads "${source}", which no earlier layer and no input gives`);
    }
    shapes.set(layer.name, outputShape(layer, shape));
  }
  return shapes;
}

/** The shape a layer gives for an input of shape `input`; throws as `inferShapes` does. */
export function outputShape(layer: Layer, input: Shape): Shape {
  switch (layer.kind) {
    case "dense":
      if (input.length !== 1) {
        throw mismatch(layer, `reads ${shapeText(input)}, a dense layer takes one axis; put a flatten before it`);
      }
      if (input[0] !== layer.inFeatures) {
        throw mismatch(layer, `has weights for ${layer.inFeatures} inputs and reads ${input[0]}`);
      }
      return [layer.outFeatures];
    case "bias":
      if (input.at(-1) !== layer.bias.length) {
        throw mismatch(layer, `adds ${layer.bias.length} numbers to ${input.at(-1) ?? 0}`);
      }
      return input;
    case "flatten":
      return [sizeOf(input)];
    case "reshape":
      if (sizeOf(layer.shape) !== sizeOf(input)) {
        const sizes = `${sizeOf(input)} numbers into ${sizeOf(layer.shape)}`;
        throw mismatch(layer, `makes ${shapeText(layer.shape)} of ${shapeText(input)}: ${sizes}`);
      }
      return layer.shape;
    case "activation":
    case "softmax":
    case "identity":
      return input;
  }
}

function mismatch(layer: Layer, what: string): LesionError {
  return new LesionError("bad-model", `layer "${layer.name}" (${layer.kind}) ${what}`, {
    where: `layer "${layer.name}"`,
    fix: "The model contradicts itself; export it again.",
  });
}
