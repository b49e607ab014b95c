/** A whole network in float64, with units of some layers changed: every layer's result, by name. */
import { LesionError } from "../core/errors.ts";
import { applyActivation } from "../network/activation.ts";
import { type Layer, LINEAR, type Network } from "../network/network.ts";
import { inferShapes, type Shape, shapeText, sizeOf } from "../network/shapes.ts";
import { evaluateLayer } from "./evaluate-layer.ts";
import type { Floats } from "./tensor.ts";

/** What becomes of some units of a layer's result a, channels of its last axis: `scale * a + shift`. */
export interface Change {
  readonly layer: string;
  readonly units: readonly number[];
  readonly scale: number;
  /** One number, one a sample: [samples], or one a sample and position: [samples, positions]. */
  readonly shift: number | Floats;
  /** Before the layer's own activation, not after it. */
  readonly preActivation?: boolean;
}

/**
 * The result [samples, ...shape] of every layer, by its name, for `feeds` [samples, ...shape] of every input. With the
 * `intact` results of the same feeds, layers that no change reaches are taken from them. Throws `bad-data` for a feed that
 * is missing or of another size, `bad-study` for a unit that is not there, and `bad-model` as `inferShapes` does.
 */
export function evaluateNetwork(
  network: Network,
  feeds: ReadonlyMap<string, Floats>,
  samples: number,
  changes: readonly Change[] = [],
  intact?: ReadonlyMap<string, Float64Array>,
): ReadonlyMap<string, Float64Array> {
  const shapes = new Map<string, Shape>(network.inputs.map(({ name, shape }) => [name, shape]));
  for (const [name, shape] of inferShapes(network)) shapes.set(name, shape);
  checkFeeds(network, feeds, samples);
  checkChanges(shapes, changes);
  const results = new Map<string, Float64Array>();
  const reached = new Set<string>();
  for (const layer of network.layers) {
    const own = changes.filter((change) => change.layer === layer.name);
    if (own.length > 0 || layer.inputs.some((name) => reached.has(name))) reached.add(layer.name);
    const known = reached.has(layer.name) ? undefined : intact?.get(layer.name);
    if (known !== undefined) {
      results.set(layer.name, known);
      continue;
    }
    const inputs = layer.inputs.map((name) => ({
      values: results.get(name) ?? feeds.get(name)!,
      shape: shapes.get(name)!,
    }));
    results.set(
      layer.name,
      changed(layer, (kept) => evaluateLayer(kept, inputs, samples), own, shapes, samples),
    );
  }
  return results;
}

/** A layer's result with its changes made, those before its activation first. */
function changed(
  layer: Layer,
  evaluated: (layer: Layer) => Float64Array,
  changes: readonly Change[],
  shapes: ReadonlyMap<string, Shape>,
  samples: number,
): Float64Array {
  const channels = shapes.get(layer.name)!.at(-1)!;
  const before = changes.filter(({ preActivation }) => preActivation === true);
  const after = changes.filter(({ preActivation }) => preActivation !== true);
  if (before.length === 0 || !("activation" in layer)) return apply([...before, ...after], evaluated(layer));
  const sums = apply(before, evaluated({ ...layer, activation: LINEAR }));
  return apply(
    after,
    sums.map((value) => applyActivation(layer.activation, value)),
  );

  function apply(some: readonly Change[], values: Float64Array): Float64Array {
    const positions = values.length / (samples * channels);
    for (const { units, scale, shift } of some) {
      for (let row = 0; row < samples * positions; row++) {
        const added =
          typeof shift === "number" ? shift : shift[Math.floor((row * shift.length) / (samples * positions))]!;
        for (const unit of units) values[row * channels + unit] = scale * values[row * channels + unit]! + added;
      }
    }
    return values;
  }
}

/** Throws `bad-data` unless every input is given the numbers that `samples` samples have. */
export function checkFeeds(network: Network, feeds: ReadonlyMap<string, Floats>, samples: number): void {
  for (const { name, shape } of network.inputs) {
    const found = feeds.get(name);
    const wanted = samples * sizeOf(shape);
    if (found?.length === wanted) continue;
    const given = found === undefined ? "nothing" : `${found.length} numbers`;
    throw new LesionError(
      "bad-data",
      `input "${name}" is given ${given}, not ${wanted} for ${samples} samples of ${shapeText(shape)}`,
      { where: `input "${name}"`, fix: "Give every input of the network the samples it takes." },
    );
  }
}

/** Throws `bad-study` unless every change names a layer of `shapes` and channels that it has. */
export function checkChanges(shapes: ReadonlyMap<string, Shape>, changes: readonly Change[]): void {
  for (const { layer, units } of changes) {
    const count = shapes.get(layer)?.at(-1);
    if (count === undefined) {
      throw new LesionError("bad-study", `there is no layer "${layer}"`, {
        where: `layer "${layer}"`,
        fix: "Name a layer of the network.",
      });
    }
    for (const unit of units) {
      if (Number.isInteger(unit) && unit >= 0 && unit < count) continue;
      throw new LesionError("bad-study", `layer "${layer}" has ${count} units, and no unit ${unit}`, {
        where: `layer "${layer}", unit ${unit}`,
        fix: `Name a unit from 0 to ${count - 1}.`,
      });
    }
  }
}
