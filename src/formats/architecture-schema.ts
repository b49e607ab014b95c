/**
 * The schema of an architecture document: the layers of a network whose weights are in a file that has weights alone.
 * Each check's message is the phrase for what is wanted; `architecture.ts` makes the sentence of it.
 */
import * as v from "valibot";
import type { Activation, ActivationKind } from "../network/network.ts";

/** An object with these keys and no others. An unknown key's message is the known keys, as a JSON array. */
function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  const unknownKey = JSON.stringify(Object.keys(entries));
  return v.strictObject(entries, (issue) => (issue.expected === "never" ? unknownKey : "an object"));
}
const whole = (least: number, most: number, wanted = `a whole number from ${least} to ${most}`) =>
  v.pipe(v.number(wanted), v.integer(wanted), v.minValue(least, wanted), v.maxValue(most, wanted));
const number = v.pipe(v.number("a finite number"), v.finite("a finite number"));
const text = (wanted: string) => v.pipe(v.string(wanted), v.nonEmpty(wanted));
const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `one of ${options.map((option) => `"${option}"`).join(", ")}`);
const list = <const Item extends v.GenericSchema>(item: Item, wanted: string) =>
  v.pipe(v.array(item, wanted), v.maxLength(MOST_ITEMS, wanted));
/** Tries the schema that fits the value's form, so that the error is about what was meant. */
const byForm = <Output>(form: (input: unknown) => v.GenericSchema<unknown, Output>) => v.lazy(form);

const MOST_ITEMS = 100_000;
/** Most rows or columns of a window, and its steps; far above what networks have. */
const MOST_STEPS = 65_536;
const MOST_AXES = 8;

const isObject = (input: unknown) => typeof input === "object" && input !== null && !Array.isArray(input);

/** Rows and columns: one number for both, or two. */
const pair = (least: number) => {
  const one = whole(least, MOST_STEPS);
  return byForm<readonly [number, number]>((input) =>
    Array.isArray(input)
      ? v.tuple([one, one], `two whole numbers, rows and columns`)
      : v.pipe(
          one,
          v.transform((size) => [size, size] as const),
        ),
  );
};

/** Zeros around an image: one number, [rows, columns], all four, "same" (stride 1) or "valid". */
const padding = byForm<Padding>((input) => {
  if (typeof input === "string") return oneOf(["same", "valid"]);
  if (!isObject(input))
    return v.pipe(
      pair(0),
      v.transform(([y, x]) => ({ top: y, left: x, bottom: y, right: x })),
    );
  const side = v.optional(whole(0, MOST_STEPS), 0);
  return object({ top: side, left: side, bottom: side, right: side });
});
export type Padding =
  | "same"
  | "valid"
  | { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number };

/** Numbers that a kind takes where it is given by name alone: PyTorch's. */
const ACTIVATIONS = {
  linear: {},
  relu: {},
  "leaky-relu": { alpha: 0.01 },
  sigmoid: {},
  tanh: {},
  gelu: {},
  "gelu-tanh": {},
  silu: {},
  clip: { alpha: 0, beta: 6 },
  "hard-sigmoid": { alpha: 1 / 6, beta: 0.5 },
  "hard-swish": {},
  elu: { alpha: 1 },
} as const satisfies Readonly<Record<ActivationKind, { readonly alpha?: number; readonly beta?: number }>>;
const activationKind = oneOf([...(Object.keys(ACTIVATIONS) as ActivationKind[]), "relu6"] as const);

/** An activation by its name, or with its numbers. */
const activation = byForm<Activation>((input) =>
  v.pipe(
    isObject(input)
      ? object({ kind: activationKind, alpha: v.optional(number), beta: v.optional(number) })
      : v.pipe(
          activationKind,
          v.transform((kind) => ({ kind })),
        ),
    v.transform((given: { kind: ActivationKind | "relu6"; alpha?: number | undefined; beta?: number | undefined }) => {
      const kind = given.kind === "relu6" ? "clip" : given.kind;
      const presets: { readonly alpha?: number; readonly beta?: number } = ACTIVATIONS[kind];
      const beta = given.beta ?? presets.beta;
      return { kind, alpha: given.alpha ?? presets.alpha ?? 0, ...(beta === undefined ? {} : { beta }) };
    }),
  ),
);
const optionalActivation = v.optional(activation, "linear");

const name = text("the layer's name");
const tensor = text("the name of a tensor");
const sizes = v.pipe(list(whole(1, 2 ** 31 - 1), "an array of sizes"), v.maxLength(MOST_AXES, "at most 8 sizes"));
const axis = whole(0, MOST_AXES - 1);
const perAxis = (item: v.GenericSchema<unknown, number>) =>
  v.pipe(list(item, "an array of whole numbers"), v.maxLength(MOST_AXES, "at most 8 numbers"));
