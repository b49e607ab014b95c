/** Trains the network that a study builds, with records and progress streamed. */
import { LesionError } from "../core/errors.ts";
import { openDataset } from "../data/find.ts";
import { channelsOf, transformOf } from "../data/transform.ts";
import { openTrainer } from "../engine/train.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import type { OpenedStudy, StudyFiles } from "./open-study.ts";
import type { TrainRecord } from "./records.ts";
import type { TrainOptions } from "./study.ts";

/** What training tells while it goes on. `proceed` is asked every few steps, and resolves with false where it must stop. */
export interface TrainObserver {
  making(done: number, total: number): void | Promise<void>;
  /** Samples done of all epochs together. */
  samples(done: number, total: number): void;
  epoch(record: TrainRecord): void;
  proceed(): Promise<boolean>;
}

/** For training that nobody watches or stops. */
export const UNOBSERVED: TrainObserver = {
  making: () => {},
  samples: () => {},
  epoch: () => {},
  proceed: async () => true,
};

/** The trained network, or null where it was stopped. Throws `bad-study` where the loss is no number any more. */
export async function trainStudy(...given: Parameters<typeof train>): Promise<Network | null> {
  try {
    return await train(...given);
  } catch (thrown) {
    if (thrown instanceof LesionError && thrown.code === "cancelled") return null;
    throw thrown;
  }
}

async function train(
  gpu: Gpu,
  tuner: Tuner,
  opened: OpenedStudy,
  options: TrainOptions,
  files: StudyFiles,
  observer: TrainObserver,
): Promise<Network> {
  const { study, network } = opened;
  const source = { ...study.data, split: "train" as const, limit: options.limit };
  const proceed = async () => {
    if (!(await observer.proceed())) throw new LesionError("cancelled", "training was stopped");
  };
  const dataset = await openDataset(source, files.bytesOf, files.available, async (done, total) => {
    await observer.making(done, total);
    await proceed();
  });
  const transform = transformOf(study.data, channelsOf(dataset));
  const { batch, optimizer, epochs } = options;
  using trainer = await openTrainer(gpu, tuner, network, dataset, transform, {
    batch: Math.min(batch, dataset.samples),
    optimizer,
    samples: dataset.samples,
    seed: study.seed,
  });
  const total = epochs * dataset.samples;
  for (let epoch = 0; epoch < epochs; epoch++) {
    await proceed();
    const seen = await trainer.epoch(epoch, async (samples) => {
      observer.samples(epoch * dataset.samples + samples, total);
      await proceed();
    });
    if (!Number.isFinite(seen.loss)) {
      throw new LesionError("bad-study", `training diverged: the loss of epoch ${epoch + 1} is ${seen.loss}`, {
        where: "model.train.optimizer.learningRate",
        fix: `Choose a learning rate below ${optimizer.learningRate}.`,
      });
    }
    const { loss, correct, samples, ms } = seen;
    observer.epoch({ type: "train", epoch: epoch + 1, epochs, loss, correct, samples, ms });
    observer.samples((epoch + 1) * dataset.samples, total);
  }
  return trainer.network();
}
