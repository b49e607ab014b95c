/** What names a study in journals: the same for every document that means the same, in this version and in earlier ones. */
import { canonicalJson, sha256 } from "../core/hash.ts";
import type { ModelSource, Study, TrainOptions } from "./study.ts";

/** SHA-256 of a study. Keys that came after the first version count only where they are not at their default; what the report says does not. */
export function hashOfStudy({ site, recover, model, analyses, report: _, ...study }: Study): Promise<string> {
  const later = without({ site, recover, analyses }, { site: "post-activation", recover: null, analyses: [] });
  return sha256(canonicalJson({ ...study, model: modelForHash(model), ...later }));
}

/** A model in the form that hashes are taken of: as the first version wrote it, where it could. */
export function modelForHash(model: ModelSource): unknown {
  if ("file" in model) return without(model, { train: null });
  const { input, layers, init } = model.build;
  return {
    build: {
      input: input.length === 1 ? input[0] : input,
      layers: layers.map((layer) => without(layer, { kind: "dense", batchNorm: false })),
      init,
    },
    train: {
      ...without(model.train, LATER_TRAINING),
      optimizer: without(model.train.optimizer, { nesterov: false }),
    },
  };
}

const LATER_TRAINING = {
  schedule: { kind: "constant" },
  clip: null,
  labelSmoothing: 0,
  batchNorm: "train",
  augment: null,
  checkpoint: 10,
  networks: 1,
} as const satisfies Partial<TrainOptions>;

/** An object without the keys that are at their defaults. */
function without(object: object, defaults: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(object).filter(
    ([key, value]) => !(Object.hasOwn(defaults, key) && canonicalJson(value) === canonicalJson(defaults[key])),
  );
  return Object.fromEntries(entries);
}