const steps = perAxis(whole(-(2 ** 31), 2 ** 31 - 1));
const common = { name, inputs: v.optional(list(text("the name of a layer"), "an array of names of layers")) };
/** Weights, and what is added to the products: null for nothing; left out: the tensor NAME.bias where there is one. */
const products = { weight: v.optional(tensor), bias: v.optional(v.nullable(tensor)), activation: optionalActivation };
const windows = { padding: v.optional(padding, 0), dilation: v.optional(pair(1), 1) };

const LAYERS = [
  object({ kind: v.literal("dense"), ...common, ...products }),
  object({
    kind: v.literal("conv2d"),
    ...common,
    ...products,
    ...windows,
    stride: v.optional(pair(1), 1),
    groups: v.optional(whole(1, 2 ** 24), 1),
  }),
  object({
    kind: v.literal("pool2d"),
    ...common,
    ...windows,
    pool: oneOf(["max", "average"]),
    kernel: pair(1),
    stride: v.optional(pair(1)),
    ceilMode: v.optional(v.boolean("true or false"), false),
    countIncludePad: v.optional(v.boolean("true or false"), true),
  }),
  object({ kind: v.literal("global-pool"), ...common, pool: v.optional(oneOf(["max", "average"]), "average") }),
  object({
    kind: v.literal("batch-norm"),
    ...common,
    weight: v.optional(v.nullable(tensor)),
    bias: v.optional(v.nullable(tensor)),
    mean: v.optional(tensor),
    variance: v.optional(tensor),
    epsilon: v.optional(
      v.pipe(
        number,
        v.check((value) => value >= 0, "a number of at least 0"),
      ),
      1e-5,
    ),
  }),
  object({
    kind: v.literal("scale"),
    ...common,
    scale: v.optional(tensor),
    shift: v.optional(tensor),
    activation: optionalActivation,
  }),
  object({ kind: v.literal("bias"), ...common, bias: v.optional(tensor) }),
  ...(["add", "subtract", "multiply", "divide"] as const).map((kind) =>
    object({ kind: v.literal(kind), ...common, activation: optionalActivation }),
  ),
  object({ kind: v.literal("constant"), ...common, tensor: v.optional(tensor) }),
  object({ kind: v.literal("concat"), ...common, axis: v.optional(axis) }),
  object({
    kind: v.literal("lrn"),
    ...common,
    size: whole(1, MOST_STEPS),
    alpha: v.optional(number, 1e-4),
    beta: v.optional(number, 0.75),
    bias: v.optional(number, 1),
  }),
  object({
    kind: v.literal("pad"),
    ...common,
    before: steps,
    after: steps,
    mode: v.optional(oneOf(["constant", "edge", "reflect", "wrap"]), "constant"),
    value: v.optional(number, 0),
  }),
  object({ kind: v.literal("slice"), ...common, starts: steps, steps, sizes }),
  object({ kind: v.literal("transpose"), ...common, axes: perAxis(axis) }),
  object({ kind: v.literal("reshape"), ...common, shape: sizes }),
  object({ kind: v.literal("flatten"), ...common, order: v.optional(oneOf(["channels-first", "channels-last"])) }),
  object({ kind: v.literal("activation"), ...common, activation }),
  object({ kind: v.literal("softmax"), ...common, log: v.optional(v.boolean("true or false"), false) }),
  ...(["dropout", "identity"] as const).map((kind) => object({ kind: v.literal(kind), ...common })),
] as const;

const KINDS = LAYERS.map((layer) => layer.entries.kind.literal);
const unknownKind = object({ kind: oneOf(KINDS) });

/** One layer; the schema is that of its kind. */
const layer = v.lazy((input): v.GenericSchema<unknown, ArchitectureLayer> => {
  if (!isObject(input)) return v.custom<never>(() => false, "an object with a kind and a name");
  const { kind } = input as { readonly kind?: unknown };
  const schema = LAYERS.find(({ entries }) => entries.kind.literal === kind);
  return (schema ?? v.looseObject({ kind: unknownKind.entries.kind })) as v.GenericSchema<unknown, ArchitectureLayer>;
});
export type ArchitectureLayer = v.InferOutput<(typeof LAYERS)[number]>;

export const architectureSchema = object({
  format: v.literal("lesion-architecture", '"lesion-architecture"'),
  version: v.literal(1, "1, the version of the format"),
  name: v.optional(text("a name")),
  input: v.pipe(sizes, v.nonEmpty("an array of at least one size")),
  inputName: v.optional(text("the name of the input"), "input"),
  tensors: v.optional(text("the name of a safetensors file")),
  layout: v.optional(oneOf(["pytorch", "lesion"]), "pytorch"),
  layers: v.pipe(list(layer, "an array of layers"), v.nonEmpty("at least one layer")),
  outputs: v.optional(
    v.pipe(list(text("the name of a layer"), "an array of names of layers"), v.nonEmpty("at least one name")),
  ),
});
export type Architecture = v.InferOutput<typeof architectureSchema>;
