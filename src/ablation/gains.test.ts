/** Factors on units leave a network as it is until they train; halves of the samples share none. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countBits } from "../core/bitset.ts";
import { formOf } from "../engine/training/training-graph.ts";
import { concatNet, denseNet, residualNet } from "../engine/training/training-nets.fixture.ts";
import { ablatableOf } from "../network/ablatable.ts";
import type { Network } from "../network/network.ts";
import { postActivationOf } from "../network/simplify.ts";
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import { smallConvNet } from "../reference/network.fixture.ts";
import { gainParameters, gainsOf, halvesOf, withGains } from "./gains.ts";

const SAMPLES = 3;
const outputOf = (network: Network) => {
  const [{ name, shape }] = network.inputs as [Network["inputs"][number]];
  const size = SAMPLES * shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1));
  return (changes: Parameters<typeof evaluateNetwork>[3] = []) =>
    evaluateNetwork(network, new Map([[name, values]]), SAMPLES, changes).get(network.outputs[0]!)!;
};

describe.each([
  ["a chain", denseNet(1)],
  ["a residual sum", residualNet(2)],
  ["branches joined", concatNet(3)],
  ["convolutions with batch norms", smallConvNet(4)],
])("%s", (_, network) => {
  const form = formOf(network);
  const layers = ablatableOf(form);
  const gained = withGains(form, layers);

  test("computes the same with factors of 1, which are its own", () => {
    expect(outputOf(gained)()).toEqual(outputOf(form)());
    expect(gained.layers.length).toBe(form.layers.length + layers.length);
    expect(gainsOf(gained, layers)).toEqual(layers.map(({ units }) => new Float32Array(units).fill(1)));
  });

  test("with other factors computes what scaled activations come to", () => {
    const factors = new Map(
      layers.map(({ layer, units }) => [`${layer}_gain`, Float32Array.from({ length: units }, (_, u) => 0.5 + u / 4)]),
    );
    const scaled = {
      ...gained,
      layers: gained.layers.map((each) => {
        const scale = factors.get(each.name);
        return each.kind === "scale" && scale ? { ...each, scale } : each;
      }),
    };
    const changes = layers.flatMap(({ layer, units }) =>
      Array.from({ length: units }, (_, u) => ({
        ...{ layer: postActivationOf(form, layer), units: [u], scale: 0.5 + u / 4, shift: 0 },
      })),
    );
    const [found, wanted] = [outputOf(scaled)(), outputOf(form)(changes)];
    for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 9);
    expect(gainsOf(scaled, layers)[0]![1]).toBe(0.75);
  });

  test("keeps its factors in training form, though they do nothing yet", () => {
    const kept = formOf(gained, gainParameters(layers));
    expect(gainsOf(kept, layers).map((gains) => gains.length)).toEqual(layers.map(({ units }) => units));
    for (const { layer } of layers) expect(kept.layers.map(({ name }) => name)).toContain(`${layer}_gain`);
    // Without being asked for they are what they are: nothing.
    expect(formOf(gained).layers.filter(({ name }) => name.endsWith("_gain"))).toEqual([]);
    expect(outputOf(kept)()).toEqual(outputOf(form)());
  });
});

test("halves share no sample, have all, and the first has the odd one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 1000 }), (samples, seed) => {
      const [search, report] = halvesOf(samples, seed);
      expect(countBits(search)).toBe(Math.ceil(samples / 2));
      expect(countBits(report)).toBe(Math.floor(samples / 2));
      expect(search.every((word, w) => (word & report[w]!) === 0)).toBe(true);
      expect(countBits(search.map((word, w) => word | report[w]!))).toBe(samples);
      expect(halvesOf(samples, seed)).toEqual([search, report]);
    }),
  );
  expect(halvesOf(200, 1)).not.toEqual(halvesOf(200, 2));
});
