/** Untrained networks: seeded initial weights in the two forms the literature uses. */
import { random } from "../core/random.ts";
import type { ActivationKind, DenseLayer, Network } from "../network/network.ts";

/** A chain of dense layers to be built; structurally a study's BuildOptions. */
export interface ChainOptions {
  readonly input: number;
  readonly layers: readonly { readonly units: number; readonly activation: ActivationKind; readonly bias: boolean }[];
  readonly init: "pytorch" | "glorot";
}

/** Slope of leaky ReLU for negative inputs, where a study builds one: PyTorch's default. */
const LEAKY_SLOPE = 0.01;

/**
 * A network with initial weights. `pytorch`: weights and biases uniform in +-1/sqrt(fan in), as torch.nn.Linear does it.
 * `glorot`: weights uniform in +-sqrt(6 / (fan in + fan out)), biases 0 (Glorot and Bengio 2010).
 */
export function initialNetwork(name: string, options: ChainOptions, seed: number): Network {
  const draw = random(seed, "initial weights");
  let inFeatures = options.input;
  const layers = options.layers.map(({ units, activation, bias }, index): DenseLayer => {
    const bound = options.init === "pytorch" ? 1 / Math.sqrt(inFeatures) : Math.sqrt(6 / (inFeatures + units));
    const uniform = (count: number) => Float32Array.from({ length: count }, () => (2 * draw.uniform() - 1) * bound);
    const weight = uniform(inFeatures * units);
    const biases = options.init === "pytorch" ? uniform(units) : new Float32Array(units);
    const layer: DenseLayer = {
      kind: "dense",
      name: `dense_${index}`,
      inputs: [index === 0 ? "input" : `dense_${index - 1}`],
      inFeatures,
      outFeatures: units,
      weight,
      bias: bias ? biases : null,
      activation: { kind: activation, alpha: activation === "leaky-relu" ? LEAKY_SLOPE : 0 },
    };
    inFeatures = units;
    return layer;
  });
  const last = layers.at(-1)!.name;
  return {
    name,
    inputs: [{ name: "input", shape: [options.input] }],
    layers: [...layers, { kind: "softmax", name: "log_softmax", inputs: [last], log: true }],
    outputs: ["log_softmax"],
  };
}
