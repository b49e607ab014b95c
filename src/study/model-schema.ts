/** The part of the study schema that says which network is studied: one from a file, or one that is built. */
import * as v from "valibot";
import { fails, has, isObject, keyed, object, oneOf, text, whole } from "./schema-fields.ts";
import type { BuildLayer, BuildOptions, ModelSource } from "./study.ts";
import { train } from "./training-schema.ts";

const ACTIVATIONS = ["linear", "relu", "leaky-relu", "sigmoid", "tanh", "gelu", "gelu-tanh", "silu"] as const;
const MOST_UNITS = 65_536;
const MOST_STEPS = 4096;

/** A layer whose activation may still be left out, for its default depends on the layers after it. */
type Unfinished<L extends BuildLayer> = L extends { activation: infer A }
  ? Omit<L, "activation"> & { readonly activation?: A | undefined }
  : L;
type LayerSchema = v.GenericSchema<unknown, Unfinished<BuildLayer>>;

const flag = v.optional(v.boolean("true or false"), false);
const units = whole(1, MOST_UNITS);
const steps = whole(1, MOST_STEPS);
const poolOf = oneOf(["max", "average"]);
const activated = { activation: v.optional(oneOf(ACTIVATIONS)), bias: flag, batchNorm: flag };
const convEntries = {
  kernel: v.optional(steps, 3),
  stride: v.optional(steps, 1),
  padding: v.optional(oneOf(["same", "valid"]), "same"),
  ...activated,
};
const poolEntries = { size: v.optional(steps, 2), stride: v.optional(steps) };
/** Windows of a pooling layer stand side by side unless it says otherwise. */
const sideBySide = ({
  pool,
  size,
  stride,
}: {
  pool: "max" | "average";
  size: number;
  stride?: number | undefined;
}) => ({
  kind: "pool" as const,
  pool,
  size,
  stride: stride ?? size,
});

const dense = object({ kind: v.optional(v.literal("dense"), "dense"), units, ...activated });
const pooling = v.pipe(
  object({ kind: v.literal("pool"), pool: poolOf, ...poolEntries }),
  v.transform((given) => sideBySide(given)),
);
const byKind: Readonly<Record<BuildLayer["kind"], LayerSchema>> = {
  dense,
  conv: object({ kind: v.literal("conv"), filters: units, ...convEntries }),
  pool: pooling,
  "global-pool": object({ kind: v.literal("global-pool"), pool: poolOf }),
};
const LAYERS = '{ "units": 10 }, { "conv": 32 }, { "pool": "max" } or { "globalPool": "average" }';

/** A layer by what it is: `{ "units": 10 }`, `{ "conv": 32 }`, `{ "pool": "max" }`, `{ "globalPool": "average" }`; or with its kind. */
const layer = v.lazy((input): LayerSchema => {
  if (!isObject(input)) return fails(LAYERS);
  if (has(input, "kind")) {
    const kind = keyed(input, "kind");
    if (typeof kind === "string" && Object.hasOwn(byKind, kind)) return byKind[kind as BuildLayer["kind"]];
    return v.looseObject({ kind: oneOf(["dense", "conv", "pool", "global-pool"]) }) as unknown as LayerSchema;
  }
  if (has(input, "conv")) {
    return v.pipe(
      object({ conv: units, ...convEntries }),
      v.transform(({ conv, ...layer }) => ({ kind: "conv" as const, filters: conv, ...layer })),
    );
  }
  if (has(input, "pool")) return v.pipe(object({ pool: poolOf, ...poolEntries }), v.transform(sideBySide));
  if (has(input, "globalPool")) {
    return v.pipe(
      object({ globalPool: poolOf }),
      v.transform(({ globalPool }) => ({ kind: "global-pool" as const, pool: globalPool })),
    );
  }
  return dense;
});

/** Rectified, but for the last layer that has units: its numbers are the classes' logits. */
function finished(layers: readonly Unfinished<BuildLayer>[]): BuildLayer[] {
  const last = layers.findLastIndex(({ kind }) => kind === "dense" || kind === "conv");
  return layers.map((layer, index): BuildLayer => {
    if (layer.kind === "pool" || layer.kind === "global-pool") return layer;
    return { ...layer, activation: layer.activation ?? (index === last ? "linear" : "relu") };
  });
}

const INPUT = "a whole number, or an array of height, width and channels";
const side = whole(1, 16_777_216);
const input = v.lazy(
  (given): v.GenericSchema<unknown, readonly number[]> =>
    Array.isArray(given)
      ? v.pipe(
          v.array(side),
          v.check(({ length }) => length === 1 || length === 3, INPUT),
        )
      : v.pipe(
          whole(1, 16_777_216, INPUT),
          v.transform((size) => [size]),
        ),
);
const build = v.pipe(
  object({
    input: v.optional(input, 784),
    layers: v.optional(v.pipe(v.array(layer, "an array of layers"), v.nonEmpty("at least one layer")), [
      { units: 20 },
      { units: 10 },
      { units: 10 },
    ]),
    init: v.optional(oneOf(["pytorch", "glorot", "he"]), "pytorch"),
  }),
  v.transform(({ input, layers, init }): BuildOptions => ({ input, layers: finished(layers), init })),
);

/** A model from a file, or one built and trained; what is left out is the network and the training of Meyes et al. 2019. */
export const model = v.lazy(
  (given): v.GenericSchema<unknown, ModelSource> =>
    has(given, "file", "initial")
      ? object({
          file: text("the path of a model file, relative to the study"),
          initial: v.optional(v.nullable(text("the path of a model file, or null")), null),
          train: v.optional(v.nullable(train), null),
        })
      : object({ build: v.optional(build, {}), train: v.optional(train, {}) }),
);
