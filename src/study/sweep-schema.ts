/** The part of the study schema that says what is switched off, and what takes its place. */
import * as v from "valibot";
import { nearest } from "../core/nearest.ts";
import { PREDICTORS } from "./predictor-names.ts";
import { replacementText } from "./replacement.ts";
import {
  COUNT_MAX,
  fails,
  failsAt,
  float32,
  has,
  isObject,
  keyed,
  number,
  object,
  oneOf,
  REMEDY,
  text,
  unique,
  whole,
} from "./schema-fields.ts";
import type { LayerChoice, Replacement, Sweep, UnitGrouping } from "./study.ts";

const factor = float32();
const sigma = float32("a number greater than 0, within the range of float32", (value) => value > 0);
const NAMED = ["zero", "mean", "class-mean", "resample", "optimal"] as const;
const REPLACEMENTS = `${NAMED.map((name) => `"${name}"`).join(", ")}, { "constant": 0.5 }, { "scale": 0.5 } or { "noise": 1 }`;
const byKind: Readonly<Record<string, v.GenericSchema<unknown, Replacement>>> = {
  ...Object.fromEntries(NAMED.map((kind) => [kind, object({ kind: v.literal(kind) })])),
  constant: object({ kind: v.literal("constant"), value: float32() }),
  scale: object({ kind: v.literal("scale"), factor }),
  noise: object({ kind: v.literal("noise"), sigma }),
};

