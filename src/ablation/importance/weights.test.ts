import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../e2e/shared-data.ts";
import { readOnnx } from "../../formats/onnx/read.ts";
import { ablatableLayers } from "../../network/ablatable.ts";
import { simplify } from "../../network/simplify.ts";
import { outgoingWeightsOf, weightsOf } from "../similarity/unit-weights.ts";
import { pearson, spearman } from "../statistics/correlation.ts";
import { fpgm, weightChange, weightL1, weightL1Out, weightL2, weightL2Out } from "./weights.ts";

const weights = { incoming: Float32Array.of(3, -4, 0, 0, -3, 4), units: 3, length: 2 };

describe("predictors from weights", () => {
  test("norms", () => {
    expect([...weightL1(weights)]).toEqual([7, 0, 7]);
    expect([...weightL2(weights)]).toEqual([5, 0, 5]);
    const outgoing = { weights: [Float32Array.of(1, -2, 2), Float32Array.of(), Float32Array.of(-5)] };
    expect([...weightL1Out(outgoing)]).toEqual([5, 0, 5]);
    expect([...weightL2Out(outgoing)]).toEqual([3, 0, 5]);
  });

  test("distances to the other units", () => {
    // 5 and 10, 5 and 5, 10 and 5.
    expect([...fpgm(weights)]).toEqual([15, 10, 15]);
  });

  test("change, and layers that do not fit", () => {
    const initial = { ...weights, incoming: Float32Array.of(0, 0, 0, 0, -3, 16) };
    expect([...weightChange(weights, initial)]).toEqual([5, 0, 12]);
    expect(() => weightChange(weights, { ...weights, units: 2, length: 3 })).toThrow(
      expect.objectContaining({ code: "bad-model", message: expect.stringContaining("2 units of 3 weights") }),
    );
  });
});

const trained = sharedData("models/mlp-20-10-trained.onnx");
const untrained = sharedData("models/mlp-20-10-untrained.onnx");

describe.skipIf(trained === null || untrained === null)("the paper's network", () => {
  /** Correct of 10,000 after silencing each unit of layer 1 alone; 9464 intact. */
  const SINGLE = [
    8741, 9127, 6723, 7697, 8060, 9464, 7990, 8138, 8566, 8600, 9464, 4677, 9462, 9150, 8250, 5389, 9251, 9464, 8545,
    8398,
  ];
  const drops = SINGLE.map((correct) => (9464 - correct) / 100);
  const read = (path: string) => simplify(readOnnx(new Uint8Array(readFileSync(path)), "mlp"));
  const correlated = (values: Float64Array) => [pearson(values, drops), spearman(values, drops)];
  const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 2));

  test("layer 1: weight norms against the measured drops", () => {
    const network = read(trained!);
    const layer1 = weightsOf(network, ablatableLayers(network)[0]!.layer);
    expect(layer1).toMatchObject({ units: 20, length: 784 });
    expect(correlated(weightL1(layer1))).toEqual(near([0.48, 0.66]));
    expect(correlated(weightL2(layer1))).toEqual(near([0.37, 0.43]));
  });

  test("layer 1: what training changed, and what reads it", () => {
    const [after, before] = [read(trained!), read(untrained!)];
    const [first, second] = ablatableLayers(after).map(({ layer }) => layer);
    const [initial] = ablatableLayers(before).map(({ layer }) => layer);
    const change = weightChange(weightsOf(after, first!), weightsOf(before, initial!));
    // The four units that look untrained, and whose loss is the least: two samples at most.
    const unmoved = [...change.keys()].filter((unit) => change[unit]! < 0.1);
    expect(unmoved).toEqual([5, 10, 12, 17]);
    expect(unmoved.map((unit) => 9464 - SINGLE[unit]!)).toEqual([0, 0, 2, 0]);
    expect(Math.min(...change.filter((_, unit) => !unmoved.includes(unit)))).toBeGreaterThan(0.9);
    const outgoing = outgoingWeightsOf(after, first!)!;
    const into = weightsOf(after, second!);
    expect(outgoing.weights.map((own) => own.length)).toEqual(Array(20).fill(10));
    for (const [unit, own] of outgoing.weights.entries()) {
      expect([...own]).toEqual(Array.from({ length: 10 }, (_, reader) => into.incoming[reader * 20 + unit]));
    }
  });
});
