/**
 * Gradients at units against float64, one sample at a time. The reference has no gradients of activations, but of parameters:
 * a scale of 1 put behind a unit has for its gradient the sum over positions of g a.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { largestError } from "../../kernels/run.fixture.ts";
import { ablatableLayers } from "../../network/ablatable.ts";
import { type Layer, LINEAR, type Network } from "../../network/network.ts";
import { inferShapes, sizeOf } from "../../network/shapes.ts";
import { postActivationOf } from "../../network/simplify.ts";
import { floatsOf } from "../../network/weight.ts";
import { graphGradients } from "../../reference/graph-gradients.ts";
import { smallConvNet } from "../../reference/network.fixture.ts";
import { randomTrainingGraph } from "../training/training-graph.fixture.ts";
import { formOf } from "../training/training-graph.ts";
import { concatNet, denseNet, groupedNet, pooledNet, residualNet } from "../training/training-nets.fixture.ts";
import { profileGradients } from "./gradients.ts";
import { drawProbe } from "./probe.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const SAMPLES = 5;
const BATCH = 3;
const FROZEN = { batchNorm: "frozen" } as const;

/** The network with a factor of 1 behind each channel of a tensor. */
function gated(form: Network, tensor: string, channels: number): Network {
  const gate: Layer = {
    kind: "scale",
    name: "gate",
    inputs: [tensor],
    scale: new Float32Array(channels).fill(1),
    shift: new Float32Array(channels),
    activation: LINEAR,
  };
  const layers = form.layers.flatMap((layer): Layer[] => {
    const inputs = layer.inputs.map((name) => (name === tensor ? "gate" : name));
    const own = { ...layer, inputs } as Layer;
    return layer.name === tensor ? [own, gate] : [own];
  });
  return { ...form, layers };
}

/** Samples a .. b of rows. */
const part = <Values extends Float32Array | Uint16Array>(values: Values, size: number, from: number, to: number) =>
  values.subarray(from * size, to * size) as Values;

function expected(network: Network, layer: string, values: Float32Array, labels: Uint16Array) {
  const form = formOf(network);
  const features = sizeOf(form.inputs[0]!.shape);
  const tensor = postActivationOf(form, layer);
  const units = inferShapes(form).get(tensor)!.at(-1)!;
  const withGate = gated(form, tensor, units);
  const products = Array.from({ length: SAMPLES }, (_, n) => {
    const own = graphGradients(withGate, part(values, features, n, n + 1), part(labels, 1, n, n + 1), FROZEN);
    return [...own.parameters.get("gate")!["scale"]!];
  });
  const found = form.layers.find(({ name }) => name === layer) as Extract<Layer, { kind: "dense" | "conv2d" }>;
  const weight = floatsOf(found.weight);
  const batches = [0, BATCH].map((start) => {
    const end = Math.min(SAMPLES, start + BATCH);
    const { parameters } = graphGradients(
      form,
      part(values, features, start, end),
      part(labels, 1, start, end),
      FROZEN,
    );
    const terms = Array.from(parameters.get(layer)!["weight"]!, (g, at) => g * weight[at]!);
    const sums = (of: (term: number) => number) =>
      Array.from({ length: units }, (_, unit) =>
        terms.reduce((sum, term, at) => (at % units === unit ? sum + of(term) : sum), 0),
      );
    const gates = Array.from({ length: units }, (_, unit) =>
      products.slice(start, end).reduce((sum, own) => sum + own[unit]! / (end - start), 0),
    );
    return { products: sums((term) => term), absolute: sums(Math.abs), gates };
  });
  return {
    products: products.flat(),
    weightProducts: batches.flatMap((each) => each.products),
    weightAbs: batches.flatMap(({ absolute }) => absolute),
    gateProducts: batches.flatMap(({ gates }) => gates),
  };
}

const nets: readonly (readonly [string, Network])[] = [
  ["a chain of dense layers", denseNet(1)],
  ["a convolution before batch norm and pool", pooledNet(2)],
  ["a residual sum", residualNet(3)],
  // Its slope is taken from the pre-activation, which the forward pass must have kept.
  ["branches joined, with GELU", concatNet(4, { kind: "gelu", alpha: 0 })],
  ["grouped convolutions before a flatten", groupedNet(5)],
  ["a residual block that ends in a softmax", smallConvNet(6)],
  ["a random graph", randomTrainingGraph(7, 5)],
];

describe.each(nets)("%s", (_, network) => {
  const { source, values, labels } = drawProbe(network, SAMPLES);
  const layers = ablatableLayers(network).map(({ layer }) => layer);
  const whole = { ...source, network, batch: BATCH, weights: true };

  test("has the gradients that float64 has", async () => {
    const profiles = await profileGradients(gpu, whole, layers);
    expect(gpu.arena.allocatedBytes).toBe(0);
    for (const [i, layer] of layers.entries()) {
      const { products, batches } = profiles![i]!;
      const wanted = expected(network, layer, values, labels);
      expect(batches.samples).toEqual([3, 2]);
      expect(largestError(products, wanted.products), layer).toBeLessThan(1e-4);
      expect(largestError(batches.weightProducts, wanted.weightProducts), layer).toBeLessThan(1e-4);
      expect(largestError(batches.weightAbs, wanted.weightAbs), layer).toBeLessThan(1e-4);
      expect(largestError(batches.gateProducts, wanted.gateProducts), layer).toBeLessThan(1e-4);
    }
  });

  test("has the same of a layer alone, a sample at a time", async () => {
    const layer = layers.at(-1)!;
    using wide = gpu.session();
    await profileGradients(wide, { ...whole, samples: 1 }, [layer]);
    using tight = gpu.session(wide.arena.peakBytes);
    const [own] = (await profileGradients(tight, whole, [layer]))!;
    const [all] = (await profileGradients(gpu, whole, [layer]))!;
    expect(largestError(own!.products, all!.products)).toBeLessThan(1e-5);
    expect(largestError(own!.batches.weightAbs, all!.batches.weightAbs)).toBeLessThan(1e-5);
  });
});

test("has the same products without gradients by weights", async () => {
  for (const [, network] of nets.slice(0, 2)) {
    const { source } = drawProbe(network, SAMPLES);
    const layers = ablatableLayers(network).map(({ layer }) => layer);
    const whole = { ...source, network, batch: BATCH };
    const own = (await profileGradients(gpu, { ...whole, weights: false }, layers))!;
    const all = (await profileGradients(gpu, { ...whole, weights: true }, layers))!;
    for (const [i, { products, batches }] of own.entries()) {
      expect(products).toEqual(all[i]!.products);
      expect(batches.gateProducts).toEqual(all[i]!.batches.gateProducts);
      expect(batches.weightProducts).toHaveLength(0);
    }
  }
  expect(gpu.arena.allocatedBytes).toBe(0);
});

test("ends where it is told to, and refuses what cannot be", async () => {
  const network = denseNet(1);
  const { source } = drawProbe(network, SAMPLES);
  const whole = { ...source, network, batch: BATCH, weights: true };
  expect(await profileGradients(gpu, whole, ["d0"], async () => false)).toBeNull();
  await expect(profileGradients(gpu, whole, ["d2"])).rejects.toMatchObject({ code: "bad-study" });
  using small = gpu.session(1000);
  await expect(profileGradients(small, whole, ["d0"])).rejects.toMatchObject({ code: "out-of-memory" });
});
