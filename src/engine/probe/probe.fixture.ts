/** Test support: drawn samples for a network of one input, and what its layers give in float64. */
import { random } from "../../core/random.ts";
import { memoryDataset } from "../../data/dataset.ts";
import { drawing, globalPool, net, plain, pool, window } from "../../network/layers.fixture.ts";
import { logitsNetwork } from "../../network/logits.ts";
import { type Network, RELU } from "../../network/network.ts";
import { sizeOf } from "../../network/shapes.ts";
import { type Change, evaluateNetwork } from "../../reference/evaluate-network.ts";
import { compileGraph } from "../graph/compiled-graph.ts";

const AS_STORED = { scale: 1, mean: [0], std: [1], threshold: null };

/** A network compiled, normal samples for it, and its results of them under changes, by layer. */
export function drawProbe(network: Network, samples: number, classes = 5) {
  const graph = compileGraph(logitsNetwork(network));
  const { name, shape } = graph.network.inputs[0]!;
  const draw = random(17, "probed samples");
  const values = Float32Array.from({ length: samples * sizeOf(shape) }, () => draw.normal());
  const labels = Uint16Array.from({ length: samples }, () => draw.below(classes));
  const dataset = memoryDataset({ name: "drawn", shape, values, labels, classes, classNames: [] });
  const results = (changes: readonly Change[] = []) =>
    evaluateNetwork(graph.network, new Map([[name, values]]), samples, changes);
  return { source: { graph, dataset, transform: AS_STORED, samples }, values, labels, results };
}

/** A convolution that a sweep computes together with the pool behind it, by Winograd; images of 8 x 8. */
export function fusedPoolNet(seed: number): Network {
  const { conv, dense, numbers } = drawing(random(seed, "fused pool net"));
  const layer = (name: string, input: string, ins: number, outs: number) => ({
    ...conv(name, input, ins, outs, { ...window(3), padding: { top: 1, left: 1, bottom: 1, right: 1 } }),
    weight: numbers(9 * ins * outs).map((value) => value / Math.sqrt(9 * ins)),
    activation: RELU,
  });
  const layers = [
    layer("a", "x", 3, 24),
    layer("b", "a", 24, 26),
    pool("halved", "b", 2, { pool: "max", stride: [2, 2] }),
    layer("c", "halved", 26, 6),
    globalPool("mean", "c"),
    plain("flatten", "flat", "mean"),
    dense("classes", "flat", 6, 5),
  ];
  return net(layers, undefined, [8, 8, 3]);
}
