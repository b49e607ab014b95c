/** The check of a convolutional network: the same path as any other, and what only it has. */
import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { logitsNetwork } from "../network/logits.ts";
import { checkAgainst, float64Reference, type ReferenceRequest, subjectOf, withoutActivation } from "./check.ts";
import { type Change, evaluateNetwork } from "./evaluate-network.ts";
import { smallConvNet } from "./network.fixture.ts";
import { columnMeans, evaluate } from "./oracle.ts";

const SAMPLES = 41;
const network = smallConvNet(1);
const draw = random(2, "samples");
const inputs = Float32Array.from({ length: SAMPLES * 189 }, () => draw.normal());
const labels = Uint16Array.from({ length: SAMPLES }, () => draw.below(5));
const feeds = new Map([["x", inputs]]);
const { simple } = subjectOf({
  network,
  inputs,
  samples: SAMPLES,
  labels,
  logits: new Float32Array(SAMPLES * 5),
  ablations: [],
});

const damaged = (changes: Change[]) => evaluateNetwork(simple, feeds, SAMPLES, changes).get("classes")!;
const bitsWith = (changes: Change[]) => evaluate(damaged(changes), labels).bits;
const request: ReferenceRequest = {
  network,
  inputs,
  samples: SAMPLES,
  labels,
  logits: Float32Array.from(damaged([])),
  ablations: [],
};
const check = (changed: Partial<ReferenceRequest>) => {
  const asked = { ...request, ...changed };
  return checkAgainst(asked, float64Reference(asked));
};

describe("checkAgainst on a convolutional network", () => {
  test("compares the logits of the network as it was read with those of the simplified one", async () => {
    const report = await check({});
    expect(report.agrees).toBe(true);
    expect(report.logitError).toBeGreaterThan(0);
    expect(report.logitError).toBeLessThan(1e-5);
  });

  test("ablates filters at every position, by the mean over samples and positions too", async () => {
    const post = evaluateNetwork(simple, feeds, SAMPLES).get("conv1")!;
    const mean = columnMeans(post, post.length / 6);
    const before = evaluateNetwork(withoutActivation(simple, "conv1"), feeds, SAMPLES).get("conv1")!;
    const meanBefore = columnMeans(before, before.length / 6);
    const every = [0, 1, 2, 3, 4, 5];
    const sites = [{ layerIndex: 0, units: [2, 5] }];
    const replaced = (shift: (unit: number) => number) =>
      bitsWith([2, 5].map((unit) => ({ layer: "conv1", units: [unit], scale: 0, shift: shift(unit) })));
    const ablations = [
      { row: 0, sites, replacement: { kind: "zero" }, bits: replaced(() => 0) },
      { row: 1, sites, replacement: { kind: "mean" }, bits: replaced((unit) => mean[unit]!) },
      {
        row: 2,
        sites: [...sites, { layerIndex: 1, units: [0] }],
        replacement: { kind: "constant", value: 4 },
        bits: bitsWith([
          { layer: "conv1", units: [2, 5], scale: 0, shift: 4 },
          { layer: "conv2", units: [0], scale: 0, shift: 4 },
        ]),
      },
      {
        row: 3,
        sites: [{ layerIndex: 0, units: every }],
        replacement: { kind: "mean" },
        preActivation: true,
        bits: bitsWith(
          every.map((unit) => ({
            layer: "conv1",
            units: [unit],
            scale: 0,
            shift: meanBefore[unit]!,
            preActivation: true,
          })),
        ),
      },
    ];
    expect(new Set(ablations.map(({ bits }) => bits.join())).size).toBe(4);
    expect(await check({ ablations })).toMatchObject({ ablations: 4, countDifferences: [], agrees: true });
    const swapped = [{ ...ablations[0]!, bits: ablations[2]!.bits }];
    expect((await check({ ablations: swapped })).agrees).toBe(false);
  });

  test("resamples maps whole, position by position, and takes class means over positions", async () => {
    const post = evaluateNetwork(simple, feeds, SAMPLES).get("conv1")!;
    const positions = post.length / (SAMPLES * 6);
    const donors = Uint32Array.from({ length: SAMPLES }, (_, n) => (n + 1) % SAMPLES);
    const sites = [{ layerIndex: 0, units: [1, 2, 5] }];
    const at = (n: number, position: number, unit: number) => post[(n * positions + position) * 6 + unit]!;
    const donated = (unit: number) =>
      Float64Array.from({ length: SAMPLES * positions }, (_, i) =>
        at(donors[Math.floor(i / positions)]!, i % positions, unit),
      );
    const classMeans = (unit: number) =>
      Float64Array.from(labels, (label) => {
        const same = [...labels.keys()].filter((n) => labels[n] === label);
        const each = same.map((n) => [...Array(positions).keys()].reduce((sum, p) => sum + at(n, p, unit), 0));
        return each.reduce((sum, total) => sum + total, 0) / (same.length * positions);
      });
    const replaced = (shift: (unit: number) => Float64Array) =>
      bitsWith(sites[0]!.units.map((unit) => ({ layer: "conv1", units: [unit], scale: 0, shift: shift(unit) })));
    const ablations = [
      { row: 0, sites, replacement: { kind: "resample" }, bits: replaced(donated) },
      { row: 1, sites, replacement: { kind: "class-mean" }, bits: replaced(classMeans) },
    ];
    expect(ablations[0]!.bits).not.toEqual(ablations[1]!.bits);
    expect(await check({ ablations, donors })).toMatchObject({ ablations: 2, countDifferences: [], agrees: true });
    const swapped = [{ ...ablations[0]!, bits: ablations[1]!.bits }];
    expect((await check({ ablations: swapped, donors })).agrees).toBe(false);
  });

  test("finds an engine that folded a batch norm wrongly", async () => {
    const wrong = network.layers.map((layer) => (layer.kind === "batch-norm" ? { ...layer, epsilon: 0.001 } : layer));
    expect((await check({ network: { ...network, layers: wrong } })).agrees).toBe(false);
  });
});

describe("logitsNetwork", () => {
  test("looks behind the softmax, through what keeps the numbers", () => {
    const flat = { kind: "flatten", name: "flat2", inputs: ["softmax"] } as const;
    const layers = [...network.layers, flat];
    expect(logitsNetwork({ ...network, layers, outputs: ["flat2"] }).outputs).toEqual(["classes"]);
    expect(logitsNetwork({ ...network, outputs: ["flat"] }).outputs).toEqual(["flat"]);
    expect(() => logitsNetwork({ ...network, outputs: [] })).toThrowError(/no layer for its output/);
  });
});
