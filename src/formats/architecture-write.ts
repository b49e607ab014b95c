/**
 * A network as a safetensors file and the architecture document that says what its tensors are. The two read back as the
 * same network, for weights lie in the order that networks have ("layout": "lesion").
 */
import { LesionError } from "../core/errors.ts";
import type { Activation, Layer, Network, Padding, Window } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { validateNetwork } from "../network/validate.ts";
import { floatsOf } from "../network/weight.ts";
import { type NamedTensor, writeSafetensors } from "./safetensors-write.ts";

/** What a layer is in an architecture document, without its name and inputs. */
type Keys = Readonly<Record<string, unknown>> & { readonly kind: string };

/**
 * The network's weights, and its architecture as JSON. Quantised weights become floats. Throws LesionError: "bad-model" for
 * an unsound network, "unsupported" for one that reads more than one input.
 */
export function writeArchitecture(network: Network): { safetensors: Uint8Array; architecture: Uint8Array } {
  validateNetwork(network);
  const [input, ...others] = network.inputs;
  if (input === undefined || others.length > 0) {
    const names = network.inputs.map(({ name }) => `"${name}"`).join(", ");
    throw new LesionError("unsupported", `the network reads ${names}, and an architecture has one input`, {
      where: network.name,
      fix: "Write the network to ONNX.",
    });
  }
  const tensors = new Map<string, NamedTensor>();
  let before = input.name;
  const layers = network.layers.map((layer) => {
    const { name, inputs } = layer;
    const isNext = layer.kind === "constant" || (inputs.length === 1 && inputs[0] === before);
    const { kind, ...keys } = keysOf(layer, tensorsOf(tensors));
    before = name;
    return { kind, name, ...(isNext ? {} : { inputs }), ...keys };
  });
  const document = {
    format: "lesion-architecture",
    version: 1,
    name: network.name,
    input: input.shape,
    ...(input.name === "input" ? {} : { inputName: input.name }),
    layout: "lesion",
    layers,
    outputs: network.outputs,
  };
  return {
    safetensors: writeSafetensors([...tensors.values()]),
    architecture: new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`),
  };
}

/** Keeps a tensor under the name it is looked for, and gives no key; or, where that is taken, under another, and gives it. */
type Keep = (key: string, wanted: string, shape: Shape, values: Float32Array) => Readonly<Record<string, string>>;

function tensorsOf(tensors: Map<string, NamedTensor>): Keep {
  return (key, wanted, shape, values) => {
    let name = wanted;
    for (let number = 2; tensors.has(name); number++) name = `${wanted}#${number}`;
    tensors.set(name, { name, dtype: "F32", shape, values });
    return name === wanted ? {} : { [key]: name };
  };
}

function keysOf(layer: Layer, keep: Keep): Keys {
  const { kind, name } = layer;
  const vector = (key: string, values: Float32Array, suffix = key) =>
    keep(key, `${name}.${suffix}`, [values.length], values);
  switch (kind) {
    case "dense":
    case "conv2d": {
      const shape =
        kind === "dense"
          ? [layer.inFeatures, layer.outFeatures]
          : [...layer.kernel, layer.inChannels / layer.groups, layer.outChannels];
      return {
        kind,
        ...(kind === "conv2d" ? { ...windowKeys(layer), groups: layer.groups } : {}),
        ...keep("weight", `${name}.weight`, shape, floatsOf(layer.weight)),
        ...(layer.bias === null ? { bias: null } : vector("bias", layer.bias)),
        ...activationKeys(layer.activation),
      };
    }
    case "pool2d": {
      const { pool, kernel, ceilMode, countIncludePad } = layer;
      return { kind, pool, kernel, ...windowKeys(layer), ceilMode, countIncludePad };
    }
    case "batch-norm":
      return {
        kind,
        ...vector("weight", layer.gamma),
        ...vector("bias", layer.beta),
        ...vector("mean", layer.mean, "running_mean"),
        ...vector("variance", layer.variance, "running_var"),
        epsilon: layer.epsilon,
      };
    case "scale":
      return {
        kind,
        ...vector("scale", layer.scale),
        ...vector("shift", layer.shift),
        ...activationKeys(layer.activation),
      };
    case "bias":
      return { kind, ...vector("bias", layer.bias) };
    case "binary":
      return { kind: layer.operator, ...activationKeys(layer.activation) };
    case "constant":
      return { kind, ...keep("tensor", name, layer.shape, layer.values) };
    case "activation":
      return { kind, activation: numbersOf(layer.activation) };
    default: {
      const { inputs: _, name: __, ...keys } = layer;
      return keys;
    }
  }
}

function windowKeys({ stride, dilation, padding }: Window): {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
} {
  return { stride, dilation, padding };
}

const activationKeys = (activation: Activation) =>
  activation.kind === "linear" ? {} : { activation: numbersOf(activation) };

/** With every number that a default would stand for otherwise. */
function numbersOf({ kind, alpha, beta }: Activation): Activation {
  return kind === "clip" || kind === "hard-sigmoid"
    ? { kind, alpha, beta: beta ?? 0 }
    : { kind, alpha, ...(beta === undefined ? {} : { beta }) };
}
