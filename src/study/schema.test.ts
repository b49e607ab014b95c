import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { defaultStudy, defaultStudyDocument } from "./defaults.ts";
import { parseStudy, parseStudyText } from "./schema.ts";

const minimal = { sweeps: [{ ablate: "each-unit" }] };
const failure = (parse: () => unknown): LesionError => {
  try {
    parse();
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

describe("defaults", () => {
  test("a study of one sweep becomes the paper's network on made digits", () => {
    expect(parseStudy(minimal)).toEqual({
      version: 1,
      name: "study",
      model: {
        build: {
          input: [784],
          layers: [
            { kind: "dense", units: 20, activation: "relu", bias: false, batchNorm: false },
            { kind: "dense", units: 10, activation: "relu", bias: false, batchNorm: false },
            { kind: "dense", units: 10, activation: "linear", bias: false, batchNorm: false },
          ],
          init: "pytorch",
        },
        train: {
          epochs: 100,
          batch: 256,
          optimizer: { kind: "sgd", learningRate: 0.001, momentum: 0.9, nesterov: false, weightDecay: 0 },
          schedule: { kind: "constant" },
          clip: null,
          labelSmoothing: 0,
          batchNorm: "train",
          augment: null,
          checkpoint: 10,
          limit: null,
          networks: 1,
        },
      },
      data: {
        set: "digits",
        path: null,
        split: "test",
        normalize: { mean: [0.5], std: [0.5] },
        scale: 255,
        threshold: null,
        limit: null,
      },
      baselineData: null,
      replacement: { kind: "zero" },
      site: "post-activation",
      sweeps: [{ ablate: "each-unit", layers: "all" }],
      measure: ["accuracy", "top5", "loss", "status"],
      analyses: [],
      recover: null,
      seed: 1337,
    });
  });

  test("a complete study is read as it is", () => {
    expect(parseStudy(defaultStudy)).toEqual(defaultStudy);
    expect(parseStudy(JSON.parse(JSON.stringify(defaultStudyDocument)))).toEqual(defaultStudy);
  });

  test.each([
    ["adam", 0],
    ["adamw", 0.01],
  ])("%s has its own", (kind, weightDecay) => {
    const { model } = parseStudy({ ...minimal, model: { train: { optimizer: { kind, beta2: 0.99 } } } });
    expect(model.train?.optimizer).toEqual({
      kind,
      learningRate: 0.001,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay,
    });
  });

  test.each([
    ["constant", { kind: "constant" }],
    ["cosine", { kind: "cosine", least: 0, warmup: 0 }],
    [{ step: { every: 30 } }, { kind: "step", every: 30, factor: 0.1 }],
    [{ cosine: { warmup: 0.5 } }, { kind: "cosine", least: 0, warmup: 0.5 }],
    [
      { kind: "step", every: 2, factor: 0.5 },
      { kind: "step", every: 2, factor: 0.5 },
    ],
  ])("schedule %j", (schedule, full) => {
    const study = parseStudy({ ...minimal, model: { train: { schedule } }, recover: { schedule } });
    expect([study.model.train?.schedule, study.recover?.schedule]).toEqual([full, full]);
    expect(parseStudy(study)).toEqual(study);
  });

  test("a model from a file is trained only where the study says so", () => {
    expect(parseStudy({ ...minimal, model: { file: "a.onnx" } }).model).toEqual({
      file: "a.onnx",
      initial: null,
      train: null,
    });
    const { model } = parseStudy({
      ...minimal,
      model: { file: "a.onnx", train: { augment: { flip: true }, clip: 1 } },
    });
    expect(model.train).toMatchObject({ epochs: 100, augment: { flip: true, shift: 0 }, clip: 1, networks: 1 });
  });

  test("layers as a person types them", () => {
    const study = parseStudy({
      ...minimal,
      model: {
        build: {
          input: [32, 32, 3],
          init: "he",
          layers: [
            { conv: 32, kernel: 5, batchNorm: true },
            { conv: 16, stride: 2, padding: "valid", activation: "silu" },
            { pool: "max", size: 3, stride: 2 },
            { pool: "average" },
            { units: 10 },
            { globalPool: "average" },
          ],
        },
      },
    });
    const conv = { kind: "conv", kernel: 3, stride: 1, padding: "same", activation: "relu", bias: false };
    expect(study.model).toMatchObject({
      build: {
        input: [32, 32, 3],
        init: "he",
        layers: [
          { ...conv, filters: 32, kernel: 5, batchNorm: true },
          { ...conv, filters: 16, stride: 2, padding: "valid", activation: "silu", batchNorm: false },
          { kind: "pool", pool: "max", size: 3, stride: 2 },
          { kind: "pool", pool: "average", size: 2, stride: 2 },
          { kind: "dense", units: 10, activation: "linear", bias: false, batchNorm: false },
          { kind: "global-pool", pool: "average" },
        ],
      },
    });
    expect(parseStudy(study)).toEqual(study);
  });

  test("recovery", () => {
    const study = parseStudy({ ...minimal, recover: {} });
    expect(study.recover).toEqual({
      of: "all",
      arms: ["all", "after", "layer", "control"],
      epochs: 5,
      batch: 256,
      optimizer: { kind: "sgd", learningRate: 0.001, momentum: 0.9, nesterov: false, weightDecay: 0 },
      schedule: { kind: "constant" },
      clip: null,
      labelSmoothing: 0,
      batchNorm: "train",
      augment: null,
      checkpoint: 1,
      data: { split: "train", limit: null },
    });
    expect(parseStudy(study)).toEqual(study);
    expect(parseStudy({ ...minimal, recover: null }).recover).toBeNull();
    const some = {
      sweeps: [{ ablate: "pairs", replacement: { noise: 1 } }, { ablate: "pairs" }],
      recover: { of: [1] },
    };
    expect(parseStudy(some).recover?.of).toEqual([1]);
  });

  test("the baseline's transform takes what it leaves out from the data", () => {
    const data = { set: "mnist", path: "m", threshold: 10, normalize: { mean: [0.1, 0.2], std: 0.3 } };
    expect(parseStudy({ ...minimal, data, baselineData: { threshold: null } }).baselineData).toEqual({
      scale: 255,
      normalize: { mean: [0.1, 0.2], std: [0.3] },
      threshold: null,
    });
    expect(parseStudy({ ...minimal, data, baselineData: { scale: 1 } }).baselineData?.threshold).toBe(10);
  });

  test.each([
    ["zero", { kind: "zero" }],
    ["mean", { kind: "mean" }],
    [{ constant: 0.5 }, { kind: "constant", value: 0.5 }],
    [{ scale: -2 }, { kind: "scale", factor: -2 }],
    [{ noise: 1 }, { kind: "noise", sigma: 1 }],
    [
      { kind: "noise", sigma: 2 },
      { kind: "noise", sigma: 2 },
    ],
  ])("replacement %j", (replacement, full) => {
    expect(parseStudy({ ...minimal, replacement }).replacement).toEqual(full);
    expect(parseStudy({ sweeps: [{ ablate: "pairs", replacement }] }).sweeps[0]?.replacement).toEqual(full);
  });
});

test("the site is after the activation unless the study or a sweep says otherwise", () => {
  const before = { site: "pre-activation" };
  expect(parseStudy(minimal).site).toBe("post-activation");
  expect(parseStudy({ ...minimal, ...before }).site).toBe("pre-activation");
  const sets = [[{ layer: 0, units: [1] }]];
  for (const sweep of [{ ablate: "pairs" }, { ablate: "sets", sets }, { ablate: "fraction", fractions: [0.5] }]) {
    expect(parseStudy({ sweeps: [{ ...sweep, ...before }] }).sweeps[0]).toMatchObject(before);
  }
});

const IMAGES = { set: "images", path: "photos", normalize: { mean: [104, 117, 123], std: 1 } } as const;

test("sets of files are filled in", () => {
  const images = parseStudy({ ...minimal, data: { ...IMAGES, resize: 256, crop: 224, channels: "bgr", scale: 1 } });
  expect(images.data).toEqual({
    set: "images",
    path: "photos",
    labels: null,
    classes: null,
    resize: 256,
    crop: 224,
    channels: "bgr",
    scale: 1,
    normalize: { mean: [104, 117, 123], std: [1] },
    threshold: null,
    split: "test",
    limit: null,
  });
  const normalize = { mean: 0, std: 1 };
  const npy = parseStudy({ ...minimal, data: { set: "npy", path: "a", scale: 1, normalize } });
  const cifar10 = parseStudy({ ...minimal, data: { set: "cifar10", path: "a", normalize } });
  expect([npy.data.scale, cifar10.data.scale]).toEqual([1, 255]);
});

describe("sweeps and analyses", () => {
  const sweepOf = (sweep: unknown) => parseStudy({ sweeps: [sweep] }).sweeps[0];

  test("have defaults of their own", () => {
    expect(sweepOf({ ablate: "cumulative", order: "taylor" })).toEqual({
      ...{ ablate: "cumulative", layers: "all", order: "taylor", from: "most", draws: 1, points: null },
    });
    expect(sweepOf({ ablate: "keep-only", keep: [1, 5] })).toMatchObject({ order: "measured", keep: [1, 5] });
    expect(sweepOf({ ablate: "similar", grouping: "agglomerative" })).toMatchObject({
      similarity: "weights-cosine",
      grouping: { kind: "agglomerative", linkage: "average" },
      fractions: [0.01, 0.05, 0.1, 0.2, 0.25, 0.5],
      controls: ["random", "dissimilar"],
    });
    expect(sweepOf({ ablate: "each-unit", adaptive: {} })).toMatchObject({
      adaptive: { top: 10, by: "loss", confidence: 0.95, first: null, growth: 1.5 },
    });
    const replacements = ["class-mean", { scale: 2 }];
    expect(sweepOf({ ablate: "whole-layer", replacements })).toMatchObject({
      replacements: [{ kind: "class-mean" }, { kind: "scale", factor: 2 }],
    });
  });

  test("analyses are names, or objects with options", () => {
    const { analyses } = parseStudy({
      ...minimal,
      analyses: ["shapley", { analyse: "importance", predictors: ["apoz"] }],
    });
    expect(analyses).toEqual([
      { analyse: "shapley", layers: "all", top: 5, confidence: 0.95, permutations: 500, truncationPp: 2 },
      { analyse: "importance", layers: "all", predictors: ["apoz"], samples: null, batch: 64 },
    ]);
  });

  test.each<[unknown, string, string]>([
    [{ ...minimal, analyses: ["shaply"] }, "analyses[0]", 'Did you mean "shapley"?'],
    [{ ...minimal, analyses: [{ analyse: "importance", predictors: ["taylr"] }] }, "predictors[0]", '"taylor"'],
    [{ sweeps: [{ ablate: "cumulative", order: "greedy" }] }, "sweeps[0].order", '"greedy-'],
    [{ sweeps: [{ ablate: "similar", grouping: "threshold" }] }, "sweeps[0].grouping", '"nearest"'],
    [{ sweeps: [{ ablate: "each-unit", replacement: "zero", replacements: ["mean"] }] }, "sweeps[0]", "one of both"],
  ])("%j is a mistake that is named", (document, path, fix) => {
    const error = failure(() => parseStudy(document));
    expect(error.code).toBe("bad-study");
    expect(error.where).toContain(path);
    expect(`${error.message} ${error.fix}`).toContain(fix);
  });
});

describe("mistakes", () => {
  test.each<[unknown, string, string, string]>([
    // unknown keys, and what was meant
    [{ ...minimal, sweps: [] }, "sweps", 'unknown key "sweps"', 'Did you mean "sweeps"?'],
    [{ sweeps: [{ ablate: "pairs" }, { ablate: "pairs", layrs: [0] }] }, "sweeps[1].layrs", "unknown key", '"layers"?'],
    [{ ...minimal, data: { normalise: {} } }, "data.normalise", "unknown key", 'Did you mean "normalize"?'],
    [
      { ...minimal, model: { train: { optimizer: { momentm: 0 } } } },
      "model.train.optimizer.momentm",
      "unknown",
      '"momentum"?',
    ],
    [{ ...minimal, model: { file: "a.onnx", build: {} } }, "model.build", 'unknown key "build"', '"file", "initial"'],
    [{ ...minimal, model: { file: "a", train: { epoch: 1 } } }, "model.train.epoch", "unknown key", '"epochs"?'],
    [{ ...minimal, recover: { arm: ["all"] } }, "recover.arm", "unknown key", '"arms"?'],
    [{ sweeps: [{ ablate: "fraction", fraction: [1] }] }, "sweeps[0].fraction", "unknown key", '"fractions"?'],
    [{ ...minimal, constructor: 1 }, "constructor", "unknown key", "The keys here are"],
    // missing keys
    [{}, "sweeps", "sweeps is missing", "no default"],
    [{ ...minimal, data: { set: "mnist" } }, "data.path", "data.path is missing", "Add data.path"],
    [{ sweeps: [{ layers: "all" }] }, "sweeps[0].ablate", "sweeps[0].ablate is missing", "Add"],
    [{ ...minimal, model: { initial: "a" } }, "model.file", "model.file is missing", "Add"],
    // types and ranges
    [7, "", "the study is 7, wanted an object", ""],
    [null, "", "the study is null, wanted an object", ""],
    [[], "", "the study is an array of 0, wanted an object", ""],
    [{ ...minimal, version: 2 }, "version", "version is 2, wanted 1", ""],
    [{ ...minimal, seed: 0.5 }, "seed", "seed is 0.5, wanted a whole number", ""],
    [{ ...minimal, data: [] }, "data", "data is an array of 0, wanted an object", ""],
    [{ ...minimal, data: { limit: 0 } }, "data.limit", "data.limit is 0, wanted a number of samples", ""],
    [
      { ...minimal, data: { set: "minst", path: "m" } },
      "data.set",
      'data.set is "minst", wanted one of',
      'mean "mnist"?',
    ],
    [{ ...minimal, data: { path: "m" } }, "data.path", 'data.path is "m", wanted null', ""],
    [{ ...minimal, data: { set: "image", path: "m" } }, "data.set", "wanted one of", 'mean "images"?'],
    [{ ...minimal, data: { set: "images" } }, "data.path", "data.path is missing", ""],
    [{ ...minimal, data: { set: "images", path: "m" } }, "data.normalize", "data.normalize is missing", "no default"],
    [{ ...minimal, data: { ...IMAGES, resise: 8 } }, "data.resise", 'unknown key "resise"', 'mean "resize"?'],
    [{ ...minimal, data: { ...IMAGES, resize: 0 } }, "data.resize", "wanted a number of pixels from 1 to 8192", ""],
    [{ ...minimal, data: { ...IMAGES, channels: "rbg" } }, "data.channels", "wanted one of", ""],
    [{ ...minimal, data: { ...IMAGES, labels: 3 } }, "data.labels", "wanted the path of a table", ""],
    [{ ...minimal, data: { set: "mnist", path: "m", crop: 8 } }, "data.crop", 'unknown key "crop"', ""],
    [{ ...minimal, data: { set: "cifar10", path: "m" } }, "data.normalize", "data.normalize is missing", "no default"],
    [{ ...minimal, data: { set: "npy", path: "m", normalize: {} } }, "data.scale", "data.scale is missing", ""],
    [
      { ...minimal, data: { normalize: { std: [1, 0] } } },
      "data.normalize.std[1]",
      "is 0, wanted a finite number that is not 0",
      "",
    ],
    [{ ...minimal, data: { normalize: { mean: [0, 0], std: [1, 1, 1] } } }, "data.normalize", "as many means", ""],
    [{ ...minimal, data: { scale: Number.NaN } }, "data.scale", "is NaN, wanted a number greater than 0", ""],
    [{ ...minimal, model: { build: { layers: [] } } }, "model.build.layers", "wanted at least one layer", ""],
    [
      { ...minimal, model: { build: { layers: [{ units: 3, activation: "rleu" }] } } },
      "model.build.layers[0].activation",
      "wanted one of",
      '"relu"?',
    ],
    [
      { ...minimal, model: { build: { layers: [{ conv: 3, kernel: 0 }] } } },
      "model.build.layers[0].kernel",
      "is 0, wanted a whole number from 1",
      "",
    ],
    [{ ...minimal, model: { build: { layers: [{ pool: "mean" }] } } }, "model.build.layers[0].pool", "one of", ""],
    [{ ...minimal, model: { build: { layers: [3] } } }, "model.build.layers[0]", "is 3, wanted", '{ "conv": 32 }'],
    [
      { ...minimal, model: { build: { layers: [{ kind: "convolution" }] } } },
      "model.build.layers[0].kind",
      "wanted one of",
      "",
    ],
    [{ ...minimal, model: { build: { input: [32, 32] } } }, "model.build.input", "height, width and channels", ""],
    [{ ...minimal, model: { build: { input: "big" } } }, "model.build.input", "height, width and channels", ""],
    [{ ...minimal, model: { train: { schedule: "linear" } } }, "model.train.schedule", 'wanted "constant"', ""],
    [{ ...minimal, model: { train: { schedule: { step: {} } } } }, "model.train.schedule.step.every", "is missing", ""],
    [{ ...minimal, model: { train: { optimizer: { kind: "adamax" } } } }, "model.train.optimizer.kind", "", '"adam'],
    [{ ...minimal, model: { train: { labelSmoothing: 1 } } }, "model.train.labelSmoothing", "less than 1", ""],
    [{ ...minimal, recover: { of: [0, 1] } }, "recover.of[1]", "is 1, wanted the index of a sweep, 0 to 0", ""],
    [{ sweeps: [], recover: { of: [0] } }, "recover.of[0]", "the study has none", ""],
    [{ ...minimal, recover: { of: [0, 0] } }, "recover.of", "wanted each sweep once", ""],
    [{ ...minimal, recover: { of: "some" } }, "recover.of", 'is "some", wanted "all"', ""],
    [{ ...minimal, recover: { arms: [] } }, "recover.arms", "wanted at least one arm", ""],
    [{ ...minimal, recover: { arms: ["before"] } }, "recover.arms[0]", "wanted one of", ""],
    [{ ...minimal, model: { train: { batch: 1.5 } } }, "model.train.batch", "is 1.5, wanted a whole number from 1", ""],
    [
      { ...minimal, replacement: "one" },
      "replacement",
      'wanted "zero", "mean", "class-mean", "resample", "optimal", { "constant": 0.5 }',
      "",
    ],
    [{ ...minimal, replacement: { noise: 0 } }, "replacement.noise", "is 0, wanted a number greater than 0", ""],
    [{ ...minimal, replacement: { kind: "nosie" } }, "replacement.kind", "wanted one of", 'mean "noise"?'],
    ...["noise", "constant", "scale"].map((name): [unknown, string, string, string] => [
      { ...minimal, replacement: name },
      "replacement",
      `is "${name}", wanted`,
      `Did you mean { "${name}": `,
    ]),
    [{ ...minimal, replacement: "nois" }, "replacement", "wanted", 'Did you mean { "noise": 1 }?'],
    [{ ...minimal, replacement: { constant: 1e39 } }, "replacement.constant", "range of float32", "Give"],
    [{ ...minimal, replacement: { kind: "noise", sigma: 1e40 } }, "replacement.sigma", "range of float32", "Give"],
    [
      { ...minimal, analyses: [{ analyse: "importance", predictors: "taylor" }] },
      "analyses[0].predictors",
      "an array of some of",
      'Did you mean ["taylor"]?',
    ],
    [{ ...minimal, measure: "loss" }, "measure", "an array of some of", 'Did you mean ["loss"]?'],
    [{ sweeps: "pairs" }, "sweeps", "an array of sweeps", "Give sweeps"],
    [{ sweeps: ["pairs"] }, "sweeps[0]", "wanted an object", 'Did you mean { "ablate": "pairs" }?'],
    [
      { sweeps: [{ ablate: "similar", grouping: "threshold" }] },
      "sweeps[0].grouping",
      'is "threshold", wanted one of',
      'Did you mean { "kind": "threshold", "thresholds": [0.5] }?',
    ],
    [
      { sweeps: [{ ablate: "similar", grouping: { kind: "threshold", thresholds: [0.5] }, fractions: [0.1] }] },
      "sweeps[0].fractions[0]",
      "a threshold says how large its groups are",
      "Leave fractions out.",
    ],
    [
      { ...minimal, report: { published: [{ what: "foo", value: 1, source: "s" }] } },
      "report.published[0].what",
      'there is no measure "foo"',
      "There are samples, correct",
    ],
    [
      { sweeps: [{ ablate: "each-unit", replacements: ["zero", { kind: "zero" }] }] },
      "sweeps[0].replacements",
      "wanted each replacement once",
      "",
    ],
    [{ sweeps: [{ ablate: "fraction", fractions: [0.1, 0.1] }] }, "sweeps[0].fractions", "each fraction once", ""],
    [
      { sweeps: [{ ablate: "keep-only", keep: [1], draws: 3 }] },
      "sweeps[0].draws",
      'only the order "random" is drawn',
      "Leave draws out",
    ],
    [{ ...minimal, measure: ["accuracy", "accuracy"] }, "measure", "wanted each measure once", ""],
    [{ sweeps: ["pairs"] }, "sweeps[0]", 'sweeps[0] is "pairs", wanted an object', ""],
    [{ sweeps: [{ ablate: "each-units" }] }, "sweeps[0].ablate", "wanted one of", 'mean "each-unit"?'],
    [{ sweeps: [{ ablate: "toString" }] }, "sweeps[0].ablate", "wanted one of", ""],
    [{ sweeps: [{ ablate: "pairs", layers: [] }] }, "sweeps[0].layers", "wanted at least one layer", ""],
    [
      { sweeps: [{ ablate: "pairs", layers: [-1] }] },
      "sweeps[0].layers[0]",
      "is -1, wanted a layer's name or its index",
      "",
    ],
    [{ sweeps: [{ ablate: "sets", sets: [[]] }] }, "sweeps[0].sets[0]", "wanted at least one site", ""],
    [
      { sweeps: [{ ablate: "sets", sets: [[{ layer: 0, units: [] }]] }] },
      "sweeps[0].sets[0][0].units",
      "at least one unit",
      "",
    ],
    [
      { sweeps: [{ ablate: "sets", sets: [[{ layer: 0, units: [3, 3] }]] }] },
      "sweeps[0].sets[0][0].units",
      "each unit once",
      "",
    ],
    [
      { sweeps: [{ ablate: "fraction", fractions: [0.5, 1.5] }] },
      "sweeps[0].fractions[1]",
      "is 1.5, wanted a number greater than 0 and at most 1",
      "",
    ],
    [{ sweeps: [{ ablate: "fraction", fractions: [0] }] }, "sweeps[0].fractions[0]", "is 0, wanted", ""],
    [{ ...minimal, site: "pre-activations" }, "site", 'is "pre-activations", wanted', 'mean "pre-activation"?'],
    [{ sweeps: [{ ablate: "pairs", site: 1 }] }, "sweeps[0].site", "is 1, wanted", '"post-activation"'],
  ])("%j: %s", (document, path, message, fix) => {
    const error = failure(() => parseStudy(document, "study.json"));
    expect(error.code).toBe("bad-study");
    expect(error.detail).toMatchObject({ path });
    expect(error.where).toBe(path === "" ? "study.json" : `study.json, ${path}`);
    expect(error.message).toContain(message);
    expect(error.fix).toContain(fix);
    expect(error.fix).not.toBe("");
  });

  test.each<[unknown, string]>([
    [{ ...minimal, replacement: { scale: 0.5 }, recover: {} }, "replacement"],
    [
      { sweeps: [{ ablate: "pairs" }, { ablate: "pairs", replacement: { noise: 1 } }], recover: { of: [0, 1] } },
      "sweeps[1].replacement",
    ],
  ])("%j cannot be held in recovery", (document, path) => {
    const error = failure(() => parseStudy(document));
    expect(error.code).toBe("unsupported");
    expect(error.where).toBe(path);
    expect(error.fix).toContain("zero, mean or constant");
    expect(error.message).toMatch(/ is "(scale 0.5|noise 1)", which a network cannot keep/);
  });

  test("no wording of the schema library comes through", () => {
    const { detail } = failure(() => parseStudy({ version: "1", sweeps: [{}], data: 3, seed: "x", measure: 1 }));
    const issues = detail?.["issues"] as { wanted: string }[];
    expect(issues.length).toBeGreaterThan(3);
    for (const { wanted } of issues) expect(wanted).not.toMatch(/Invalid|Expected/);
  });
});

describe("any value", () => {
  const outcome = (value: unknown) => {
    try {
      return parseStudy(value);
    } catch (error) {
      expect(error).toBeInstanceOf(LesionError);
      return null;
    }
  };

  test("is a study that reads as itself, or a LesionError", () => {
    const keys = fc.constantFrom(
      "sweeps",
      "model",
      "data",
      "replacement",
      "measure",
      "build",
      "ablate",
      "sets",
      "layers",
      "x",
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.anything({ maxDepth: 1, withBigInt: true, withDate: true, withNullPrototype: true }),
        fc.constantFrom("pairs", "each-unit", "zero", 0, 1, null),
        fc.dictionary(keys, tie("any"), { maxKeys: 4 }),
        fc.array(tie("any"), { maxLength: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (document) => void outcome(document)),
      { numRuns: 1000 },
    );
  });

  test("the default study with one value replaced", () => {
    const places = [
      "name",
      "model",
      "data",
      "baselineData",
      "replacement",
      "sweeps",
      "measure",
      "recover",
      "seed",
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.anything({ maxDepth: 2 }), (place, value) => {
        const study = outcome({ ...defaultStudyDocument, [place]: value });
        if (study !== null) expect(parseStudy(study)).toEqual(study);
      }),
      { numRuns: 1000 },
    );
  });

  test("a cycle is no study", () => {
    const cycle: Record<string, unknown> = { sweeps: [] };
    cycle["data"] = cycle;
    expect(outcome(cycle)).toBeNull();
  });
});

describe("texts", () => {
  test("comments are allowed", () => {
    expect(parseStudyText('{ "sweeps": [ { "ablate": "pairs" } ] } // all of them').sweeps[0]?.ablate).toBe("pairs");
  });

  test("errors name line and column", () => {
    const text = '{\n  "sweeps": [\n    { "ablate": "pairs", "layrs": [0] }\n  ]\n}';
    const error = failure(() => parseStudyText(text, "study.json"));
    expect(error.where).toBe("study.json, sweeps[0].layrs, line 3, column 26");
    expect(failure(() => parseStudyText('{ "sweeps": [ ], }', "study.json")).where).toBe(
      "study.json, line 1, column 18",
    );
  });
});
