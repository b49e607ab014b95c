/** A made-up run with one analysis of every kind, for the tests of this folder: numbers are drawn, shapes are true. */
import { random } from "../core/random.ts";
import type { Correlations, StudyAnalysisRecord } from "../study/analysis-records.ts";
import { PREDICTORS } from "../study/predictor-names.ts";
import type { AblationRecord, BaselineRecord, RecoveryRecord, RunRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";

const UNITS = 20;
const CLASSES = 10;
const SAMPLES = 1000;
const units = Array.from({ length: UNITS }, (_, unit) => unit);
const classes = Array.from({ length: CLASSES }, (_, index) => index);

/** A class's name that HTML would take for an element. */
export const AWKWARD_CLASS = `<b>"R&D"</b>`;

const run: RunRecord = {
  type: "run",
  version: 1,
  name: "sample",
  study: "5".repeat(64),
  model: "6".repeat(64),
  data: "7".repeat(64),
  engine: "0.1.0",
  adapter: { vendor: "acme", architecture: "a", device: "", description: "", fallback: true, features: [], limits: {} },
  seed: 1337,
  started: "2024-05-06T07:08:09.000Z",
  ablations: UNITS,
  classNames: [...classes.slice(0, -1).map(String), AWKWARD_CLASS],
  layers: [
    { layer: "dense_0", layerIndex: 0, units: UNITS },
    { layer: "dense_1", layerIndex: 1, units: 3 },
    { layer: "dense_2", layerIndex: 2, units: 3 },
  ],
};

const baseline: BaselineRecord = {
  type: "baseline",
  samples: SAMPLES,
  correct: 950,
  classCorrect: classes.map(() => 95),
  classSamples: classes.map(() => 100),
};

const site = (...units: number[]) => ({ layer: "dense_0", layerIndex: 0, units });

/** Unit u costs 2 u percentage points, all of class u mod 10 first; unit 0 is an exact no-op. */
const ablations: readonly AblationRecord[] = units.map((unit) => ({
  type: "ablation",
  sweep: 0,
  index: unit,
  row: unit,
  sites: [site(unit)],
  replacement: "zero",
  samples: SAMPLES,
  correct: 950 - 20 * unit,
  classCorrect: classes.map((index) => (index === unit % CLASSES ? 95 - Math.min(95, 20 * unit) : 95)),
  status: { kept: 950 - 20 * unit, lost: 20 * unit, gained: 0, wrong: 50 },
  ...(unit === 0 ? { noop: "exact" as const } : {}),
  ms: 1,
}));

const recovered = (row: number | null, arm: RecoveryRecord["arm"], correct: readonly number[]): RecoveryRecord[] =>
  correct.map((right, epoch) => ({
    type: "recovery",
    row,
    arm,
    epoch,
    epochs: correct.length - 1,
    samples: SAMPLES,
    correct: right,
    classCorrect: [],
    loss: 0.5,
    ms: 1,
  }));

const recoveries: readonly RecoveryRecord[] = [
  ...recovered(null, "control", [950, 952, 953]),
  ...[5, 9, 13, 17].flatMap((row) => [
    ...recovered(row, "all", [950 - 20 * row, 950 - 8 * row, 950 - 3 * row]),
    ...recovered(row, "after", [950 - 20 * row, 950 - 12 * row, 950 - 9 * row - (row % 3)]),
  ]),
];

const correlations = (n: number, pearson: number): Correlations => ({
  n,
  pearson,
  spearman: pearson * 0.9,
  kendall: pearson * 0.7,
  interval: {
    pearson: [pearson - 0.2, pearson + 0.15],
    spearman: [pearson * 0.9 - 0.2, pearson * 0.9 + 0.15],
    kendall: null,
  },
});

const LAYER = { type: "analysis", layer: "dense_0", layerIndex: 0 } as const;
const POOLED = { ...LAYER, layer: null, layerIndex: null } as const;

/** The records, with so many points on the map. */
function analyses(points: number): readonly StudyAnalysisRecord[] {
  const draw = random(1, "sample report");
  const uniform = (low: number, high: number) => low + (high - low) * draw.uniform();
  const matrix = (value: (i: number, j: number) => number | null, size = UNITS) => {
    const rows = Array.from({ length: size }, () => new Array<number | null>(size).fill(null));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) {
        rows[i]![j] = value(i, j);
        rows[j]![i] = rows[i]![j]!;
      }
    }
    return rows;
  };
  const shares = Array.from({ length: UNITS + 1 }, (_, count) => count);
  const curve = (order: string, power: number, draws: number): StudyAnalysisRecord => {
    const accuracy = shares.map((count) => 0.1 + 0.85 * (1 - count / UNITS) ** power);
    return {
      ...LAYER,
      name: "degradation",
      sweep: 1,
      order,
      measure: "accuracy",
      replacement: "zero",
      units: UNITS,
      ablated: shares,
      accuracy,
      interval: accuracy.map((one) => [one - 0.03, one + 0.03]),
      draws,
      auc: 0.1 + 0.85 / (power + 1),
      aucInterval: [0.08 + 0.85 / (power + 1), 0.12 + 0.85 / (power + 1)],
      halfDamage: 1 - 0.5 ** (1 / power),
      halfDamageInterval: null,
      chance: 0.1,
      baseline: 0.95,
      n: SAMPLES,
    };
  };
  const labels = Array.from({ length: points }, (_, i) => i % CLASSES);
  const place = labels.flatMap((label) => [
    10 * Math.cos(label * 0.63) + uniform(-2.6, 2.6) + uniform(-1, 1),
    10 * Math.sin(label * 0.63) + uniform(-2.6, 2.6),
  ]);
  return [
    ...PREDICTORS.slice(0, 8).map(
      (predictor, i): StudyAnalysisRecord => ({
        ...LAYER,
        name: "importance",
        sweep: 0,
        predictor,
        values: units.map((unit) => unit * (1 - i / 10) + uniform(0, 2 * i + 1)),
        ...correlations(UNITS, 0.9 - i * 0.2),
      }),
    ),
    ...PREDICTORS.slice(0, 8).map(
      (predictor, i): StudyAnalysisRecord => ({
        ...LAYER,
        layer: "dense_1",
        layerIndex: 1,
        name: "importance",
        sweep: 0,
        predictor,
        values: [1, 2, 3],
        ...correlations(3, 0.6 - i * 0.15),
      }),
    ),
    {
      ...LAYER,
      name: "mann-whitney",
      sweep: 0,
      p: units.map((unit) => 10 ** -(unit * uniform(0.5, 1))),
      u: units.map((unit) => 300_000 + 100 * unit),
      ...correlations(UNITS, -0.6),
    },
    ...units.flatMap((i) =>
      units.slice(0, i).map(
        (j): StudyAnalysisRecord => ({
          ...LAYER,
          name: "redundancy",
          sites: [site(j, i)],
          units: [j, i],
          R: i === 9 && j === 4 ? 0.25 : uniform(0, 0.1),
          classR: classes.map((c) => (c === 3 ? 0.4 : 0.01)),
          n: 950,
          interval: [0, 0.3],
        }),
      ),
    ),
    {
      type: "analysis",
      name: "interactions",
      units: units.map((unit) => ({ layerIndex: 0, layer: "dense_0", unit })),
      matrix: matrix((i, j) => (i === 9 && j === 4 ? 12 : (i + j) % 7 === 0 ? null : uniform(-8, 6))),
      halfWidth: matrix(() => 1.5),
      order: units.toReversed(),
      n: SAMPLES,
    },
    {
      ...LAYER,
      name: "shapley",
      units,
      values: units.map((unit) => unit * 0.6 - 1),
      intervals: units.map((unit) => [unit * 0.6 - 1.8, unit * 0.6 - 0.2]),
      counts: units.map(() => 200),
      m2: units.map(() => 1),
      permutations: 200,
      evaluations: 3500,
      truncated: 120,
      top: [19, 18, 17],
      settled: true,
      confidence: 0.95,
      final: true,
    },
    ...[19, 18].map(
      (row): StudyAnalysisRecord => ({
        type: "analysis",
        name: "cascade",
        row,
        sites: [site(row)],
        layers: ["dense_0", "dense_1", "dense_2"],
        relativeChange: [0.38, 0.24 + row / 100, 0.45],
        mean: [0.4, 0.25 + row / 100, 0.5],
        interval: [[0.35, 0.45], [0.3, 0.5], null],
        n: 500,
      }),
    ),
    {
      ...LAYER,
      name: "overlap",
      sweep: 0,
      units,
      jaccard: matrix((i, j) => (i === 0 || j === 0 ? null : Math.max(0, 1 - Math.abs(i - j) / 8))),
      lost: units.map((unit) => 20 * unit),
      order: units,
      n: 950,
    },
    {
      ...LAYER,
      name: "class-damage",
      sweep: 0,
      units,
      drops: units.map((unit) => classes.map((c) => (c === unit % CLASSES ? 4 * unit : uniform(-6, 10)))),
      entropy: units.map((unit) => (unit === 0 ? null : 0.4)),
      selectivity: units.map((unit) => (unit === 0 ? null : 0.8)),
      kind: units.map((unit) => (unit === 0 ? "none" : unit % 3 === 0 ? "global" : "selective")),
      order: units.toReversed(),
      classOrder: classes.toReversed(),
      classSamples: classes.map(() => 100),
      n: SAMPLES,
    },
    {
      type: "analysis",
      name: "positive-effects",
      sweep: 0,
      tested: 220,
      rate: 0.05,
      effects: [
        { row: 3, classIndex: 9, gainPp: 8, interval: [3, 13], lost: 1, gained: 9, n: 100, p: 0.021, q: 0.04 },
        { row: 4, classIndex: null, gainPp: 0.2, interval: [-0.3, 0.7], lost: 3, gained: 5, n: 1000, p: 0.73, q: 0.9 },
      ],
      rises: 2,
      significant: 1,
      exactNoops: 1,
      unmeasured: 0,
    },
    ...(["scale", "gains", "greedy", "control"] as const).map(
      (method, i): StudyAnalysisRecord => ({
        ...(method === "control" ? POOLED : LAYER),
        name: "gain-search",
        method,
        found: method === "scale" ? "unit 3 by 0.75" : "factors of all units",
        factors: [{ layerIndex: 0, unit: 3, factor: 0.75 }],
        search: { samples: 500, before: 470, after: 480 },
        report: {
          samples: 500,
          before: 470,
          after: 472 + i,
          lost: 2,
          gained: 4 + i,
          p: 0.4,
          gainPp: 0.4 + 0.2 * i,
          interval: [-0.4, 1.2 + 0.2 * i],
          classLost: [],
          classGained: [],
        },
      }),
    ),
    curve("random", 1.6, 20),
    curve("greedy-least", 0.4, 1),
    curve("greedy-most", 5, 1),
    curve("weight-l1", 2.5, 1),
    {
      ...LAYER,
      name: "populations",
      by: "effect",
      units,
      clusters: units.map((unit) => (unit < 12 ? 0 : unit < 17 ? 1 : 2)),
      k: 3,
      silhouette: 0.52,
      silhouettes: [0.4, 0.52, 0.3],
      profiles: [0, 1, 2].map((k) => classes.map((c) => (c % 3 === k ? 30 : uniform(-2, 4)))),
      order: units,
      n: SAMPLES,
    },
    {
      type: "analysis",
      name: "depth",
      sweep: 2,
      samples: SAMPLES,
      points: [0.1, 0.5].flatMap((share) =>
        Array.from({ length: 16 }, (_, layerIndex) => ({
          by: "share" as const,
          level: share,
          units: 64,
          ablated: [Math.round(64 * share), Math.round(64 * share)] as const,
          layer: `block${1 + Math.floor(layerIndex / 4)}_conv${1 + (layerIndex % 4)}`,
          layerIndex,
          group: "random",
          n: 10,
          dropPp: 60 * share * Math.exp(-layerIndex / 6),
          interval: [50 * share * Math.exp(-layerIndex / 6), 70 * share * Math.exp(-layerIndex / 6)] as const,
          top5DropPp: null,
          classDropsPp: classes.map((c) => (c + 1) * 8 * share * Math.exp(-layerIndex / (2 + c))),
          classTop5DropsPp: null,
        })),
      ),
    },
    ...[0, 1].flatMap((network) =>
      [0, 1, 5, 20, 100].map(
        (epoch): StudyAnalysisRecord => ({
          ...LAYER,
          name: "negligible",
          epoch,
          network,
          thresholdsPp: [1, 2, 3],
          counts: [1, 2, 3].map((threshold) =>
            Math.max(2 + threshold, UNITS - Math.round((5 - threshold) * Math.log2(epoch + 1)) - network),
          ),
          n: UNITS,
          dropsPp: units.map((unit) => unit),
          baseline: { samples: SAMPLES, correct: 100 + 8 * epoch },
        }),
      ),
    ),
    ...[0, 1, 2].map(
      (network): StudyAnalysisRecord => ({
        ...LAYER,
        name: "ensemble",
        network,
        seed: 1337 + network,
        baseline: { samples: SAMPLES, correct: 940 + network },
        dropsPp: units.map((unit) => 2 * unit + uniform(0, 9)),
        p: units.map((unit) => 10 ** -(unit * uniform(0.2, 0.6))),
      }),
    ),
    {
      ...LAYER,
      name: "ensemble-pooled",
      predictor: "mann-whitney",
      networks: 3,
      byNetwork: [-0.6, -0.4, -0.5].map((pearson, network) => ({ network, ...correlations(UNITS, pearson) })),
      within: correlations(3, -0.5),
      accuracy: { mean: 0.941, interval: [0.939, 0.943] },
      ...correlations(3 * UNITS, -0.55),
    },
    {
      type: "analysis",
      name: "embedding",
      method: "tsne",
      points: place.map((value) => Number(value.toFixed(4))),
      labels,
      n: points,
      perplexity: 40,
      neighbors: null,
      iterations: 1000,
      components: 30,
      explained: 0.73,
      divergence: 1.62,
      seed: 1337,
      data: "7".repeat(64),
    },
    {
      ...LAYER,
      name: "replacements",
      replacements: ["zero", "mean", "resample"],
      dropsPp: [2, 1.2, 1.5].map((factor) => units.map((unit) => factor * unit + uniform(0, 12))),
      spearman: [
        [1, 0.7, 0.8],
        [0.7, 1, 0.9],
        [0.8, 0.9, 1],
      ],
      intervals: [
        [null, [0.4, 0.9], [0.5, 0.95]],
        [[0.4, 0.9], null, [0.7, 0.97]],
        [[0.5, 0.95], [0.7, 0.97], null],
      ],
      n: UNITS,
    },
    {
      ...LAYER,
      name: "order",
      sweep: 1,
      path: 0,
      by: "greedy-least",
      units,
      scores: units.map((unit) => 950 - unit),
      complete: true,
      n: SAMPLES,
    },
    {
      ...LAYER,
      name: "groups",
      sweep: 2,
      similarity: "weights-cosine",
      grouping: "agglomerative, average",
      groups: [
        { kind: "similar", share: 0.1, units: [3, 7], within: 0.82 },
        { kind: "random", share: 0.1, units: [1, 9], within: 0.11 },
      ],
      n: UNITS,
    },
    {
      type: "analysis",
      name: "adaptive",
      sweep: 0,
      by: "accuracy",
      confidence: 0.95,
      k: 2,
      top: [
        { row: 19, sites: [site(19)], effect: 38, interval: [36, 40], n: 1000 },
        { row: 18, sites: [site(18)], effect: 36, interval: [33, 39], n: 400 },
      ],
      settled: true,
      arms: [],
      round: 4,
      final: true,
      seen: 1000,
      samples: 1000,
      evaluations: 6000,
      fullEvaluations: 20_000,
    },
    {
      ...LAYER,
      name: "optimal",
      site: "post-activation",
      constants: units.map((unit) => unit / 10),
      losses: units.map((unit) => 0.2 + unit / 50),
      n: SAMPLES,
    },
  ];
}

/** The run, with so many points on its map. */
export function sampleReportRun(points = 200): RunResults {
  return {
    run,
    training: [],
    baseline,
    ablations,
    recoveries,
    analyses: analyses(points),
    failures: [],
    end: null,
  };
}

/** Its study document, with comments. */
export const SAMPLE_STUDY = `{ // a sample </pre><script>alert(1)</script>
  "version": 1, "name": "sample",
  "sweeps": [{ "ablate": "each-unit" }, { "ablate": "cumulative" }, { "ablate": "fraction" }] }
`;

/** Status by sample: two in ten lost, one gained, one wrong. */
export const sampleStatusOf = (points: number) => (row: number) =>
  row === 19
    ? Uint8Array.from({ length: points }, (_, i) => (i % 10 < 2 ? 1 : i % 10 === 5 ? 2 : i % 10 === 7 ? 3 : 0))
    : null;
