import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import type { Network } from "../network/network.ts";
import { chainNetwork, randomChain } from "./chain.fixture.ts";
import { checkAgainst, float64Reference, type ReferenceRequest } from "./check.ts";
import { smallConvNet } from "./network.fixture.ts";
import { evaluate } from "./oracle.ts";
import { openTfjsReference } from "./tfjs-reference.ts";

const SAMPLES = 33;

/** The oracle's side of a check of `network`, unit 3 of all ablatable `layers` silenced: an engine without rounding. */
async function requestOf(network: Network, layers: readonly string[]): Promise<ReferenceRequest> {
  const draw = random(4, "request");
  const features = network.inputs[0]!.shape.reduce((product, size) => product * size, 1);
  const request: ReferenceRequest = {
    network,
    inputs: Float32Array.from({ length: SAMPLES * features }, () => draw.normal()),
    samples: SAMPLES,
    labels: Uint16Array.from({ length: SAMPLES }, () => draw.below(5)),
    logits: new Float32Array(SAMPLES * 5),
    ablations: [],
  };
  const oracle = float64Reference(request);
  const sites = layers.map((_, layerIndex) => ({ layerIndex, units: [3] }));
  const damaged = await oracle.logits(layers.map((layer) => ({ layer, units: [3], scale: 0, shift: 0 })));
  const ablations = [{ row: 0, sites, replacement: { kind: "zero" }, bits: evaluate(damaged, request.labels).bits }];
  return { ...request, logits: Float32Array.from(await oracle.logits([])), ablations };
}

describe("openTfjsReference", () => {
  test.each([
    ["a dense chain", chainNetwork(randomChain(4, [13, 9, 7, 5], 1, "gelu").layers), ["dense0", "dense1"]],
    ["a convolutional network", smallConvNet(3), ["conv1", "conv2"]],
  ])("agrees with the oracle on %s", async (_, network, layers) => {
    const request = await requestOf(network, layers);
    using reference = await openTfjsReference(request);
    const report = await checkAgainst(request, reference);
    expect(report).toMatchObject({ reference: "tfjs-webgpu", ablations: 1, agrees: true });
    expect(report.logitError).toBeGreaterThan(0);
  });

  test.each([false, true])(
    "gives the activations that means are made of, before the activation: %s",
    async (before) => {
      const request = await requestOf(smallConvNet(3), []);
      using tfjs = await openTfjsReference(request);
      const found = await tfjs.activations("conv1", before);
      const expected = await float64Reference(request).activations("conv1", before);
      expect(found.length).toBe(expected.length);
      const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(found[i]! - value)));
      expect(worst).toBeLessThan(1e-5);
      expect(expected.some((value) => value < 0)).toBe(before);
    },
  );

  test("refuses a request whose sizes do not fit, before it touches the device", async () => {
    const request = await requestOf(smallConvNet(3), []);
    const inputs = request.inputs.subarray(1);
    await expect(openTfjsReference({ ...request, inputs })).rejects.toMatchObject({ code: "bad-data" });
  });
});
