/** Initial weights keep the bounds that the literature gives, and a seed decides them all. */
import { describe, expect, test } from "vitest";
import { denseChain } from "../network/dense-chain.ts";
import { type ChainOptions, initialNetwork } from "./initial.ts";

const options = (init: ChainOptions["init"]): ChainOptions => ({
  input: 49,
  layers: [
    { units: 31, activation: "leaky-relu", bias: true },
    { units: 17, activation: "relu", bias: false },
    { units: 7, activation: "linear", bias: true },
  ],
  init,
});

describe.each(["pytorch", "glorot"] as const)("%s", (init) => {
  const { stages, output } = denseChain(initialNetwork("net", options(init), 5));

  test("draws weights uniformly up to its bound", () => {
    for (const { inFeatures, outFeatures, weight } of stages) {
      const bound = init === "pytorch" ? 1 / Math.sqrt(inFeatures) : Math.sqrt(6 / (inFeatures + outFeatures));
      const greatest = Math.max(...weight.map(Math.abs));
      expect(greatest).toBeLessThanOrEqual(Math.fround(bound));
      expect(greatest).toBeGreaterThan(0.95 * bound);
      // The variance of a uniform distribution over +-bound is bound^2 / 3; 119 draws and more.
      const variance = weight.reduce((sum, w) => sum + w * w, 0) / weight.length;
      expect(variance / (bound * bound)).toBeGreaterThan(0.25);
      expect(variance / (bound * bound)).toBeLessThan(0.42);
    }
  });

  test("gives biases where they are asked for", () => {
    expect(stages.map(({ bias }) => bias?.length ?? null)).toEqual([31, null, 7]);
    for (const { bias, inFeatures } of stages) {
      if (!bias) continue;
      const greatest = Math.max(...bias.map(Math.abs));
      if (init === "glorot") expect(greatest).toBe(0);
      else expect(greatest).toBeGreaterThan(0.5 / Math.sqrt(inFeatures));
      expect(greatest).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(inFeatures)));
    }
  });

  test("chains the layers to a log-softmax", () => {
    expect(output).toBe("log-softmax");
    expect(stages.map(({ inFeatures, outFeatures }) => [inFeatures, outFeatures])).toEqual([
      [49, 31],
      [31, 17],
      [17, 7],
    ]);
    expect(stages[0]!.activation).toEqual({ kind: "leaky-relu", alpha: 0.01 });
  });

  test("is decided by the seed", () => {
    const weights = (seed: number) => denseChain(initialNetwork("net", options(init), seed)).stages[1]!.weight;
    expect(weights(5)).toEqual(stages[1]!.weight);
    expect(weights(6)).not.toEqual(stages[1]!.weight);
  });
});

test("layers draw different weights", () => {
  const { stages } = denseChain(
    initialNetwork(
      "net",
      {
        ...options("pytorch"),
        input: 31,
        layers: [...Array(2)].map(() => ({ units: 31, activation: "relu" as const, bias: true })),
      },
      1,
    ),
  );
  expect(stages[0]!.weight).not.toEqual(stages[1]!.weight);
});
