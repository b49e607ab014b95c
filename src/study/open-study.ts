/** From a study document and files to what can be run: network, data, ablations, and the hashes that name them. */
import { type Subject, subjectOf } from "../ablation/subject.ts";
import { LesionError } from "../core/errors.ts";
import { canonicalJson, sha256 } from "../core/hash.ts";
import { type Dataset, featuresOf, type Transform } from "../data/dataset.ts";
import { type DigitsProgress, openDataset } from "../data/find.ts";
import { channelsOf, transformOf } from "../data/transform.ts";
import { initialNetwork } from "../engine/initial.ts";
import { readModel } from "../formats/read-model.ts";
import type { Network } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import { assertFits } from "./assert-fits.ts";
import { type AblationList, expand } from "./expand.ts";
import { parseStudy } from "./schema.ts";
import type { Study } from "./study.ts";
import { hashOfStudy, modelForHash } from "./study-hash.ts";

/** Where files come from; paths are as the study names them. */
export interface StudyFiles {
  readonly available: readonly string[];
  bytesOf(path: string): Promise<Uint8Array>;
}

/** A study with its network (untrained, where the study trains it) and its data in memory. */
export interface OpenedStudy {
  readonly study: Study;
  readonly studyHash: string;
  readonly network: Network;
  /** The same network before training, where the study names a file of it and asks anything of it. */
  readonly initial: Network | null;
  readonly subject: Subject;
  readonly modelHash: string;
  readonly dataset: Dataset;
  readonly transform: Transform;
  /** The baseline's own transform, or null. */
  readonly baselineTransform: Transform | null;
  readonly dataHash: string;
  readonly ablations: AblationList;
}

/** Opens all that a study names. Throws `bad-study`, `bad-file`, `bad-model`, `bad-data`, `not-found`, `unsupported`. */
export async function openStudy(
  document: unknown,
  files: StudyFiles,
  progress: DigitsProgress = () => {},
): Promise<OpenedStudy> {
  const study = parseStudy(document);
  const { network, modelHash } = await openModel(study, files);
  const subject = subjectOf(network);
  const ablations = expand(study, subject.ablatable, subject.classes);
  assertFits(study, subject.ablatable, ablations.count);
  const initial = await openInitial(study, files);
  const dataset = await openDataset(study.data, files.bytesOf, files.available, progress);
  const { classes, input } = subject;
  if (featuresOf(dataset) !== sizeOf(input)) {
    const [given, read] = [dataset.shape, input].map(
      (shape) => `${sizeOf(shape)} numbers a sample (${shape.join(" x ")})`,
    );
    throw new LesionError("bad-data", `the data has ${given}; the network reads ${read}`, {
      where: "data",
      fix: "Choose the data that the network was trained on, resized and cropped to the size that it reads.",
    });
  }
  if (dataset.classes > classes) {
    throw new LesionError("bad-data", `the data has ${dataset.classes} classes; the network tells ${classes} apart`, {
      where: "data",
      fix: "Choose the data that the network was trained on.",
    });
  }
  const channels = channelsOf(dataset);
  return {
    study,
    studyHash: await hashOfStudy(study),
    network,
    initial,
    subject,
    modelHash,
    dataset,
    transform: transformOf(study.data, channels),
    baselineTransform: study.baselineData && transformOf(study.baselineData, channels),
    dataHash: await dataset.hash(dataset.samples),
    ablations,
  };
}

/** The network before training; null where nothing is compared with it. */
function openInitial({ model, analyses, sweeps }: Study, files: StudyFiles): Promise<Network | null> {
  const isAsked = analyses.length > 0 || sweeps.some((sweep) => "order" in sweep);
  if (!("file" in model) || model.initial === null || !isAsked) return Promise.resolve(null);
  return readModel(model.initial, files);
}

/** The study's network: read from its file, or built with initial weights. */
async function openModel(study: Study, files: StudyFiles): Promise<{ network: Network; modelHash: string }> {
  const { model, seed } = study;
  if ("build" in model) {
    const network = initialNetwork(study.name, model.build, seed);
    return { network, modelHash: await sha256(canonicalJson({ model: modelForHash(model), seed })) };
  }
  const read = new Map<string, string>();
  const network = await readModel(model.file, {
    available: files.available,
    bytesOf: async (path) => {
      const bytes = await files.bytesOf(path);
      read.set(path, await sha256(bytes));
      return bytes;
    },
  });
  return { network, modelHash: await hashOfModel(read) };
}

/** Of the one file that was read its own hash; of several, a hash of theirs, whatever their folder is called. */
async function hashOfModel(read: ReadonlyMap<string, string>): Promise<string> {
  const [first, ...others] = read.values();
  if (first !== undefined && others.length === 0) return first;
  const named = Array.from(read, ([path, hash]) => [path.slice(path.lastIndexOf("/") + 1), hash]);
  return sha256(canonicalJson(named.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))));
}
