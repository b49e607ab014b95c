/** The samples that a study trains on: read once, whether a network is built from them, recovers on them, or both. */
import { LesionError } from "../core/errors.ts";
import { type DigitsProgress, openDataset } from "../data/find.ts";
import { channelsOf, transformOf } from "../data/transform.ts";
import type { TrainingData } from "../engine/training/trainer-interface.ts";
import type { OpenedStudy, StudyFiles } from "./open-study.ts";
import type { Study } from "./study.ts";

type Split = Study["data"]["split"];

export class TrainingSets {
  readonly #opened: OpenedStudy;
  readonly #files: StudyFiles;
  readonly #making: DigitsProgress;
  readonly #open = new Map<Split, Promise<TrainingData>>();

  /** `making` is told while digits are made; what it throws ends that. */
  constructor(opened: OpenedStudy, files: StudyFiles, making: DigitsProgress) {
    this.#opened = opened;
    this.#files = files;
    this.#making = making;
  }

  /** The first `limit` samples of a split; null: all. Throws as `openDataset` does. */
  async of(split: Split, limit: number | null): Promise<TrainingData> {
    const known = this.#open.get(split) ?? this.#read(split);
    this.#open.set(split, known);
    known.catch(() => this.#open.delete(split));
    const whole = await known;
    return { ...whole, samples: Math.min(limit ?? Infinity, whole.samples) };
  }

  async #read(split: Split): Promise<TrainingData> {
    const { study, dataset, transform } = this.#opened;
    const limit = mostSamples(study, split);
    if (split === study.data.split && limit === study.data.limit) {
      return { dataset, transform, samples: dataset.samples };
    }
    const { available, bytesOf } = this.#files;
    const read = await openDataset({ ...study.data, split, limit }, bytesOf, available, this.#making);
    return { dataset: read, transform: transformOf(study.data, channelsOf(read)), samples: read.samples };
  }
}

/** What a study's own data are evaluated as. */
export function testData({ dataset, transform }: OpenedStudy): TrainingData {
  return { dataset, transform, samples: dataset.samples };
}

/** Searches for gains that train something. */
const isTrained = (method: string) => method === "gains" || method === "control";

/** The most samples that a study trains on of a split; null: all. */
function mostSamples({ model, recover, analyses }: Study, split: Split): number | null {
  const limits: (number | null)[] = [];
  if (model.train && split === "train") limits.push(model.train.limit);
  if (recover && recover.data.split === split) limits.push(recover.data.limit);
  const trains = analyses.some((each) => each.analyse === "gain-search" && each.methods.some(isTrained));
  // What such a search trains goes through the samples of the study's own training, where it has one.
  if (trains && split === "train" && !model.train) limits.push(null);
  if (limits.length === 0) throw new LesionError("internal", `the study trains on no ${split} samples`);
  return limits.includes(null) ? null : Math.max(...limits.map((limit) => limit ?? 0));
}
