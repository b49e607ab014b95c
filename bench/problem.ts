/** What benchmarks compute: a study's network on its data; by default the embedded digits and a network trained on them. */

import { type ChainSubject, subjectOf } from "../src/ablation/subject.ts";
import { LesionError } from "../src/core/errors.ts";
import type { Dataset, Transform } from "../src/data/dataset.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { defaultStudyDocument } from "../src/study/defaults.ts";
import { type OpenedStudy, openStudy, type StudyFiles } from "../src/study/open-study.ts";
import type { TrainOptions } from "../src/study/study.ts";
import { trainStudy } from "../src/study/train-study.ts";
import { TrainingSets } from "../src/study/training-data.ts";

/** A trained chain with the data it is evaluated on. */
export interface Problem {
  readonly name: string;
  readonly subject: ChainSubject;
  readonly dataset: Dataset;
  readonly transform: Transform;
  readonly seed: number;
}

/** Opens a study, or the default one with two epochs of training. */
export async function openProblem(gpu: Gpu, study: unknown, files: StudyFiles): Promise<Problem> {
  const train = { ...defaultStudyDocument.model.train, epochs: 2 };
  const document = study ?? { ...defaultStudyDocument, model: { ...defaultStudyDocument.model, train } };
  const opened = await openStudy(document, files);
  const { model, seed, name } = opened.study;
  const network = model.train === null ? opened.network : await trained(gpu, opened, model.train, files);
  const subject = subjectOf(network!);
  if (subject.kind === "chain") return { name, subject, dataset: opened.dataset, transform: opened.transform, seed };
  throw new LesionError("unsupported", `the network of ${name} is no chain of dense layers`, {
    where: "--study",
    fix: "Measure it with the benchmark vgg, or give a study of an MLP.",
  });
}

async function trained(gpu: Gpu, opened: OpenedStudy, options: TrainOptions, files: StudyFiles) {
  const data = await new TrainingSets(opened, files, () => {}).of("train", options.limit);
  return trainStudy({ gpu, opened, options, data, checkpoints: null });
}

/** Every unit of the first layer alone, then every pair. */
export function singlesAndPairs(units: number): number[][] {
  const singles = Array.from({ length: units }, (_, unit) => [unit]);
  const pairs = singles.flatMap(([a]) => singles.filter(([b]) => b! > a!).map(([b]) => [a!, b!]));
  return [...singles, ...pairs];
}
