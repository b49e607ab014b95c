/** The parts of the study schema that say how networks are trained, built ones and damaged ones alike. */
import * as v from "valibot";
import { COUNT_MAX, has, keyed, number, object, oneOf, samplesLimit, unique, whole } from "./schema-fields.ts";
import type { Optimizer, RecoverOptions, Schedule, TrainOptions } from "./study.ts";

const atLeastZero = number("a number of at least 0", (value) => value >= 0);
const aboveZero = number("a number greater than 0", (value) => value > 0);
const share = number("a number of at least 0 and less than 1", (value) => value >= 0 && value < 1);
const flag = v.boolean("true or false");

const KINDS = ["sgd", "adam", "adamw"] as const;
/** AdamW differs from Adam by its decay, so that only there a decay is expected; 0.01 is PyTorch's. */
const DECAYS = { adam: 0, adamw: 0.01 } as const;
const adam = (kind: "adam" | "adamw") =>
  object({
    kind: v.literal(kind),
    learningRate: v.optional(aboveZero, 0.001),
    beta1: v.optional(share, 0.9),
    beta2: v.optional(share, 0.999),
    epsilon: v.optional(aboveZero, 1e-8),
    weightDecay: v.optional(atLeastZero, DECAYS[kind]),
  });
const sgd = object({
  kind: v.pipe(
    v.optional(oneOf(KINDS), "sgd"),
    v.transform(() => "sgd" as const),
  ),
  learningRate: v.optional(aboveZero, 0.001),
  momentum: v.optional(share, 0.9),
  nesterov: v.optional(flag, false),
  weightDecay: v.optional(atLeastZero, 0),
});
const optimizer = v.lazy((input): v.GenericSchema<unknown, Optimizer> => {
  const kind = keyed(input, "kind");
  return kind === "adam" || kind === "adamw" ? adam(kind) : sgd;
});

const stepEntries = { every: whole(1, COUNT_MAX), factor: v.optional(aboveZero, 0.1) };
const cosineEntries = {
  least: v.optional(
    number("a number from 0 to 1", (value) => value >= 0 && value <= 1),
    0,
  ),
  warmup: v.optional(atLeastZero, 0),
};
/** "constant", "cosine", `{ "step": { ... } }`, `{ "cosine": { ... } }`, or with its kind. */
const schedule = v.lazy((input): v.GenericSchema<unknown, Schedule> => {
  if (has(input, "step")) {
    return v.pipe(
      object({ step: object(stepEntries) }),
      v.transform(({ step }) => ({ kind: "step" as const, ...step })),
    );
  }
  if (has(input, "cosine")) {
    return v.pipe(
      object({ cosine: object(cosineEntries) }),
      v.transform(({ cosine }) => ({ kind: "cosine" as const, ...cosine })),
    );
  }
  switch (keyed(input, "kind")) {
    case "constant":
      return object({ kind: v.literal("constant") });
    case "step":
      return object({ kind: v.literal("step"), ...stepEntries });
    case "cosine":
      return object({ kind: v.literal("cosine"), ...cosineEntries });
    default:
      return v.pipe(
        v.picklist(["constant", "cosine"], SCHEDULES),
        v.transform((kind) => (kind === "cosine" ? { kind, least: 0, warmup: 0 } : { kind })),
      );
  }
});
const SCHEDULES =
  '"constant", "cosine", { "step": { "every": 30, "factor": 0.1 } } or { "cosine": { "least": 0, "warmup": 1 } }';

const augment = object({ flip: v.optional(flag, false), shift: v.optional(whole(0, 8192), 0) });
const recipe = (epochs: number, checkpoint: number) => ({
  epochs: v.optional(whole(0, 100_000), epochs),
  batch: v.optional(whole(1, 65_536), 256),
  optimizer: v.optional(optimizer, {}),
  schedule: v.optional(schedule, "constant"),
  clip: v.optional(v.nullable(aboveZero), null),
  labelSmoothing: v.optional(share, 0),
  batchNorm: v.optional(oneOf(["train", "frozen"]), "train"),
  augment: v.optional(v.nullable(augment), null),
  checkpoint: v.optional(whole(0, 100_000), checkpoint),
});

/** How a network is trained before it is ablated. */
export const train: v.GenericSchema<unknown, TrainOptions> = object({
  ...recipe(100, 10),
  limit: samplesLimit,
  networks: v.optional(whole(1, 4096), 1),
});

const ARMS = ["all", "after", "layer", "control"] as const;
const sweepsRecovered = v.lazy(
  (input): v.GenericSchema<unknown, "all" | readonly number[]> =>
    Array.isArray(input)
      ? v.pipe(
          v.array(whole(0, COUNT_MAX, "the index of a sweep, from 0")),
          v.nonEmpty("at least one sweep"),
          v.check((items) => unique(items), "each sweep once"),
        )
      : v.literal("all", '"all", or an array of indices of sweeps'),
);
/** How ablated networks are trained again. */
export const recover: v.GenericSchema<unknown, RecoverOptions> = object({
  of: v.optional(sweepsRecovered, "all"),
  arms: v.optional(
    v.pipe(
      v.array(oneOf(ARMS), "an array of arms"),
      v.nonEmpty("at least one arm"),
      v.check((items) => unique(items), "each arm once"),
    ),
    [...ARMS],
  ),
  ...recipe(5, 1),
  data: v.optional(object({ split: v.optional(oneOf(["train", "test"]), "train"), limit: samplesLimit }), {}),
});
