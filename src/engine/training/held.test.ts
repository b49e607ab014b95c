import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasBit } from "../../core/bitset.ts";
import { random } from "../../core/random.ts";
import { ablatableLayers } from "../../network/ablatable.ts";
import type { Network } from "../../network/network.ts";
import { postActivationOf } from "../../network/simplify.ts";
import { heldParameters as expectedHeld } from "../../reference/held-parameters.ts";
import { heldChannels, heldParameters } from "./held.ts";
import type { HeldUnits } from "./trainer-interface.ts";
import { randomTrainingGraph } from "./training-graph.fixture.ts";
import { formOf, trainingGraph } from "./training-graph.ts";
import { concatNet, denseNet, groupedNet, pooledNet, residualNet } from "./training-nets.fixture.ts";

/** Which parameters stand still, by "layer part", by the trainer's bits; and that all padding does. */
function stillBy(network: Network, held: readonly HeldUnits[]) {
  const form = formOf(network);
  const { layout, graph } = trainingGraph(form, { trained: null, held: new Set() });
  const bits = heldParameters(form, graph.shapes, layout, heldChannels(form, graph.shapes, held));
  const padding = new Set(Array.from({ length: layout.trainedFloats }, (_, at) => at));
  const found = layout.trained.map(({ layer, part, at, matrices, rows, paddedRows, columns }) => {
    const width = 4 * Math.ceil(columns / 4);
    const still = Array.from({ length: matrices * rows * columns }, (_, i) => {
      const [matrix, row] = [Math.floor(i / columns / rows), Math.floor(i / columns) % rows];
      const place = at + (matrix * paddedRows + row) * width + (i % columns);
      padding.delete(place);
      return hasBit(bits, place) ? 1 : 0;
    });
    return [`${layer} ${part}`, still] as const;
  });
  expect([...padding].every((place) => hasBit(bits, place))).toBe(true);
  return { form, found: new Map<string, number[]>(found) };
}

function expectSame(network: Network, held: readonly HeldUnits[]): number {
  const { form, found } = stillBy(network, held);
  const tensors = held.map(({ layer, ...units }) => ({ layer: postActivationOf(form, layer), ...units }));
  let stood = 0;
  for (const [layer, parts] of expectedHeld(form, tensors)) {
    for (const [part, still] of Object.entries(parts)) {
      expect(found.get(`${layer} ${part}`), `${layer} ${part}`).toEqual([...still]);
      stood += still.reduce((sum, bit) => sum + bit, 0);
    }
  }
  return stood;
}

describe("heldParameters", () => {
  test.each<[string, Network, string, number]>([
    // Filters and norms of 2 units, and what reads them.
    ["a convolution before batch norm and pool", pooledNet(1), "a", 2 * (27 + 2) + 9 * 2 * 6],
    ["a dense layer", denseNet(2), "d0", 2 * (11 + 1) + 2 * 6],
    ["one side of a concatenation", concatNet(3), "b", 2 * (6 + 1) + 2 * 6],
    ["before two branches of a concatenation", concatNet(3), "a", 2 * (27 + 1) + 2 * 3 + 2 * 2 + 2 * 6],
    ["a grouped convolution before a flatten", groupedNet(4), "grouped", 2 * (9 * 4 + 1) + 4 * 3 * 2 * 5],
    ["before a grouped convolution", groupedNet(4), "point", 2 * (3 + 2) + 9 * 2 * 3],
    ["before a sum", residualNet(5), "c", 2 * (9 * 7 + 2)],
  ])("are those into and out of the units of %s", (_, network, layer, count) => {
    expect(expectSame(network, [{ layer, units: [0, 2], values: [0, 1] }])).toBe(count);
  });

  test("are those of the reference in random graphs", () => {
    let stood = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (seed) => {
        const network = randomTrainingGraph(seed, 6);
        const draw = random(seed, "held");
        const held = ablatableLayers(network)
          .filter(() => draw.below(2) === 0)
          .map(({ layer, units }): HeldUnits => {
            const chosen = Array.from({ length: units }, (_, unit) => unit).filter(() => draw.below(3) === 0);
            return { layer, units: chosen, values: chosen.map(() => 0) };
          });
        stood += expectSame(network, held);
      }),
      { numRuns: 60, seed: 1337 },
    );
    expect(stood).toBeGreaterThan(5000);
  });

  test("are not found for units that are not there", () => {
    const held = [{ layer: "d1", units: [2, 6], values: [0, 0] }];
    expect(() => stillBy(denseNet(2), held)).toThrow(
      expect.objectContaining({ code: "bad-study", message: "the layer d1 has 6 units; unit 6 is not among them" }),
    );
  });
});
