/**
 * The study that runs where nobody has chosen one: made digits, the small network of Meyes et al. 2019 (1901.08644)
 * trained on the spot, every unit of its hidden layers switched off alone, and every pair of the first.
 */
import { parseStudy } from "./schema.ts";

/** The default study as a person would write it. */
export const defaultStudyDocument = {
  version: 1,
  name: "digits-mlp",
  model: {
    build: {
      input: 784,
      layers: [
        { units: 20, activation: "relu" },
        { units: 10, activation: "relu" },
        { units: 10, activation: "linear" },
      ],
    },
    train: { epochs: 5, batch: 128, optimizer: { kind: "sgd", learningRate: 0.02, momentum: 0.9 } },
  },
  data: { set: "digits", split: "test" },
  replacement: "zero",
  sweeps: [
    { ablate: "each-unit", layers: [0, 1] },
    { ablate: "pairs", layers: [0] },
  ],
  seed: 1337,
} as const;

/** The default study, with every default filled in. */
export const defaultStudy = parseStudy(defaultStudyDocument);
