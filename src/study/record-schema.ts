/**
 * What each record of a journal must hold to be used again. Keys that are not listed here pass through, so that a journal
 * of a later version with more measures can still be read, exported and compared.
 */
import * as v from "valibot";

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const counts = v.array(natural);
const measured = {
  samples: v.pipe(natural, v.minValue(1)),
  correct: natural,
  correctTop5: v.exactOptional(natural),
  classCorrectTop5: v.exactOptional(counts),
  // JSON has no NaN or Infinity and writes null: a network that diverged has no finite loss.
  loss: v.exactOptional(v.nullable(v.number())),
  classCorrect: counts,
};
const seen = v.looseObject({ samples: natural, correct: natural, loss: v.nullable(v.number()) });
const coefficient = v.nullable(v.number());
const interval = v.nullable(v.tuple([v.number(), v.number()]));
const error = v.looseObject({ code: v.string(), message: v.string() });
const cost = v.looseObject({ ms: v.nullable(v.number()), macs: v.number(), bytes: v.number() });

/** A record of a journal. */
export const recordSchema = v.variant("type", [
  v.looseObject({
    type: v.literal("run"),
    version: v.literal(1),
    name: v.string(),
    study: v.string(),
    model: v.string(),
    data: v.string(),
    engine: v.string(),
    adapter: v.looseObject({ vendor: v.string(), fallback: v.boolean() }),
    seed: v.number(),
    started: v.string(),
    ablations: natural,
    classNames: v.array(v.string()),
    layers: v.array(
      v.looseObject({
        layer: v.string(),
        layerIndex: natural,
        units: natural,
        kind: v.exactOptional(v.string()),
        coupled: v.exactOptional(v.nullable(v.looseObject({ with: v.array(v.string()), by: v.string() }))),
      }),
    ),
  }),
  v.looseObject({
    type: v.literal("train"),
    epoch: natural,
    epochs: natural,
    network: v.exactOptional(natural),
    loss: v.nullable(v.number()),
    correct: natural,
    samples: natural,
    test: v.exactOptional(seen),
    ms: v.number(),
  }),
  v.looseObject({ type: v.literal("baseline"), ...measured, classSamples: counts }),
  v.looseObject({
    type: v.literal("ablation"),
    sweep: natural,
    index: natural,
    row: natural,
    sites: v.array(v.looseObject({ layer: v.string(), layerIndex: natural, units: v.pipe(counts, v.minLength(1)) })),
    replacement: v.string(),
    ...measured,
    status: v.exactOptional(v.looseObject({ kept: natural, lost: natural, gained: natural, wrong: natural })),
    classLost: v.exactOptional(counts),
    classGained: v.exactOptional(counts),
    noop: v.exactOptional(v.literal("exact")),
    ms: v.number(),
  }),
  v.looseObject({
    type: v.literal("recovery"),
    row: v.nullable(natural),
    sweep: v.exactOptional(natural),
    index: v.exactOptional(natural),
    arm: v.picklist(["all", "after", "layer", "control"]),
    epoch: natural,
    epochs: natural,
    samples: measured.samples,
    correct: natural,
    classCorrect: counts,
    loss: v.nullable(v.number()),
    train: v.exactOptional(seen),
    diverged: v.exactOptional(v.literal(true)),
    ms: v.number(),
  }),
  v.variant("name", [
    v.looseObject({
      type: v.literal("analysis"),
      name: v.literal("recovery"),
      arm: v.picklist(["all", "after", "layer"]),
      n: natural,
      diverged: natural,
      pearson: coefficient,
      spearman: coefficient,
      interval: v.looseObject({ pearson: interval, spearman: interval }),
      regained: v.looseObject({ n: natural, mean: coefficient, median: coefficient }),
    }),
    // What each holds is for those who read it; a run goes on from those that say how far they are.
    v.looseObject({ type: v.literal("analysis"), name: v.string() }),
  ]),
  v.looseObject({ type: v.literal("failure"), row: natural, error }),
  v.looseObject({
    type: v.literal("end"),
    state: v.picklist(["done", "failed", "cancelled"]),
    ablations: natural,
    ms: v.number(),
    macs: v.number(),
    macsSaved: v.number(),
    predicted: cost,
    measured: cost,
    error: v.exactOptional(error),
  }),
]);
