/** From a study document and files to what can be run: network, data, ablations, and the hashes that name them. */
import { LesionError } from "../core/errors.ts";
import { canonicalJson, sha256 } from "../core/hash.ts";
import { type Dataset, featuresOf, type Transform } from "../data/dataset.ts";
import { type DigitsProgress, openDataset } from "../data/find.ts";
import { channelsOf, transformOf } from "../data/transform.ts";
import { initialNetwork } from "../engine/initial.ts";
import { readModel } from "../formats/read-model.ts";
import { type DenseChain, denseChain } from "../network/dense-chain.ts";
import type { Network } from "../network/network.ts";
import { type AblationList, expand } from "./expand.ts";
import { parseStudy } from "./schema.ts";
import type { Study } from "./study.ts";

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
  readonly chain: DenseChain;
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
  const chain = denseChain(network);
  const ablations = expand(study, chain.ablatable);
  const dataset = await openDataset(study.data, files.bytesOf, files.available, progress);
  const classes = chain.stages.at(-1)!.outFeatures;
  if (featuresOf(dataset) !== chain.features) {
    throw new LesionError(
      "bad-data",
      `the data has ${featuresOf(dataset)} numbers a sample (${dataset.shape.join(" x ")}); the network reads ${chain.features}`,
      { where: "data", fix: "Choose the data that the network was trained on." },
    );
  }
  if (dataset.classes > classes) {
    throw new LesionError("bad-data", `the data has ${dataset.classes} classes; the network tells ${classes} apart`, {
      where: "data",
      fix: "Choose the data that the network was trained on.",
    });
  }
  const channels = channelsOf(dataset);
  const { values, labels } = dataset;
  return {
    study,
    studyHash: await sha256(canonicalJson(study)),
    network,
    chain,
    modelHash,
    dataset,
    transform: transformOf(study.data, channels),
    baselineTransform: study.baselineData && transformOf(study.baselineData, channels),
    dataHash: await sha256(bytesOf(values), bytesOf(labels)),
    ablations,
  };
}

/** The study's network: read from its file, or built with initial weights. */
async function openModel(study: Study, files: StudyFiles): Promise<{ network: Network; modelHash: string }> {
  const { model, seed } = study;
  if ("build" in model) {
    const network = initialNetwork(study.name, model.build, seed);
    return { network, modelHash: await sha256(canonicalJson({ model, seed })) };
  }
  const bytes = await files.bytesOf(model.file);
  return { network: readModel(bytes, model.file), modelHash: await sha256(bytes) };
}

function bytesOf(values: Uint8Array | Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
