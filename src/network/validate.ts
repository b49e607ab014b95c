/**
 * What every network must hold before anything is computed with it: unique names, inputs that exist and come first,
 * parameters of the right length, finite numbers. Readers call it last, so the rest of Lesion need not ask again.
 */
import { LesionError } from "../core/errors.ts";
import type { Layer, Network } from "./network.ts";
import { type Shape, shapeText } from "./shapes.ts";

/** Throws LesionError("bad-model") that names the layer, and the first number at fault, unless the network is sound. */
export function validateNetwork(network: Network): void {
  if (network.inputs.length === 0) throw badModel("the network reads no input", network.name);
  if (network.outputs.length === 0) throw badModel("the network gives no output", network.name);
  const known = new Set<string>();
  for (const input of network.inputs) {
    claim(known, input.name, `input "${input.name}"`);
    checkShape(input.shape, `input "${input.name}"`);
  }
  const layers = new Set<string>();
  for (const layer of network.layers) {
    checkInputs(layer, known);
    checkParameters(layer);
    claim(known, layer.name, `layer "${layer.name}"`);
    layers.add(layer.name);
  }
  for (const output of network.outputs) {
    if (!layers.has(output)) throw badModel(`output "${output}" is not a layer of the network`, `output "${output}"`);
  }
}

/** Index of the first number that is NaN or infinite, or -1. */
export function firstNonFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function claim(known: Set<string>, name: string, where: string): void {
  if (name === "") throw badModel("a layer or input has an empty name", where);
  if (known.has(name)) throw badModel(`the name "${name}" is used twice`, where);
  known.add(name);
}

function checkShape(shape: Shape, where: string): void {
  if (shape.length > 0 && shape.every((size) => Number.isSafeInteger(size) && size > 0)) return;
  throw badModel(`${where} has the shape ${shapeText(shape)}`, where);
}

function checkInputs(layer: Layer, known: ReadonlySet<string>): void {
  const where = `layer "${layer.name}"`;
  if (layer.inputs.length !== 1) {
    throw badModel(`layer "${layer.name}" (${layer.kind}) reads ${layer.inputs.length} inputs, it takes 1`, where);
  }
  for (const input of layer.inputs) {
    if (!known.has(input)) {
      throw badModel(`layer "${layer.name}" reads "${input}", which no earlier layer and no input gives`, where);
    }
  }
}

function checkParameters(layer: Layer): void {
  if (layer.kind === "dense") {
    const { inFeatures, outFeatures, weight, bias } = layer;
    if (!(Number.isSafeInteger(inFeatures) && Number.isSafeInteger(outFeatures) && inFeatures > 0 && outFeatures > 0)) {
      throw badModel(
        `layer "${layer.name}" has ${inFeatures} inputs and ${outFeatures} units`,
        `layer "${layer.name}"`,
      );
    }
    checkLength(layer.name, "weight", weight, inFeatures * outFeatures);
    if (bias !== null) checkLength(layer.name, "bias", bias, outFeatures);
  }
  if (layer.kind === "reshape") checkShape(layer.shape, `layer "${layer.name}"`);
  if (layer.kind === "bias") checkLength(layer.name, "bias", layer.bias, layer.bias.length);
  if ((layer.kind === "dense" || layer.kind === "activation") && !Number.isFinite(layer.activation.alpha)) {
    throw badModel(`layer "${layer.name}" has the slope ${layer.activation.alpha}`, `layer "${layer.name}"`);
  }
}

function checkLength(layer: string, parameter: string, values: Float32Array, expected: number): void {
  const where = `layer "${layer}", ${parameter}`;
  if (values.length !== expected) {
    throw badModel(`the ${parameter} of layer "${layer}" has ${values.length} numbers, ${expected} are needed`, where);
  }
  const index = firstNonFinite(values);
  if (index >= 0) {
    throw badModel(`the ${parameter} of layer "${layer}" is ${values[index]} at index ${index}`, where, { index });
  }
}

function badModel(message: string, where: string, detail?: Readonly<Record<string, unknown>>): LesionError {
  return new LesionError("bad-model", message, {
    where,
    fix: "Export or train the model again and check it with another program.",
    ...(detail === undefined ? {} : { detail }),
  });
}
