/** A small run for tests: 10 samples of 3 classes, a layer of 3 units, and one of 2, with an effect of every kind. */
import type { AblationRecord, BaselineRecord, EndRecord, RecoveryRecord, RunRecord } from "./records.ts";

export const sampleRun: RunRecord = {
  type: "run",
  version: 1,
  name: "sample",
  study: "5".repeat(64),
  model: "6".repeat(64),
  data: "7".repeat(64),
  engine: "0.1.0",
  adapter: {
    vendor: "acme",
    architecture: "a",
    device: "",
    description: "",
    fallback: true,
    features: [],
    limits: {},
  },
  seed: 1337,
  started: "2024-05-06T07:08:09.000Z",
  ablations: 4,
  classNames: ["cat", 'dog "big", brown', "eel"],
  layers: [
    { layer: "dense_0", layerIndex: 0, units: 3 },
    { layer: "dense_1", layerIndex: 1, units: 2 },
  ],
};

export const sampleBaseline: BaselineRecord = {
  type: "baseline",
  samples: 10,
  correct: 8,
  correctTop5: 10,
  loss: 0.25,
  classCorrect: [4, 2, 2],
  classSamples: [4, 4, 2],
};

const measured = { type: "ablation", sweep: 0, replacement: "zero", samples: 10, ms: 0.5 } as const;

export const sampleAblations: readonly AblationRecord[] = [
  {
    ...measured,
    index: 0,
    row: 0,
    sites: [{ layer: "dense_0", layerIndex: 0, units: [0] }],
    correct: 6,
    correctTop5: 9,
    loss: 0.75,
    classCorrect: [1, 3, 2],
    status: { kept: 5, lost: 3, gained: 1, wrong: 1 },
  },
  {
    ...measured,
    index: 1,
    row: 1,
    sites: [{ layer: "dense_0", layerIndex: 0, units: [1] }],
    correct: 8,
    correctTop5: 10,
    loss: 0.25,
    classCorrect: [4, 2, 2],
    status: { kept: 8, lost: 0, gained: 0, wrong: 2 },
    noop: "exact",
  },
  {
    ...measured,
    index: 2,
    row: 2,
    sites: [{ layer: "dense_0", layerIndex: 0, units: [2] }],
    correct: 8,
    correctTop5: 10,
    loss: 0.25,
    classCorrect: [4, 2, 2],
    status: { kept: 8, lost: 0, gained: 0, wrong: 2 },
  },
  {
    ...measured,
    sweep: 1,
    index: 0,
    row: 3,
    sites: [
      { layer: "dense_0", layerIndex: 0, units: [0, 2] },
      { layer: "dense_1", layerIndex: 1, units: [1] },
    ],
    replacement: "constant 0.5",
    correct: 9,
    correctTop5: 10,
    loss: 0.125,
    classCorrect: [4, 3, 2],
    status: { kept: 8, lost: 0, gained: 1, wrong: 1 },
  },
];

export const sampleEnd: EndRecord = {
  type: "end",
  state: "done",
  ablations: 4,
  ms: 12,
  macs: 100,
  macsSaved: 900,
  predicted: { ms: 10, macs: 100, bytes: 64 },
  measured: { ms: 12, macs: 100, bytes: 64 },
};

const recovered = { type: "recovery", epochs: 1, samples: 10, loss: 0.5, ms: 2 } as const;

/** Its control, and the first ablation's recovery, which regains one of two samples lost. */
export const sampleRecoveries: readonly RecoveryRecord[] = [
  { ...recovered, row: null, arm: "control", epoch: 0, correct: 8, classCorrect: [4, 2, 2] },
  { ...recovered, row: null, arm: "control", epoch: 1, correct: 9, classCorrect: [4, 3, 2] },
  { ...recovered, row: 0, sweep: 0, index: 0, arm: "all", epoch: 0, correct: 6, classCorrect: [1, 3, 2] },
  { ...recovered, row: 0, sweep: 0, index: 0, arm: "all", epoch: 1, correct: 7, classCorrect: [2, 3, 2] },
];

/** The run's journal, in order. */
export const sampleRecords = [sampleRun, sampleBaseline, ...sampleAblations, sampleEnd] as const;
