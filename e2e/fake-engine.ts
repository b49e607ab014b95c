/**
 * Stands in for the engine where the lab is tested by itself: it computes nothing, and streams exactly what a test tells
 * it to. Records are made up, but consistent: counts add up, and no class has more correct samples than it has samples.
 */
import type { LesionError } from "../src/core/errors.ts";
import { random } from "../src/core/random.ts";
import type { StudyAnalysisRecord } from "../src/study/analysis-records.ts";
import type {
  AblationRecord,
  AdapterReport,
  BaselineRecord,
  BitRows,
  EndRecord,
  LayerSummary,
  LesionRecord,
  RecoveryRecord,
  RunRecord,
  TrainRecord,
} from "../src/study/records.ts";
import type { Engine } from "../workers/client.ts";
import type { ModelReport, RunEvent, RunRequest } from "../workers/protocol.ts";

export const fakeAdapter: AdapterReport = {
  vendor: "google",
  architecture: "swiftshader",
  device: "0xc0de",
  description: "SwiftShader Device (LLVM 16.0.6)",
  fallback: true,
  features: ["shader-f16"],
  limits: {},
};

export const fakeLayers: readonly LayerSummary[] = [
  { layer: "dense_0", layerIndex: 0, units: 20 },
  { layer: "dense_1", layerIndex: 1, units: 10 },
];

const CLASSES = 10;
const CLASS_SAMPLES = [97, 113, 103, 101, 98, 89, 95, 102, 97, 105];
const SAMPLES = 1000;

export const fakeRun: RunRecord = {
  type: "run",
  version: 1,
  name: "digits-mlp",
  study: "s".repeat(64),
  model: "m".repeat(64),
  data: "d".repeat(64),
  engine: "0.1.0",
  adapter: fakeAdapter,
  seed: 1337,
  started: "2024-01-01T00:00:00.000Z",
  ablations: 220,
  classNames: Array.from({ length: CLASSES }, (_, index) => String(index)),
  layers: fakeLayers,
};

const baselineCorrect = CLASS_SAMPLES.map((samples, index) => samples - 2 - (index % 5));

export const fakeBaseline: BaselineRecord = {
  type: "baseline",
  samples: SAMPLES,
  correct: baselineCorrect.reduce((total, correct) => total + correct, 0),
  loss: 0.179,
  classCorrect: baselineCorrect,
  classSamples: CLASS_SAMPLES,
};

export function fakeTrain(epoch: number, epochs: number): TrainRecord {
  const samples = 60_000;
  const correct = Math.round(samples * (0.97 - 0.2 / epoch));
  const test = { samples: SAMPLES, correct: Math.round(SAMPLES * (0.955 - 0.17 / epoch)), loss: 0.12 + 0.5 / epoch };
  return { type: "train", epoch, epochs, loss: 0.1 + 0.5 / epoch, correct, samples, test, ms: 900 };
}

/** An ablation of some units of one layer. Equal arguments give equal records; a tenth of the units is dead. */
export function fakeAblation(
  place: { sweep: number; index: number; row: number },
  layerIndex: number,
  units: number[],
): AblationRecord {
  const damage = units.map((unit) => {
    const draws = random(layerIndex * 1000 + unit, "fake damage");
    if (draws.uniform() < 0.1) return new Array<number>(CLASSES).fill(0);
    const strength = draws.uniform() ** 2 * 0.8;
    return Array.from({ length: CLASSES }, () =>
      draws.uniform() < 0.35 ? draws.uniform() * strength : -0.01 * draws.uniform(),
    );
  });
  const classCorrect = baselineCorrect.map((correct, index) => {
    const share = damage.reduce((total, unit) => total + unit[index]!, 0);
    return Math.max(0, Math.min(CLASS_SAMPLES[index]!, Math.round(correct * (1 - share))));
  });
  const correct = classCorrect.reduce((total, value) => total + value, 0);
  const dead = damage.every((unit) => unit.every((share) => share === 0));
  const gained = classCorrect.reduce((total, value, index) => total + Math.max(0, value - baselineCorrect[index]!), 0);
  const lost = fakeBaseline.correct - correct + gained;
  return {
    type: "ablation",
    ...place,
    sites: [{ layer: fakeLayers[layerIndex]!.layer, layerIndex, units }],
    replacement: "zero",
    samples: SAMPLES,
    correct,
    loss: dead ? 0.179 : 0.179 + lost / 300,
    classCorrect,
    status: { kept: fakeBaseline.correct - lost, lost, gained, wrong: SAMPLES - fakeBaseline.correct - gained },
    ...(dead ? { noop: "exact" as const } : {}),
    ms: 0.4,
  };
}

