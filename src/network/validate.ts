/**
 * What every network must hold before anything is computed with it: unique names, inputs that exist and come first,
 * sizes that fit, parameters of the right length, finite numbers. Readers call it last, so the rest of Lesion need not
 * ask again.
 */
import { LesionError } from "../core/errors.ts";
import { type Parameter, parametersOf } from "./layer-parameters.ts";
import type { Activation, Conv2dLayer, Layer, LrnLayer, Network, Window } from "./network.ts";
import { inferShapes, inputsTaken, MOST_NUMBERS, type Shape, shapeText, sizeOf } from "./shapes.ts";
import { countOf } from "./weight.ts";

/** Throws LesionError("bad-model") that names the layer, and the first number at fault, unless the network is sound. */
export function validateNetwork(network: Network): void {
  if (network.inputs.length === 0) throw badModel("the network reads no input", network.name);
  if (network.outputs.length === 0) throw badModel("the network gives no output", network.name);
  const known = new Set<string>();
  for (const input of network.inputs) {
    claim(known, input.name, `input "${input.name}"`);
    if (input.shape.length === 0) throw badModel(`input "${input.name}" has no axis`, `input "${input.name}"`);
    checkShape(input.shape, `input "${input.name}"`);
  }
  const layers = new Set<string>();
  for (const layer of network.layers) {
    checkInputs(layer, known);
    checkSizes(layer);
    for (const parameter of parametersOf(layer)) checkParameter(layer, parameter);
    claim(known, layer.name, `layer "${layer.name}"`);
    layers.add(layer.name);
  }
  for (const output of network.outputs) {
    if (!layers.has(output)) throw badModel(`output "${output}" is not a layer of the network`, `output "${output}"`);
  }
  inferShapes(network);
}

/** Index of the first number that is NaN or infinite, or -1. */
export function firstNonFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** More axes than any model has; kernels take six and a batch. */
const MOST_AXES = 16;
/** Largest size of a window, stride, dilation or padding, and most numbers in a window: beyond any image. */
const LARGEST_STEP = 2 ** 20;

function claim(known: Set<string>, name: string, where: string): void {
  if (name === "") throw badModel("a layer or input has an empty name", where);
  if (known.has(name)) throw badModel(`the name "${name}" is used twice`, where);
  known.add(name);
}

function checkShape(shape: Shape, where: string): void {
  const sound = shape.length <= MOST_AXES && shape.every((size) => isInteger(size, 1)) && sizeOf(shape) <= MOST_NUMBERS;
  if (!sound) throw badModel(`${where} has the shape ${shapeText(shape)}`, where);
}

function checkInputs(layer: Layer, known: ReadonlySet<string>): void {
  const { least, most } = inputsTaken(layer.kind);
  const count = layer.inputs.length;
  if (count < least || count > most) {
    throw wrong(layer, `reads ${count} inputs, it takes ${least}${most > least ? " or more" : ""}`);
  }
  for (const input of layer.inputs) {
    if (!known.has(input)) {
      const what = `layer "${layer.name}" reads "${input}", which no earlier layer and no input gives`;
      throw badModel(what, `layer "${layer.name}"`);
    }
  }
}

/** Everything about a layer that is neither its inputs nor an array of floats. */
function checkSizes(layer: Layer): void {
  if ("activation" in layer) checkActivation(layer, layer.activation);
  switch (layer.kind) {
    case "dense":
      if (isInteger(layer.inFeatures, 1) && isInteger(layer.outFeatures, 1)) break;
      throw wrong(layer, `has ${layer.inFeatures} inputs and ${layer.outFeatures} units`);
    case "conv2d":
      checkWindow(layer, layer);
      checkGroups(layer);
      break;
    case "pool2d":
      checkWindow(layer, layer);
      break;
    case "batch-norm":
      checkVariance(layer);
      break;
    case "constant":
    case "reshape":
      checkShape(layer.shape, `layer "${layer.name}"`);
      break;
    case "concat":
      checkIntegers(layer, "axis", [layer.axis], 0);
      break;
    case "lrn":
      checkLrn(layer);
      break;
    case "pad":
      checkIntegers(layer, "padding", [...layer.before, ...layer.after], Number.NEGATIVE_INFINITY);
      if (!Number.isFinite(layer.value)) throw wrong(layer, `pads with ${layer.value}`);
      break;
    case "slice":
      checkIntegers(layer, "starts", layer.starts, 0);
      checkIntegers(layer, "steps", layer.steps, Number.NEGATIVE_INFINITY);
      checkIntegers(layer, "sizes", layer.sizes, 1);
      break;
    case "transpose":
      checkIntegers(layer, "axes", layer.axes, 0);
      break;
  }
}

