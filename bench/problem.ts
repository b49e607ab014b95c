/** What benchmarks compute: a study's network on its data; by default the embedded digits and a network trained on them. */
import type { Dataset, Transform } from "../src/data/dataset.ts";
import { Tuner } from "../src/engine/tuner.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { type DenseChain, denseChain } from "../src/network/dense-chain.ts";
import { defaultStudyDocument } from "../src/study/defaults.ts";
import { openStudy, type StudyFiles } from "../src/study/open-study.ts";
import { trainStudy, UNOBSERVED } from "../src/study/train-study.ts";

/** A trained chain with the data it is evaluated on. */
export interface Problem {
  readonly name: string;
  readonly chain: DenseChain;
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
  const network =
    "train" in model ? await trainStudy(gpu, new Tuner(gpu), opened, model.train, files, UNOBSERVED) : opened.network;
  return { name, chain: denseChain(network!), dataset: opened.dataset, transform: opened.transform, seed };
}

/** Every unit of the first layer alone, then every pair. */
export function singlesAndPairs(units: number): number[][] {
  const singles = Array.from({ length: units }, (_, unit) => [unit]);
  const pairs = singles.flatMap(([a]) => singles.filter(([b]) => b! > a!).map(([b]) => [a!, b!]));
  return [...singles, ...pairs];
}
