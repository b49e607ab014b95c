/** Networks to begin with, small enough to be trained on the embedded digits while one looks on. */
import { canonicalJson } from "../core/hash.ts";
import { defaultStudyDocument } from "../study/defaults.ts";
import { parseStudy } from "../study/schema.ts";
import type { ModelSource, Study } from "../study/study.ts";

export interface NetworkPreset {
  readonly id: string;
  readonly title: string;
  readonly model: Extract<ModelSource, { build: unknown }>;
}

const conv = (filters: number) => ({ conv: filters, batchNorm: true });

/** Two convolutions with batch norm; each halves the image after it. */
const convolutional = {
  build: {
    input: [28, 28, 1],
    layers: [conv(8), { pool: "max" }, conv(16), { pool: "max" }, { units: 10, bias: true }],
    init: "he",
  },
  train: { epochs: 2, batch: 128, limit: 20_000, optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 } },
};

export const NETWORK_PRESETS: readonly NetworkPreset[] = [
  preset("dense", "small dense network", defaultStudyDocument.model),
  preset("convolutional", "small convolutional network", convolutional),
];

/** The preset whose layers a study builds, however it trains them; null where it builds others. */
export function presetOf({ model }: Pick<Study, "model">): NetworkPreset | null {
  if (!("build" in model)) return null;
  const wanted = canonicalJson(model.build);
  return NETWORK_PRESETS.find(({ model }) => canonicalJson(model.build) === wanted) ?? null;
}

/** With every default filled in. */
function preset(id: string, title: string, document: object): NetworkPreset {
  const { model } = parseStudy({ ...defaultStudyDocument, model: document });
  if (!("build" in model)) throw new TypeError(`${id} builds no network`);
  return { id, title, model };
}
