/**
 * Rewrites a network into fewer layers that compute the same: identities dropped, batch norms, biases and activations moved
 * into the layer before them, transposes into weights. Files spell a layer in many ways (MatMul, Add, Relu); after this
 * pass there is one.
 */
import { readersOf } from "./graph.ts";
import { type Activation, type Layer, LINEAR, type Network } from "./network.ts";
import { foldActivation, foldAffine } from "./passes/affine.ts";
import { foldConstants } from "./passes/constants.ts";
import { dropIdentity } from "./passes/identities.ts";
import { foldTransposeIntoDense, joinReshapes, joinSlices, joinTransposes } from "./passes/moves.ts";
import { foldPadding } from "./passes/padding.ts";
import { type Rule, rewrite } from "./passes/rewrite.ts";

/** What both forms do: an order in which each rule finds what the ones before it left. */
const rules = (affine: Rule): readonly Rule[] => [
  foldConstants,
  dropIdentity,
  joinTransposes,
  joinReshapes,
  joinSlices,
  affine,
  foldActivation,
  foldPadding,
  foldTransposeIntoDense,
];

/**
 * The network in fewer layers, without those that no output needs. A dense layer or convolution takes in what follows it
 * only where it has no activation yet, is read by that alone and is no output; it keeps its name, and an output that was
 * folded away is renamed to it. No `bias` or `batch-norm` is left, nor an `identity` but where an output hands out an
 * input. Results differ by rounding alone: folded parameters are rounded to f32 once. Throws LesionError("bad-model") where shapes do not fit.
 */
export function simplify(network: Network): Network {
  return rewrite(network, rules(foldAffine));
}

/**
 * The same, with batch norms left as they are: the form in which a network trains. Layers with units have the names that
 * `simplify` gives them; an activation after a batch norm is a layer of its own. Layers of the names `kept` stay, though they
 * do nothing yet, and take nothing in.
 */
export function trainingForm(network: Network, kept: ReadonlySet<string> = new Set()): Network {
  const affine = rules((layer, view) => (layer.kind === "batch-norm" ? null : foldAffine(layer, view)));
  const isKept = ({ name, inputs }: Layer) => kept.has(name) || inputs.some((input) => kept.has(input));
  if (kept.size === 0) return rewrite(network, affine);
  return rewrite(
    network,
    affine.map(
      (rule): Rule =>
        (layer, view) =>
          isKept(layer) ? null : rule(layer, view),
    ),
  );
}

/**
 * Where, in a network's training form, the post-activation of a layer with units lies: its own result, or that of the batch
 * norm, scale and activation after it that `simplify` takes into it.
 */
export function postActivationOf(form: Network, layer: string): string {
  const readers = readersOf(form);
  let last = form.layers.find(({ name }) => name === layer);
  while (last !== undefined && activationOf(last).kind === "linear" && !form.outputs.includes(last.name)) {
    const [reader, ...others] = readers.get(last.name) ?? [];
    if (reader === undefined || others.length > 0 || !["batch-norm", "scale", "activation"].includes(reader.kind))
      break;
    last = reader;
  }
  return last?.name ?? layer;
}

function activationOf(layer: Layer): Activation {
  return "activation" in layer ? layer.activation : LINEAR;
}
