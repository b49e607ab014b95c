import { expect, test } from "vitest";
import { OPTIMAL_EVALUATIONS } from "../ablation/optimal-constants.ts";
import { analysisWork } from "./analysis-work.ts";
import { parseStudy } from "./schema.ts";

const layers = [
  { layer: "a", layerIndex: 0, units: 4 },
  { layer: "b", layerIndex: 1, units: 3 },
];
const size = { layers, samples: 100, macs: 10 };
const work = (study: object) => analysisWork(parseStudy({ sweeps: [], ...study }), size);

test("what is found out before sweeps is counted before anything runs", () => {
  const sweeps = [
    { ablate: "cumulative", order: "greedy-least" },
    { ablate: "cumulative", layers: [1], order: "measured" },
    { ablate: "cumulative", layers: [0], order: "taylor" },
    { ablate: "each-unit", layers: [0], replacement: "optimal" },
    { ablate: "each-unit", layers: [1], adaptive: {} },
    { ablate: "cumulative", order: "random" },
    { ablate: "cumulative", layers: [0], order: "snip" },
  ];
  expect(work({ sweeps })).toMatchObject([
    { name: "optimal constants of a", ablations: 4 * OPTIMAL_EVALUATIONS, macs: 0 },
    // 4 + 3 + 2 + 1 candidates of the one layer, 3 + 2 + 1 of the other.
    { name: "order of sweep 0, greedy-least", ablations: 16, macs: 0 },
    { name: "order of sweep 1, measured", ablations: 3, macs: 0 },
    { name: "order of sweep 2, taylor", ablations: 0, macs: 2 * 100 * 10 },
    // Gradients by weights besides.
    { name: "order of sweep 6, snip", ablations: 0, macs: 3 * 100 * 10 },
    { name: "adaptive sweep 4", ablations: 3, layers: [layers[1]], macs: 2 * 100 * 10 },
  ]);
});

test("analyses in the order of the study", () => {
  const analyses = [
    "redundancy",
    { analyse: "shapley", layers: [0], permutations: 50 },
    { analyse: "importance", predictors: ["apoz", "fisher", "weight-l1"], samples: 20 },
    {
      analyse: "gain-search",
      layers: [1],
      factors: [0.5, 2],
      most: 2,
      epochs: 2,
      methods: ["scale", "greedy", "gains"],
    },
    { analyse: "cascade", of: 3 },
  ];
  const found = work({ analyses, sweeps: [{ ablate: "each-unit" }] });
  expect(found.map(({ ablations, macs }) => [ablations, macs])).toEqual([
    [50 * 4, 0],
    [0, (1 + 2) * 20 * 10],
    // Two factors on three units and on the layer; two rounds of three units.
    [2 * 4 + 2 * 3, 0],
    // Intact, and under each of three.
    [0, (1 + 3) * 100 * 10],
  ]);
  expect(found.map(({ training }) => training)).toEqual([
    ...[null, null],
    { networks: 1, epochs: 2, batch: 256, learningRate: 0.01 },
    null,
  ]);
});

test("an adaptive sweep ranks each unit under each replacement", () => {
  const sweeps = [{ ablate: "each-unit", adaptive: {}, replacements: ["zero", { constant: 1 }] }];
  expect(work({ sweeps })).toMatchObject([{ name: "adaptive sweep 0", ablations: 2 * (4 + 3) }]);
});

test("epochs that the training never reaches are not counted", () => {
  const model = { build: {}, train: { epochs: 10, networks: 2 } };
  const analyses = [{ analyse: "negligible", epochs: [0, 5, 10, 20] }];
  expect(work({ model, analyses })).toMatchObject([{ ablations: 2 * 3 * (4 + 3) }]);
});