/** The ablations of the default study: each unit of both layers, then the pairs of the first. */
export function fakeAblations(): AblationRecord[] {
  const records: AblationRecord[] = [];
  const add = (sweep: number, layerIndex: number, units: number[]) => {
    const index = records.filter((record) => record.sweep === sweep).length;
    records.push(fakeAblation({ sweep, index, row: records.length }, layerIndex, units));
  };
  for (const { layerIndex, units } of fakeLayers) for (let unit = 0; unit < units; unit++) add(0, layerIndex, [unit]);
  for (let i = 0; i < 20; i++) for (let j = i + 1; j < 20; j++) add(1, 0, [i, j]);
  return records;
}

/** How much of a loss each arm brings back in the end, and its units of the epochs that takes. */
const ARM_PACE = { all: [0.92, 1], after: [0.7, 1.6], layer: [0.5, 1.2] } as const;

/**
 * An epoch of an ablation's recovery; null: of the control. Equal arguments give equal records; the deeper the damage, the
 * less comes back.
 */
export function fakeRecovery(
  ablation: AblationRecord | null,
  arm: RecoveryRecord["arm"],
  epoch: number,
  epochs: number,
): RecoveryRecord {
  const from = ablation ?? fakeBaseline;
  const draws = random(1000 * (ablation?.row ?? 0) + epoch, `fake recovery ${arm}`);
  const [share, pace] = arm === "control" ? [0, 1] : ARM_PACE[arm];
  const regained = share * (1 - Math.exp((-1.6 * epoch) / pace)) * (epoch === 0 ? 0 : 1 - 0.12 * draws.uniform());
  const classCorrect = from.classCorrect.map((correct, index) => {
    const gained =
      arm === "control" ? (epoch === 0 ? 0 : draws.below(3)) : regained * (baselineCorrect[index]! - correct);
    return Math.max(0, Math.min(CLASS_SAMPLES[index]!, Math.round(correct + gained)));
  });
  return {
    type: "recovery",
    row: ablation?.row ?? null,
    ...(ablation === null ? {} : { sweep: ablation.sweep, index: ablation.index }),
    arm,
    epoch,
    epochs,
    samples: SAMPLES,
    correct: classCorrect.reduce((total, value) => total + value, 0),
    classCorrect,
    loss: 0.2 + 0.3 / (epoch + 1),
    ...(epoch === 0 ? {} : { train: { samples: 60_000, correct: 55_000 + 500 * epoch, loss: 0.3 / epoch } }),
    ms: 3,
  };
}

/** The recovery of ablations in all arms, epoch after epoch of all networks at once. */
export function fakeRecoveries(ablations: readonly AblationRecord[], epochs: number): RecoveryRecord[] {
  const damaged = ["all", "after", "layer"] as const;
  return Array.from({ length: epochs + 1 }, (_, epoch) => [
    fakeRecovery(null, "control", epoch, epochs),
    ...damaged.flatMap((arm) => ablations.map((ablation) => fakeRecovery(ablation, arm, epoch, epochs))),
  ]).flat();
}

const MAP_SAMPLES = 1000;

/** Correctness bits of the intact network and of ablations, as many samples right as their records say, the first ones. */
export function fakeBits(records: readonly AblationRecord[]): {
  readonly baseline: Uint32Array;
  readonly rows: BitRows;
} {
  const wordsPerRow = Math.ceil(SAMPLES / 32);
  const words = new Uint32Array(records.length * wordsPerRow);
  const fill = (target: Uint32Array, correct: number) => {
    for (let sample = 0; sample < correct; sample++) target[sample >>> 5]! |= 1 << (sample & 31);
    return target;
  };
  for (const [i, { correct }] of records.entries())
    fill(words.subarray(i * wordsPerRow, (i + 1) * wordsPerRow), correct);
  const baseline = fill(new Uint32Array(wordsPerRow), fakeBaseline.correct);
  return { baseline, rows: { rows: records.map(({ row }) => row), wordsPerRow, words } };
}

