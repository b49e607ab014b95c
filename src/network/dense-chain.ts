/**
 * The view of a network that the dense engine computes: a chain of dense layers from one input to one output. What is
 * not such a chain is refused here, by name, before anything is planned.
 */
import { LesionError } from "../core/errors.ts";
import { type AblatableLayer, ablatableOf } from "./ablatable.ts";
import type { DenseLayer, Layer, Network } from "./network.ts";
import { inferShapes, shapeText, sizeOf } from "./shapes.ts";
import { simplify } from "./simplify.ts";
import { floatsOf } from "./weight.ts";

/** A network as a chain of dense layers: features -> stages[0] -> ... -> stages[last] -> output. */
export interface DenseChain {
  /** Numbers in one sample. */
  readonly features: number;
  /** Stage i reads what stage i - 1 gives; the last gives one number a class. */
  readonly stages: readonly DenseLayer[];
  /** What the network makes of the last stage. All three order the classes alike. */
  readonly output: "logits" | "softmax" | "log-softmax";
  /** Every stage but the last: ablating a unit of the last would remove a class. */
  readonly ablatable: readonly AblatableLayer[];
}

/**
 * The network as a chain of dense layers. Throws LesionError("unsupported") that names the first layer that does not
 * fit, and LesionError("bad-model") where shapes do not fit each other.
 */
export function denseChain(network: Network): DenseChain {
  const simple = simplify(network);
  const shapes = inferShapes(simple);
  const input = simple.inputs[0];
  if (input === undefined || simple.inputs.length !== 1) {
    throw notAChain(network, `reads ${simple.inputs.length} inputs, a chain reads 1`);
  }
  const stages: DenseLayer[] = [];
  let output: DenseChain["output"] = "logits";
  let previous = input.name;
  let shape = input.shape;
  for (const layer of simple.layers) {
    if (layer.inputs[0] !== previous) {
      throw notAChain(
        network,
        `branches: layer "${layer.name}" reads "${layer.inputs[0] ?? ""}", not "${previous}"`,
        layer,
      );
    }
    if (layer.kind === "dense" && output === "logits" && shape.length === 1) {
      stages.push({ ...layer, weight: floatsOf(layer.weight) });
    } else if (layer.kind === "softmax" && output === "logits" && shape.length === 1 && stages.length > 0) {
      output = layer.log ? "log-softmax" : "softmax";
    } else if (layer.kind !== "flatten" && layer.kind !== "reshape") {
      const after = output === "logits" ? `"${previous}", which gives ${shapeText(shape)}` : `a ${output}`;
      throw notAChain(network, `has the ${layer.kind} layer "${layer.name}" after ${after}`, layer);
    }
    previous = layer.name;
    shape = shapes.get(layer.name)!;
  }
  if (stages.length === 0) throw notAChain(network, "has no dense layer");
  if (simple.outputs.length !== 1 || simple.outputs[0] !== previous) {
    throw notAChain(network, `gives ${simple.outputs.map((name) => `"${name}"`).join(", ")}, not its last layer alone`);
  }
  return { features: sizeOf(input.shape), stages: joined(stages, input.name), output, ablatable: ablatableOf(simple) };
}

/** The stages reading each other directly, without the flattens and reshapes that stood between. */
function joined(stages: readonly DenseLayer[], input: string): DenseLayer[] {
  return stages.map((stage, i) => ({ ...stage, inputs: [stages[i - 1]?.name ?? input] }));
}

function notAChain(network: Network, what: string, layer?: Layer): LesionError {
  return new LesionError("unsupported", `the network "${network.name}" ${what}`, {
    where: layer === undefined ? `network "${network.name}"` : `layer "${layer.name}"`,
    fix: "Use a chain of dense layers, each with one activation, that ends in logits, softmax or log-softmax.",
    ...(layer === undefined ? {} : { detail: { layer: layer.name, kind: layer.kind } }),
  });
}
