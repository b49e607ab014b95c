/** The part of the study schema that says which network is studied, and how one that is built is trained. */
import * as v from "valibot";
import { has, keyed, number, object, oneOf, samplesLimit, text, whole } from "./schema-fields.ts";
import type { BuildOptions, Optimizer } from "./study.ts";

const ACTIVATIONS = ["linear", "relu", "leaky-relu", "sigmoid", "tanh", "gelu", "gelu-tanh", "silu"] as const;

const layer = object({
  units: whole(1, 65_536),
  activation: v.optional(oneOf(ACTIVATIONS)),
  bias: v.optional(v.boolean("true or false"), false),
});
const build = v.pipe(
  object({
    input: v.optional(whole(1, 16_777_216), 784),
    layers: v.optional(v.pipe(v.array(layer, "an array of layers"), v.nonEmpty("at least one layer")), [
      { units: 20 },
      { units: 10 },
      { units: 10 },
    ]),
    init: v.optional(oneOf(["pytorch", "glorot"]), "pytorch"),
  }),
  v.transform(
    ({ input, layers, init }): BuildOptions => ({
      input,
      layers: layers.map(({ units, activation, bias }, index) => ({
        units,
        activation: activation ?? (index === layers.length - 1 ? "linear" : "relu"),
        bias,
      })),
      init,
    }),
  ),
);

const learningRate = v.optional(
  number("a number greater than 0", (value) => value > 0),
  0.001,
);
const weightDecay = v.optional(
  number("a number of at least 0", (value) => value >= 0),
  0,
);
const decay = (preset: number) =>
  v.optional(
    number("a number of at least 0 and less than 1", (value) => value >= 0 && value < 1),
    preset,
  );
const optimizer = v.lazy(
  (input): v.GenericSchema<unknown, Optimizer> =>
    keyed(input, "kind") === "adam"
      ? object({
          kind: v.literal("adam"),
          learningRate,
          beta1: decay(0.9),
          beta2: decay(0.999),
          epsilon: v.optional(
            number("a number greater than 0", (value) => value > 0),
            1e-8,
          ),
          weightDecay,
        })
      : object({
          kind: v.pipe(
            v.optional(oneOf(["sgd", "adam"]), "sgd"),
            v.transform(() => "sgd" as const),
          ),
          learningRate,
          momentum: decay(0.9),
          weightDecay,
        }),
);
const train = object({
  epochs: v.optional(whole(0, 100_000), 100),
  batch: v.optional(whole(1, 65_536), 256),
  optimizer: v.optional(optimizer, {}),
  limit: samplesLimit,
});
/** A model from a file, or one built and trained; what is left out is the network and the training of Meyes et al. 2019. */
export const model = v.lazy((input) =>
  has(input, "file", "initial")
    ? object({
        file: text("the path of a model file, relative to the study"),
        initial: v.optional(v.nullable(text("the path of a model file, or null")), null),
      })
    : object({ build: v.optional(build, {}), train: v.optional(train, {}) }),
);
