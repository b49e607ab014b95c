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

/** What training tells while it goes on. `proceed` resolves with false where it must stop. */
export interface TrainObserver {
  making(done: number, total: number): void | Promise<void>;
  /** Samples done of all epochs together. */
  samples(done: number, total: number): void;
  epoch(record: TrainRecord): void;
  proceed(): Promise<boolean>;
}

/**
 * The trained network, or null where it was stopped. Throws `bad-study` where the loss is no number any more.
 */
export async function trainStudy(
  gpu: Gpu,
  tuner: Tuner,
  opened: OpenedStudy,
  train: TrainOptions,
  files: StudyFiles,
  observer: TrainObserver,
): Promise<Network | null> {
  const { study, network } = opened;
  const source = { ...study.data, split: "train" as const, limit: train.limit };
  const dataset = await openDataset(source, files.bytesOf, files.available, observer.making);
  const transform = transformOf(study.data, channelsOf(dataset));
  const { batch, optimizer, epochs } = train;
  using trainer = await openTrainer(gpu, tuner, network, dataset, transform, {
    batch: Math.min(batch, dataset.samples),
    optimizer,
    samples: dataset.samples,
    seed: study.seed,
  });
  const total = epochs * dataset.samples;
  for (let epoch = 0; epoch < epochs; epoch++) {
    if (!(await observer.proceed())) return null;
    const seen = await trainer.epoch(epoch, (samples) => observer.samples(epoch * dataset.samples + samples, total));
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
