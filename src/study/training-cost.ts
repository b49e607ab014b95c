/** What the trainings of a study would cost: counted on paper, timed by trials of a few steps (training-pace.ts). */
import type { Subject } from "../ablation/subject.ts";
import { openDataset } from "../data/find.ts";
import { planTrainer } from "../engine/training/trainer.ts";
import type { TrainerSetup, TrainingData } from "../engine/training/trainer-interface.ts";
import type { Gpu } from "../gpu/device.ts";
import type { TrainingWork } from "./analysis-work.ts";
import type { OpenedStudy, StudyFiles } from "./open-study.ts";
import { groupsOfStudy, recoverySetup } from "./recovery-plan.ts";
import type { RunInput } from "./run-interface.ts";
import type { RecoverOptions, Study, TrainOptions } from "./study.ts";
import { trainingSetup } from "./train-study.ts";
import { testData } from "./training-data.ts";
import { trainingPace } from "./training-pace.ts";

type Split = Study["data"]["split"];

/** Work, and about how long it takes; null: not known. */
export interface WorkCost {
  readonly macs: number;
  readonly ms: number | null;
}

/** What training a study's networks takes. Throws as `planTrainer` and `openDataset` do. */
export async function trainingCost(gpu: Gpu, opened: OpenedStudy, files: StudyFiles, options: TrainOptions) {
  const data = await paperData(opened, files, "train", options.limit);
  const setup = trainingSetup({ opened, options, data });
  const { epochMacs } = planTrainer(gpu, setup);
  const { epochs, networks } = options;
  const pace = await trainingPace(gpu, setup);
  const ms = pace && epochs * networks * (pace.epochMs + pace.evaluationMs);
  return { epochs, samples: data.samples, macs: epochs * networks * epochMacs, ms };
}

/** What trainings of the study's own network from where it is take, as a search for gains makes them. */
export async function furtherTrainingCost(
  gpu: Gpu,
  opened: OpenedStudy,
  files: StudyFiles,
  { networks, epochs, batch, learningRate }: TrainingWork,
): Promise<WorkCost> {
  const { network, study } = opened;
  const data = await paperData(opened, files, "train", study.model.train?.limit ?? null);
  const setup: TrainerSetup = {
    ...{ network, copies: [{ seed: study.seed, held: [] }], trained: null, data, test: testData(opened) },
    options: {
      ...{ epochs, batch, clip: null, labelSmoothing: 0, batchNorm: "frozen", augment: null },
      optimizer: { kind: "sgd", learningRate, momentum: 0.9, nesterov: false, weightDecay: 0 },
      schedule: { kind: "constant" },
    },
  };
  const { epochMacs } = planTrainer(gpu, setup);
  const pace = await trainingPace(gpu, setup);
  return { macs: networks * epochs * epochMacs, ms: pace && networks * epochs * pace.epochMs };
}

/** Groups of a recovery that are tried; the others go at their pace. */
const MOST_TRIALS = 3;

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
  const { epochs } = options;
  const plans = groups.map((group) => {
    // At which values units are held makes no difference.
    const setup = recoverySetup(opened, options, network, subject, data, group, () => 0);
    const plan = planTrainer(gpu, setup);
    const networks = group.members.length;
    return { ...plan, setup, networks, macs: networks * epochs * plan.epochMacs };
  });
  const largest = plans.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (!largest) return null;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const tried = plans.toSorted((a, b) => b.macs - a.macs).slice(0, MOST_TRIALS);
  const times: number[] = [];
  for (const { setup, networks } of tried) {
    const pace = await trainingPace(gpu, setup);
    if (pace) times.push(networks * (epochs * pace.epochMs + (epochs + 1) * pace.evaluationMs));
  }
  const macs = sum(plans.map((plan) => plan.macs));
  const isKnown = times.length === tried.length;
  const ms = isKnown ? (sum(times) * macs) / sum(tried.map((plan) => plan.macs)) : null;
  const { copiesAtOnce, bytes, prefix } = largest;
  return { networks: sum(plans.map((plan) => plan.networks)), epochs, copiesAtOnce, bytes, macs, prefix, ms };
}

/** Samples of sets whose size is known, or which are too dear to make for a plan. */
const SAMPLES: Readonly<Partial<Record<Study["data"]["set"], Readonly<Record<Split, number>>>>> = {
  digits: { train: 60_000, test: 10_000 },
  mnist: { train: 60_000, test: 10_000 },
  cifar10: { train: 50_000, test: 10_000 },
};

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