function checkWindow(layer: Layer, { kernel, stride, dilation, padding }: Window): void {
  const { top, left, bottom, right } = padding;
  checkIntegers(layer, "kernel", kernel, 1, LARGEST_STEP);
  checkIntegers(layer, "stride", stride, 1, LARGEST_STEP);
  checkIntegers(layer, "dilation", dilation, 1, LARGEST_STEP);
  checkIntegers(layer, "padding", [top, left, bottom, right], 0, LARGEST_STEP);
  if (kernel[0] * kernel[1] > LARGEST_STEP) throw wrong(layer, `has a window of ${kernel[0]} x ${kernel[1]}`);
}

function checkGroups(layer: Conv2dLayer): void {
  const { inChannels, outChannels, groups } = layer;
  const sound = [inChannels, outChannels, groups].every((size) => isInteger(size, 1));
  if (!sound || inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw wrong(layer, `has ${inChannels} input and ${outChannels} output channels in ${groups} groups`);
  }
}

function checkVariance(layer: Extract<Layer, { kind: "batch-norm" }>): void {
  const { epsilon, variance } = layer;
  if (!(Number.isFinite(epsilon) && epsilon >= 0)) throw wrong(layer, `has the epsilon ${epsilon}`);
  const index = variance.findIndex((value) => value + epsilon <= 0);
  if (index >= 0) throw wrong(layer, `has the variance ${variance[index]} at index ${index}, with epsilon ${epsilon}`);
}

/** The base of the power must be positive whatever is read. */
function checkLrn(layer: LrnLayer): void {
  const { size, alpha, beta, bias } = layer;
  checkIntegers(layer, "size", [size], 1, LARGEST_STEP);
  if (!(Number.isFinite(alpha) && alpha >= 0 && Number.isFinite(beta) && Number.isFinite(bias) && bias > 0)) {
    throw wrong(layer, `has alpha ${alpha}, beta ${beta} and bias ${bias}`);
  }
}

function checkActivation(layer: Layer, { kind, alpha, beta }: Activation): void {
  if (!Number.isFinite(alpha)) throw wrong(layer, `has the slope ${alpha}`);
  const needsBeta = kind === "clip" || kind === "hard-sigmoid";
  if (needsBeta ? !Number.isFinite(beta) : beta !== undefined && !Number.isFinite(beta)) {
    throw wrong(layer, `has the activation ${kind} with beta ${beta}`);
  }
}

function checkParameter(layer: Layer, { name, values, expected }: Parameter): void {
  const where = `layer "${layer.name}", ${name}`;
  const count = countOf(values);
  if (count !== expected || count === 0) {
    throw badModel(`the ${name} of layer "${layer.name}" has ${count} numbers, ${expected || 1} are needed`, where);
  }
  const isFloat = values instanceof Float32Array;
  const index = firstNonFinite(isFloat ? values : [values.scale, values.min]);
  if (index < 0) return;
  const at = isFloat ? `${values[index]} at index ${index}` : `quantised by ${values.scale} from ${values.min}`;
  throw badModel(`the ${name} of layer "${layer.name}" is ${at}`, where, isFloat ? { index } : undefined);
}

function checkIntegers(layer: Layer, what: string, values: readonly number[], least: number, most?: number): void {
  if (values.length <= 2 * MOST_AXES && values.every((value) => isInteger(value, least, most))) return;
  throw wrong(layer, `has the ${what} ${shapeText(values)}`);
}

function isInteger(value: number, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function wrong(layer: Layer, what: string): LesionError {
  return badModel(`layer "${layer.name}" (${layer.kind}) ${what}`, `layer "${layer.name}"`);
}

function badModel(message: string, where: string, detail?: Readonly<Record<string, unknown>>): LesionError {
  return new LesionError("bad-model", message, {
    where,
    fix: "Export or train the model again and check it with another program.",
    ...(detail === undefined ? {} : { detail }),
  });
}
