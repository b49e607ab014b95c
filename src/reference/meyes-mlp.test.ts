/**
 * The oracle on the network of the ablation paper and MNIST's test images: the counts that its authors' weights give,
 * which every other implementation here is held to.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { readIdxPair } from "../data/idx-pair.ts";
import { transformedValues } from "../data/transform.ts";
import { readOnnx } from "../formats/onnx/read.ts";
import { denseChain } from "../network/dense-chain.ts";
import { evaluate, forward, logitsOf, type Trace } from "./oracle.ts";

const model = sharedData("models/mlp-20-10-trained.onnx");
const mnist = sharedData("mnist");

/** Correct of 10,000 after silencing each unit of layer 1 alone. */
const SINGLE = [
  8741, 9127, 6723, 7697, 8060, 9464, 7990, 8138, 8566, 8600, 9464, 4677, 9462, 9150, 8250, 5389, 9251, 9464, 8545,
  8398,
];

function load(modelPath: string, mnistPath: string) {
  const { stages } = denseChain(readOnnx(new Uint8Array(readFileSync(modelPath)), "mlp"));
  const names = { dataset: "mnist", images: "t10k-images-idx3-ubyte.gz", labels: "t10k-labels-idx1-ubyte.gz" };
  const bytes = (name: string) => new Uint8Array(readFileSync(`${mnistPath}/${name}`));
  const dataset = readIdxPair(bytes(names.images), bytes(names.labels), names);
  const inputs = transformedValues(dataset.values, 1, { scale: 255, mean: [0.5], std: [0.5], threshold: null });
  return { stages, inputs, labels: dataset.labels, samples: dataset.samples };
}

describe.skipIf(model === null || mnist === null)("the paper's network on MNIST, in float64", () => {
  let loaded: (ReturnType<typeof load> & { intact: Trace }) | null = null;
  function evaluated(units: readonly number[]) {
    if (loaded === null) {
      const problem = load(model!, mnist!);
      loaded = { ...problem, intact: forward(problem.stages, problem.inputs, problem.samples) };
    }
    const { stages, inputs, labels, samples, intact } = loaded;
    const changes = units.map((unit) => ({ layerIndex: 0, unit, scale: 0, shift: 0 }));
    return evaluate(logitsOf(forward(stages, inputs, samples, changes, intact)), labels);
  }

  test("baseline", () => {
    expect(evaluated([]).correct).toBe(9464);
  });

  test("every single unit of layer 1", () => {
    expect(SINGLE.map((_, unit) => evaluated([unit]).correct)).toEqual(SINGLE);
  });

  test("pairs, and all of layer 1", () => {
    expect(evaluated([0, 1]).correct).toBe(8034);
    expect(evaluated([18, 19]).correct).toBe(6845);
    expect(evaluated(SINGLE.map((_, unit) => unit)).correct).toBe(980);
  });

  test("fate of the samples under unit 11", () => {
    const before = evaluated([]).ranks;
    const after = evaluated([11]).ranks;
    const count = (was: boolean, is: boolean) =>
      before.filter((rank, n) => (rank === 0) === was && (after[n] === 0) === is).length;
    expect({ kept: count(true, true), lost: count(true, false), gained: count(false, true) }).toEqual({
      kept: 4580,
      lost: 4884,
      gained: 97,
    });
  });
});
