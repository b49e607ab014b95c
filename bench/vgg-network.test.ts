import { expect, test } from "vitest";
import { layerCosts } from "../src/network/layer-costs.ts";
import { inferShapes } from "../src/network/shapes.ts";
import { validateNetwork } from "../src/network/validate.ts";
import { convolutionNetwork, distinctConvolutions, vggConvolutions, vggNetwork } from "./vgg-network.ts";
import { filterAblations } from "./vgg-sweep.ts";

test("VGG-19 has 16 convolutions of nine kinds", () => {
  expect(vggConvolutions()).toHaveLength(16);
  const kinds = distinctConvolutions().map(
    ({ name, side, inChannels, outChannels }) => `${name} ${side} ${inChannels} ${outChannels}`,
  );
  expect(kinds).toEqual([
    "conv1_1 224 3 64",
    "conv1_2 224 64 64",
    "conv2_1 112 64 128",
    "conv2_2 112 128 128",
    "conv3_1 56 128 256",
    "conv3_2 56 256 256",
    "conv4_1 28 256 512",
    "conv4_2 28 512 512",
    "conv5_1 14 512 512",
  ]);
});

test("the network on small images is sound, and its convolutions are those of the list", () => {
  const network = vggNetwork(32, 1);
  validateNetwork(network);
  const shapes = inferShapes(network);
  for (const { name, side, outChannels } of vggConvolutions(32)) {
    expect(shapes.get(name)).toEqual([side, side, outChannels]);
  }
  expect(shapes.get("pool5")).toEqual([1, 1, 512]);
  expect(shapes.get(network.outputs[0]!)).toEqual([1000]);
  // 3 x 3 convolutions, and dense layers from 512 features: its own images' 25,088 are the only difference.
  const parameters = [...layerCosts(network).values()].reduce((sum, cost) => sum + cost.parameters, 0);
  expect(parameters).toBe(143_667_240 - (25_088 - 512) * 4096);
  expect(filterAblations(network)).toHaveLength(32);
  expect(filterAblations(network).slice(0, 3)).toEqual([
    { layerIndex: 0, unit: 0 },
    { layerIndex: 0, unit: 32 },
    { layerIndex: 1, unit: 0 },
  ]);
});

test("weights have the variance of He et al., and come with the seed", () => {
  const weightOf = (seed: number) => {
    const layer = convolutionNetwork(distinctConvolutions(32)[3]!, seed).layers[0]!;
    return layer.kind === "conv2d" ? (layer.weight as Float32Array) : new Float32Array();
  };
  const weight = weightOf(1);
  const variance = weight.reduce((sum, value) => sum + value * value, 0) / weight.length;
  expect(variance * 9 * 128).toBeCloseTo(2, 1);
  expect(weightOf(1)).toEqual(weight);
  expect(weightOf(2)).not.toEqual(weight);
});

test.each([0, 31, 48])("images of %i pixels are refused", (side) => {
  expect(() => vggConvolutions(side)).toThrow(expect.objectContaining({ code: "usage" }));
});
