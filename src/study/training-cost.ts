/** What the trainings of a study would cost, found on paper: networks are laid out, nothing is computed or made. */
import type { Subject } from "../ablation/subject.ts";
import { openDataset } from "../data/find.ts";
import { planTrainer } from "../engine/training/trainer.ts";
import type { TrainingData } from "../engine/training/trainer-interface.ts";
import type { Gpu } from "../gpu/device.ts";
import type { OpenedStudy, StudyFiles } from "./open-study.ts";
import { groupsOfStudy, recoverySetup } from "./recovery-plan.ts";
import type { RunInput } from "./run-interface.ts";
import type { RecoverOptions, Study, TrainOptions } from "./study.ts";
import { trainingSetup } from "./train-study.ts";
import { testData } from "./training-data.ts";

type Split = Study["data"]["split"];

/** What training a study's networks takes. Throws as `planTrainer` and `openDataset` do. */
export async function trainingCost(gpu: Gpu, opened: OpenedStudy, files: StudyFiles, options: TrainOptions) {
  const data = await paperData(opened, files, "train", options.limit);
  const { epochMacs } = planTrainer(gpu, trainingSetup({ opened, options, data }));
  const { epochs, networks } = options;
  return { epochs, samples: data.samples, macs: epochs * networks * epochMacs };
}

/** What recovery takes; null where no network recovers. Memory is that of the group which takes most. */
export async function recoveryCost(
  gpu: Gpu,
  opened: OpenedStudy,
  { files, shard }: Pick<RunInput, "files" | "shard">,
  options: RecoverOptions,
  subject: Subject,
) {
  const { network } = opened;
  const data = await paperData(opened, files, options.data.split, options.data.limit);
  const { groups } = groupsOfStudy(opened, options, network, subject, shard);
  const plans = groups.map((group) => {
    // At which values units are held makes no difference.
    const setup = recoverySetup(opened, options, network, subject, data, group, () => 0);
    return { networks: group.members.length, ...planTrainer(gpu, setup) };
  });
  const largest = plans.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (!largest) return null;
  const { copiesAtOnce, bytes, prefix } = largest;
  const { epochs } = options;
  const networks = plans.reduce((sum, plan) => sum + plan.networks, 0);
  const macs = plans.reduce((sum, plan) => sum + plan.networks * epochs * plan.epochMacs, 0);
  return { networks, epochs, copiesAtOnce, bytes, macs, prefix };
}

/** Samples of sets whose size is known, or which are too dear to make for a plan. */
const SAMPLES: Readonly<Partial<Record<Study["data"]["set"], Readonly<Record<Split, number>>>>> = {
  digits: { train: 60_000, test: 10_000 },
  mnist: { train: 60_000, test: 10_000 },
  cifar10: { train: 50_000, test: 10_000 },
};

/** Samples that a study has to train on, where that is known of its set; else none. */
export function trainingSamples({ data }: Study): number {
  return SAMPLES[data.set]?.train ?? 0;
}

/** As many samples as would be trained on; the study's own stand in for what they are. */
async function paperData(
  opened: OpenedStudy,
  { available, bytesOf }: StudyFiles,
  split: Split,
  limit: number | null,
): Promise<TrainingData> {
  const { data } = opened.study;
  const known = SAMPLES[data.set]?.[split];
  const samples = known ?? (await openDataset({ ...data, split, limit }, bytesOf, available)).samples;
  return { ...testData(opened), samples: Math.min(limit ?? Infinity, samples) };
}
