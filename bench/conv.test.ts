import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../src/core/random.ts";
import type { Conv2dLayer } from "../src/network/network.ts";
import { evaluateLayer } from "../src/reference/evaluate-layer.ts";
import type { PeerResult, PeerResults } from "./contender.ts";
import { ratioSummary } from "./conv.ts";
import { relativeError, sampledError } from "./conv-error.ts";
import { convolutionNetwork, uniforms } from "./vgg-network.ts";

test("relativeError is the largest difference over the root mean square", () => {
  expect(relativeError([3, -3.3, 3], [3, -3, 3])).toBeCloseTo(0.1, 12);
  expect(relativeError([Number.NaN, 1], [1, 1])).toBeNaN();
  expect(relativeError([1], [1, 1])).toBeNaN();
});

test("sampledError finds what the oracle computes right, and any change of it wrong", () => {
  const sizes = fc.record({
    side: fc.integer({ min: 1, max: 6 }),
    inChannels: fc.integer({ min: 1, max: 5 }),
    outChannels: fc.integer({ min: 1, max: 5 }),
    images: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 2 }),
    left: fc.integer({ min: 1, max: 2 }),
  });
  fc.assert(
    fc.property(sizes, ({ side, inChannels, outChannels, images, stride, left }) => {
      const { layers } = convolutionNetwork({ name: "conv", side, inChannels, outChannels }, 1);
      const padding = { top: 1, left, bottom: 1, right: 1 };
      const layer: Conv2dLayer = { ...(layers[0] as Conv2dLayer), stride: [1, stride], padding };
      const input = [side, side, inChannels];
      const output = [side, Math.floor((side + left - 2) / stride) + 1, outChannels];
      const x = uniforms(images * side * side * inChannels, random(1, "x"));
      const y = Float32Array.from(evaluateLayer(layer, [{ values: x, shape: input }], images));
      expect(sampledError(layer, { x, input, y, output }, 200, 1)).toBeLessThan(1e-6);
      const shifted = y.map((value) => value + 1);
      expect(sampledError(layer, { x, input, y: shifted, output }, 20, 1)).toBeGreaterThan(0.1);
    }),
    { seed: 1337, numRuns: 50 },
  );
});

test("ratioSummary gives geometric means, and names the shapes on which a peer is faster", () => {
  const timing = { runs: 1, medianMs: 1, lowerQuartileMs: 1, upperQuartileMs: 1 };
  const peer = (ratio: number): PeerResult => ({ settings: {}, timing, gflops: 1, difference: 0, ratio });
  const shape = (name: string, peers: PeerResults) => ({ name, peers });
  const one = shape("one", { tfjs: peer(2), ort: peer(0.5) });
  const two = shape("two", { tfjs: peer(8), ort: { failed: "lost" } });
  const { geometricMeans, slower } = ratioSummary([one, two]);
  expect(geometricMeans.tfjs).toBeCloseTo(4, 12);
  expect(geometricMeans.ort).toBeNull();
  expect(slower).toEqual([{ name: "one", peer: "ort", ratio: 0.5 }]);
});
