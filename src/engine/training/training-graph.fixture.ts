/** Test support: small random networks as they train, with batch norms after some of their layers. */
import { random } from "../../core/random.ts";
import type { BatchNormLayer, Layer, Network } from "../../network/network.ts";
import { inferShapes } from "../../network/shapes.ts";
import { randomGraph } from "../graph/random-graph.fixture.ts";

/** `randomGraph` of the seed; a batch norm after about a third of its convolutions, whose activations come after it. */
export function randomTrainingGraph(seed: number, size: number): Network {
  const network = randomGraph(seed, size);
  const draw = random(seed, "batch norms");
  const shapes = inferShapes(network);
  const numbers = (count: number, mean: number) =>
    Float32Array.from({ length: count }, () => mean + 0.2 * draw.normal());
  const normed = new Map<string, string>();
  const layers = network.layers.flatMap((layer): Layer[] => {
    const own = { ...layer, inputs: layer.inputs.map((name) => normed.get(name) ?? name) } as Layer;
    if (own.kind !== "conv2d" || draw.below(3) > 0) return [own];
    const channels = shapes.get(own.name)!.at(-1)!;
    const norm: BatchNormLayer = {
      kind: "batch-norm",
      name: `${own.name} norm`,
      inputs: [own.name],
      gamma: numbers(channels, 1),
      beta: numbers(channels, 0),
      mean: numbers(channels, 0),
      variance: numbers(channels, 2),
      epsilon: 0.01,
    };
    const last = `${own.name} activation`;
    normed.set(own.name, last);
    const { activation } = own;
    return [
      { ...own, activation: { kind: "linear", alpha: 0 } },
      norm,
      { kind: "activation", name: last, inputs: [norm.name], activation },
    ];
  });
  return { ...network, layers };
}
