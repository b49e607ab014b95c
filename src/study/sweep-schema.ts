/** The part of the study schema that says what is switched off, and what takes its place. */
import * as v from "valibot";
import {
  COUNT_MAX,
  fails,
  failsAt,
  has,
  isObject,
  keyed,
  NOT_AVAILABLE,
  notAvailable,
  number,
  object,
  oneOf,
  text,
  unique,
  whole,
} from "./schema-fields.ts";
import type { LayerChoice, Replacement, Sweep } from "./study.ts";

const factor = number();
const sigma = number("a number greater than 0", (value) => value > 0);
const REPLACEMENTS = '"zero", "mean", { "constant": 0.5 }, { "scale": 0.5 } or { "noise": 1 }';
const byKind: Readonly<Record<string, v.GenericSchema<unknown, Replacement>>> = {
  zero: object({ kind: v.literal("zero") }),
  mean: object({ kind: v.literal("mean") }),
  constant: object({ kind: v.literal("constant"), value: number() }),
  scale: object({ kind: v.literal("scale"), factor }),
  noise: object({ kind: v.literal("noise"), sigma }),
};
const isPlanned = (kind: unknown) => kind === "class-mean" || kind === "resample" || kind === "optimal";

/** A replacement: its name, its short form such as `{ "constant": 0.5 }`, or with its kind. */
export const replacement = v.lazy((input): v.GenericSchema<unknown, Replacement> => {
  if (input === "zero" || input === "mean")
    return v.pipe(
      v.literal(input),
      v.transform((kind) => ({ kind })),
    );
  if (isPlanned(input) || has(input, "class-mean", "resample", "optimal")) return notAvailable;
  if (has(input, "kind")) {
    const kind = keyed(input, "kind");
    if (isPlanned(kind)) return failsAt("kind", NOT_AVAILABLE);
    return byKind[String(kind)] ?? failsAt("kind", `one of "${Object.keys(byKind).join('", "')}"`);
  }
  if (has(input, "constant")) {
    return v.pipe(
      object({ constant: number() }),
      v.transform(({ constant }) => ({ kind: "constant" as const, value: constant })),
    );
  }
  if (has(input, "scale")) {
    return v.pipe(
      object({ scale: factor }),
      v.transform(({ scale }) => ({ kind: "scale" as const, factor: scale })),
    );
  }
  if (has(input, "noise")) {
    return v.pipe(
      object({ noise: sigma }),
      v.transform(({ noise }) => ({ kind: "noise" as const, sigma: noise })),
    );
  }
  return fails(REPLACEMENTS);
});

/** Where a replacement takes place. */
export const place = oneOf(["post-activation", "pre-activation"]);

const layerName = v.lazy(
  (input): v.GenericSchema<unknown, string | number> =>
    typeof input === "number"
      ? whole(0, COUNT_MAX, "a layer's name or its index from 0")
      : text("a layer's name or its index from 0"),
);
const layers = v.lazy(
  (input): v.GenericSchema<unknown, LayerChoice> =>
    input === "all"
      ? v.literal("all")
      : v.pipe(
          v.array(layerName, '"all", or an array of layer names or indices'),
          v.nonEmpty("at least one layer"),
          v.check((items) => unique(items), "each layer once"),
        ),
);
const site = object({
  layer: layerName,
  units: v.pipe(
    v.array(whole(0, COUNT_MAX, "a unit's index from 0"), "an array of unit indices"),
    v.nonEmpty("at least one unit: a mask that names nothing measures nothing"),
    v.check((items) => unique(items), "each unit once"),
  ),
});
const set = v.pipe(
  v.array(site, "an array of { layer, units }"),
  v.nonEmpty("at least one site: a mask that names nothing measures nothing"),
);
const fraction = number("a number greater than 0 and at most 1", (value) => value > 0 && value <= 1);
const ownEntries = { replacement: v.exactOptional(replacement), site: v.exactOptional(place) };
const sweepEntries = { layers: v.optional(layers, "all"), ...ownEntries };
const sweepsByKind = {
  "each-unit": object({ ablate: v.literal("each-unit"), ...sweepEntries }),
  pairs: object({ ablate: v.literal("pairs"), ...sweepEntries }),
  sets: object({
    ablate: v.literal("sets"),
    sets: v.pipe(v.array(set, "an array of sets"), v.nonEmpty("at least one set")),
    ...ownEntries,
  }),
  fraction: object({
    ablate: v.literal("fraction"),
    ...sweepEntries,
    fractions: v.pipe(v.array(fraction, "an array of fractions"), v.nonEmpty("at least one fraction")),
    draws: v.optional(whole(1, 1_000_000), 1),
    choose: v.optional(oneOf(["random"]), "random"),
  }),
} satisfies Record<Sweep["ablate"], v.GenericSchema<unknown, Sweep>>;
/** A sweep, told apart by `ablate`. */
export const sweep = v.lazy((input): v.GenericSchema<unknown, Sweep> => {
  if (!isObject(input)) return fails('an object such as { "ablate": "each-unit" }');
  const kind = keyed(input, "ablate");
  if (typeof kind === "string" && Object.hasOwn(sweepsByKind, kind)) return sweepsByKind[kind as Sweep["ablate"]];
  return failsAt("ablate", `one of "${Object.keys(sweepsByKind).join('", "')}"`);
});