/** A replacement: its name, its short form such as `{ "constant": 0.5 }`, or with its kind. */
export const replacement = v.lazy((input): v.GenericSchema<unknown, Replacement> => {
  const name = NAMED.find((named) => named === input);
  if (name !== undefined) {
    return v.pipe(
      v.literal(name),
      v.transform((kind) => ({ kind })),
    );
  }
  if (has(input, "kind")) {
    const kind = keyed(input, "kind");
    return byKind[String(kind)] ?? failsAt("kind", `one of "${Object.keys(byKind).join('", "')}"`);
  }
  if (has(input, "constant")) {
    return v.pipe(
      object({ constant: float32() }),
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
export const layers = v.lazy(
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
const shares = v.pipe(
  v.array(fraction, "an array of fractions"),
  v.nonEmpty("at least one fraction"),
  v.check((items) => unique(items), "each fraction once"),
);
const ownEntries = {
  replacement: v.exactOptional(replacement),
  replacements: v.exactOptional(
    v.pipe(
      v.array(replacement, 'an array of replacements, such as ["zero", "mean"]'),
      v.nonEmpty("at least one replacement"),
      v.check((items) => unique(items.map((each) => replacementText(each))), "each replacement once"),
    ),
  ),
  site: v.exactOptional(place),
};
const draws = v.optional(whole(1, 1_000_000), 1);
const adaptive = object({
  top: v.optional(whole(1, COUNT_MAX), 10),
  by: v.optional(oneOf(["loss", "accuracy"]), "loss"),
  confidence: v.optional(
    number("a confidence between 0.5 and 1", (value) => value > 0.5 && value < 1),
    0.95,
  ),
  first: v.optional(v.nullable(whole(2, COUNT_MAX)), null),
  growth: v.optional(
    number("a number greater than 1", (value) => value > 1),
    1.5,
  ),
});
/** The orders that units of a layer can go in. */
const ORDERS = ["random", "greedy-least", "greedy-most", "measured", "measured-class", ...PREDICTORS] as const;
const SIMILARITIES = [
  "weights-l2",
  "weights-l2-normalized",
  "weights-cosine",
  "weights-correlation",
  "activation-correlation",
  "activation-cka",
] as const;
const seeds = v.optional(
  v.lazy((input) => (input === "all" ? v.literal("all") : whole(1, COUNT_MAX, '"all", or a number of units'))),
  "all",
);
const groupings = {
  nearest: object({ kind: v.literal("nearest"), seeds }),
  agglomerative: object({
    kind: v.literal("agglomerative"),
    linkage: v.optional(oneOf(["average", "complete", "ward"]), "average"),
  }),
  "k-medoids": object({ kind: v.literal("k-medoids") }),
  threshold: object({
    kind: v.literal("threshold"),
    thresholds: v.pipe(
      v.array(number(), "an array of similarities"),
      v.nonEmpty("at least one similarity"),
      v.check((items) => unique(items), "each similarity once"),
    ),
    seeds,
  }),
} satisfies Record<UnitGrouping["kind"], v.GenericSchema<unknown, UnitGrouping>>;
/** How units become groups: its name, or an object with its kind. */
const grouping = v.lazy((input): v.GenericSchema<unknown, UnitGrouping> => {
  const kind = typeof input === "string" ? input : keyed(input, "kind");
  const known = Object.keys(groupings).filter((name) => isObject(input) || name !== "threshold");
  const named = `one of "${known.join('", "')}"`;
  const wanted = isObject(input) ? named : `${named}, or { "kind": "threshold", "thresholds": [0.5] }`;
  if (typeof kind !== "string" || !known.includes(kind))
    return isObject(input) ? failsAt("kind", wanted) : fails(wanted);
  const schema: v.GenericSchema<unknown, UnitGrouping> = groupings[kind as UnitGrouping["kind"]];
  return typeof input === "string"
    ? v.pipe(
        v.unknown(),
        v.transform(() => ({ kind })),
        schema,
      )
    : schema;
});
const sweepEntries = { layers: v.optional(layers, "all"), ...ownEntries };
const similarEntries = {
  ablate: v.literal("similar"),
  ...sweepEntries,
  similarity: v.optional(oneOf(SIMILARITIES), "weights-cosine"),
  grouping: v.optional(grouping, "nearest"),
  fractions: v.optional(shares, [0.01, 0.05, 0.1, 0.2, 0.25, 0.5]),
  controls: v.optional(
    v.pipe(
      v.array(oneOf(["random", "dissimilar"]), 'an array of "random" and "dissimilar"'),
      v.check((items) => unique(items), "each control once"),
    ),
    ["random", "dissimilar"],
  ),
};
const sweepsByKind = {
  "each-unit": object({ ablate: v.literal("each-unit"), ...sweepEntries, adaptive: v.exactOptional(adaptive) }),
  pairs: object({
    ablate: v.literal("pairs"),
    ...sweepEntries,
    across: v.exactOptional(v.boolean("true or false")),
  }),
  sets: object({
    ablate: v.literal("sets"),
    sets: v.pipe(v.array(set, "an array of sets"), v.nonEmpty("at least one set")),
    ...ownEntries,
  }),
  fraction: object({
    ablate: v.literal("fraction"),
    ...sweepEntries,
    fractions: shares,
    draws,
    choose: v.optional(oneOf(["random"]), "random"),
  }),
  "whole-layer": object({ ablate: v.literal("whole-layer"), ...sweepEntries }),
  cumulative: object({
    ablate: v.literal("cumulative"),
    ...sweepEntries,
    order: v.optional(oneOf(ORDERS), "random"),
    from: v.optional(oneOf(["most", "least"]), "most"),
    draws,
    points: v.optional(v.nullable(whole(1, COUNT_MAX, "a number of points of at least 1, or null")), null),
  }),
  "keep-only": object({
    ablate: v.literal("keep-only"),
    ...sweepEntries,
    order: v.optional(oneOf(ORDERS), "measured"),
    keep: v.pipe(
      v.array(whole(0, COUNT_MAX, "a number of units"), "an array of numbers of units"),
      v.nonEmpty("at least one number of units"),
      v.check((items) => unique(items), "each number once"),
    ),
    draws,
  }),
  similar: object(similarEntries),
} satisfies Record<Sweep["ablate"], v.GenericSchema<unknown, Sweep>>;
/** Of groups by a threshold, which have no shares. */
const thresholdSweep = object({
  ...similarEntries,
  fractions: v.optional(
    v.array(
      fails(`no fraction: a threshold says how large its groups are${REMEDY}Leave fractions out.`),
      "no fractions",
    ),
    [],
  ),
});
/** The key of a sweep that has no effect beside another one, with the message for it; null where there is none. */
function withoutEffect(kind: Sweep["ablate"], input: object): readonly [key: string, wanted: string] | null {
  if (has(input, "replacement") && has(input, "replacements"))
    return ["replacements", 'one of both: "replacement", or several "replacements"'];
  if (kind !== "cumulative" && kind !== "keep-only") return null;
  const order = keyed(input, "order") ?? (kind === "cumulative" ? "random" : "measured");
  const draws = keyed(input, "draws");
  if (order !== "random" && typeof draws === "number" && draws > 1)
    return ["draws", `1, for only the order "random" is drawn${REMEDY}Leave draws out, or choose the order "random".`];
  return null;
}

/** A sweep, told apart by `ablate`. */
export const sweep = v.lazy((input): v.GenericSchema<unknown, Sweep> => {
  const kinds = Object.keys(sweepsByKind);
  if (!isObject(input)) {
    const meant = typeof input === "string" ? nearest(input, kinds) : null;
    return fails(`an object such as { "ablate": "${meant ?? "each-unit"}" }`);
  }
  const kind = keyed(input, "ablate");
  if (typeof kind !== "string" || !Object.hasOwn(sweepsByKind, kind))
    return failsAt("ablate", `one of "${kinds.join('", "')}"`);
  const refused = withoutEffect(kind as Sweep["ablate"], input);
  if (refused) return failsAt(...refused);
  if (kind === "similar" && keyed(keyed(input, "grouping"), "kind") === "threshold") return thresholdSweep;
  return sweepsByKind[kind as Sweep["ablate"]];
});