/** What analyses find of the ablations of the default study: predictors, depth, rises, and a map of all samples. */
export function fakeAnalyses(): StudyAnalysisRecord[] {
  const draws = random(1, "fake analyses");
  const correlations = {
    ...{ n: 20, pearson: 0.5, spearman: 0.6, kendall: 0.4 },
    interval: { pearson: [0.1, 0.8], spearman: [0.2, 0.9], kendall: null },
  } as const;
  const layer = { layer: "dense_0", layerIndex: 0 };
  const values = Array.from({ length: 20 }, () => draws.uniform());
  const effect = {
    row: 3,
    classIndex: 1,
    gainPp: 2,
    interval: [1, 3],
    lost: 1,
    gained: 3,
    n: 113,
    p: 0.01,
    q: 0.04,
  } as const;
  const point = {
    layer: "dense_0",
    layerIndex: 0,
    by: "units",
    level: 1,
    units: 20,
    ablated: [1, 1],
    group: "",
    n: 20,
    dropPp: 4,
    interval: [2, 6],
  } as const;
  const rest = { top5DropPp: null, classDropsPp: baselineCorrect.map(() => 4), classTop5DropsPp: null };
  return [
    { type: "analysis", name: "importance", sweep: 0, predictor: "weight-l1", values, ...layer, ...correlations },
    {
      ...{ type: "analysis", name: "depth", sweep: 0, samples: SAMPLES },
      points: [
        { ...point, ...rest },
        { ...point, ...rest, layer: "dense_1", layerIndex: 1, units: 10, dropPp: 9, interval: [5, 13] },
      ],
    },
    {
      ...{ type: "analysis", name: "positive-effects", sweep: 0, tested: 330, rate: 0.05, effects: [effect], rises: 1 },
      ...{ significant: 1, exactNoops: 2, unmeasured: 0 },
    },
    {
      ...{ type: "analysis", name: "embedding", method: "tsne", n: MAP_SAMPLES, perplexity: 40, neighbors: null },
      points: Array.from({ length: 2 * MAP_SAMPLES }, () => 100 * draws.uniform() - 50),
      labels: Array.from({ length: MAP_SAMPLES }, (_, sample) => sample % CLASSES),
      ...{ iterations: 1000, components: 30, explained: 0.7, divergence: 1.2, seed: 1337, data: "digits" },
    },
  ];
}

export function fakeEnd(state: EndRecord["state"], ablations: number): EndRecord {
  const macs = 3.2e9;
  return {
    type: "end",
    state,
    ablations,
    ms: 4200,
    macs,
    macsSaved: 3.1e11,
    predicted: { ms: 4000, macs, bytes: 6e7 },
    measured: { ms: 4200, macs, bytes: 6e7 },
  };
}

export const fakeModel: ModelReport = {
  name: "small.onnx",
  inputs: [{ name: "x", shape: [784] }],
  outputs: ["y"],
  layers: [
    { name: "fc1", ...fakeDense(20, 784), activation: "relu", layerIndex: 0 },
    { name: "fc2", ...fakeDense(10, 20), activation: "relu", layerIndex: 1 },
    { name: "fc3", ...fakeDense(10, 10), activation: "linear", layerIndex: null },
  ],
  ablatable: [
    { layer: "fc1", layerIndex: 0, units: 20 },
    { layer: "fc2", layerIndex: 1, units: 10 },
  ],
  parameters: 15_980,
  macs: 15_980,
  bytes: 63_920,
  activations: 40,
};

function fakeDense(units: number, inputs: number) {
  const weights = units * inputs;
  return { kind: "dense", shape: [units], parameters: weights, macs: weights, bytes: 4 * weights, window: "" };
}

/** A run that the lab has started, steered by the test. */
export interface FakeRun {
  readonly request: Omit<RunRequest, "id">;
  /** What the lab has asked of it, in order. */
  readonly calls: ("pause" | "resume" | "cancel")[];
  emit(event: RunEvent): void;
  records(...records: LesionRecord[]): void;
  end(record: EndRecord): void;
  fail(error: LesionError): void;
}

/** An engine whose runs do what the test says. `inspect` answers with `fakeModel`, or rejects with `refuse.error`. */
export function fakeEngine(): { engine: Engine; runs: FakeRun[]; refuse: { error: LesionError | null } } {
  const runs: FakeRun[] = [];
  const refuse: { error: LesionError | null } = { error: null };
  const unasked = () => Promise.reject(new TypeError("the lab does not ask for this"));
  const engine: Engine = {
    adapter: async () => fakeAdapter,
    inspect: async (name) => {
      if (refuse.error !== null) throw refuse.error;
      return { ...fakeModel, name };
    },
    plan: unasked,
    runModel: unasked,
    check: async (_, { samples, ablations, reference }) => ({
      reference,
      samples,
      ablations,
      logitError: 3.1e-6,
      countDifferences: [],
      agrees: true,
    }),
    run: (request, onEvent) => {
      let end: (record: EndRecord) => void = () => {};
      let fail: (error: LesionError) => void = () => {};
      const done = new Promise<EndRecord>((resolve, reject) => {
        end = resolve;
        fail = reject;
      });
      const calls: FakeRun["calls"] = [];
      const emit = (event: RunEvent) => onEvent(event);
      runs.push({
        request,
        calls,
        emit,
        records: (...records) => emit({ kind: "records", records, bits: null }),
        end,
        fail,
      });
      const note = (call: FakeRun["calls"][number]) => async () => void calls.push(call);
      return { done, pause: note("pause"), resume: note("resume"), cancel: note("cancel") };
    },
    loseDevice: unasked,
    kill: () => {},
    [Symbol.dispose]: () => {},
  };
  return { engine, runs, refuse };
}
