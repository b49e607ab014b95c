/** The part of the study schema that says what is asked of ablations and networks: names of analyses, or objects with options. */
import * as v from "valibot";
import type { AnalysisOptions } from "./analysis-options.ts";
import { PREDICTORS, WEIGHT_PREDICTORS } from "./predictor-names.ts";
import {
  COUNT_MAX,
  fails,
  failsAt,
  float32,
  isObject,
  keyed,
  number,
  object,
  oneOf,
  unique,
  whole,
} from "./schema-fields.ts";
import { layers as layerChoice } from "./sweep-schema.ts";

const layers = v.optional(layerChoice, "all");
const samples = v.optional(v.nullable(whole(1, COUNT_MAX, "a number of samples of at least 1, or null")), null);
const count = (initial: number, least = 1) => v.optional(whole(least, COUNT_MAX), initial);
const positive = (initial: number) =>
  v.optional(
    number("a number greater than 0", (value) => value > 0),
    initial,
  );
const share = (initial: number) =>
  v.optional(
    number("a number between 0 and 1", (value) => value > 0 && value < 1),
    initial,
  );
/** Some of a few names, each once; left out, or "all": all of them. */
const someOf = <const Names extends readonly string[]>(names: Names) =>
  v.optional(
    v.lazy(
      (input): v.GenericSchema<unknown, Names[number][]> =>
        input === "all"
          ? v.pipe(
              v.literal("all"),
              v.transform(() => [...names]),
            )
          : v.pipe(
              v.array(oneOf(names), `"all", or an array of some of "${names.join('", "')}"`),
              v.nonEmpty("at least one"),
              v.check((items) => unique(items), "each name once"),
            ),
    ),
    "all",
  );
const numbers = (wanted: string, item: v.GenericSchema<unknown, number>, initial: readonly number[]) =>
  v.optional(
    v.pipe(
      v.array(item, wanted),
      v.nonEmpty("at least one number"),
      v.check((items) => unique(items), "each number once"),
    ),
    [...initial],
  );
const epoch = whole(0, COUNT_MAX, "an epoch from 0");

const byName = {
  importance: object({
    analyse: v.literal("importance"),
    layers,
    predictors: someOf(PREDICTORS),
    samples,
    batch: count(64),
  }),
  "mann-whitney": object({ analyse: v.literal("mann-whitney"), layers }),
  redundancy: object({ analyse: v.literal("redundancy"), layers }),
  interactions: object({ analyse: v.literal("interactions"), layers }),
  shapley: object({
    analyse: v.literal("shapley"),
    layers,
    top: count(5),
    confidence: share(0.95),
    permutations: count(500, 2),
    truncationPp: v.optional(
      number("a number of percentage points of at least 0", (value) => value >= 0),
      2,
    ),
  }),
  cascade: object({
    analyse: v.literal("cascade"),
    of: v.optional(
      v.lazy(
        (input): v.GenericSchema<unknown, number | number[]> =>
          Array.isArray(input)
            ? v.pipe(v.array(whole(0, COUNT_MAX, "a row from 0")), v.nonEmpty("at least one row"))
            : whole(1, COUNT_MAX, "a number of ablations, or an array of rows"),
      ),
      5,
    ),
    samples,
  }),
  overlap: object({ analyse: v.literal("overlap"), layers }),
  "class-damage": object({ analyse: v.literal("class-damage"), layers }),
  "positive-effects": object({ analyse: v.literal("positive-effects"), rate: share(0.05) }),
  "gain-search": object({
    analyse: v.literal("gain-search"),
    layers,
    methods: someOf(["scale", "gains", "greedy", "control"]),
    factors: numbers("an array of factors", float32(), [0, 0.25, 0.5, 0.75, 1.25, 1.5, 1.75, 2]),
    most: count(5),
    epochs: count(3),
    learningRate: positive(0.01),
    batch: count(256),
  }),
  degradation: object({ analyse: v.literal("degradation") }),
  populations: object({
    analyse: v.literal("populations"),
    layers,
    by: someOf(["effect", "activation"]),
    clusters: v.optional(v.nullable(whole(2, COUNT_MAX, "a number of clusters of at least 2, or null")), null),
  }),
  depth: object({ analyse: v.literal("depth") }),
  negligible: object({
    analyse: v.literal("negligible"),
    layers,
    epochs: numbers("an array of epochs", epoch, [0, 1, 2, 5, 10, 20, 50, 100]),
    thresholdsPp: numbers("an array of percentage points", number(), [1, 2, 3]),
  }),
  ensemble: object({
    analyse: v.literal("ensemble"),
    layers,
    predictors: someOf(WEIGHT_PREDICTORS),
  }),
  embedding: object({
    analyse: v.literal("embedding"),
    method: v.optional(oneOf(["tsne", "umap", "pca"]), "tsne"),
    perplexity: positive(40),
    neighbors: count(15, 2),
    iterations: count(1000),
    components: count(30, 2),
    points: count(10_000, 3),
  }),
  replacements: object({ analyse: v.literal("replacements"), layers }),
} satisfies Record<AnalysisOptions["analyse"], v.GenericSchema<unknown, AnalysisOptions>>;

/** An analysis: its name, or an object that has it at `analyse`. */
export const analysis = v.lazy((input): v.GenericSchema<unknown, AnalysisOptions> => {
  const wanted = `one of "${Object.keys(byName).join('", "')}"`;
  const name = typeof input === "string" ? input : keyed(input, "analyse");
  if (typeof name !== "string" || !Object.hasOwn(byName, name)) {
    return isObject(input) ? failsAt("analyse", wanted) : fails(wanted);
  }
  const schema: v.GenericSchema<unknown, AnalysisOptions> = byName[name as AnalysisOptions["analyse"]];
  if (typeof input !== "string") return schema;
  return v.pipe(
    v.unknown(),
    v.transform(() => ({ analyse: name })),
    schema,
  );
});

/** An analysis with its defaults. */
export const defaultAnalysis = (name: AnalysisOptions["analyse"]): AnalysisOptions => v.parse(analysis, name);
