/**
 * Trains the networks of a study: as many at once as memory holds, each epoch evaluated on the study's own data, from the
 * last checkpoint where there is one.
 */
import { LesionError } from "../core/errors.ts";
import { initialNetwork } from "../engine/initial.ts";
import { openTrainer, planTrainer } from "../engine/training/trainer.ts";
import type {
  CopyEpoch,
  CopyEvaluation,
  NetworkCopy,
  Trainer,
  TrainerSetup,
  TrainingData,
} from "../engine/training/trainer-interface.ts";
import type { Gpu } from "../gpu/device.ts";
import { withOutputOf } from "../network/logits.ts";
import type { Network } from "../network/network.ts";
import { type Checkpoints, trainingStates } from "./checkpoints.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { TrainRecord } from "./records.ts";
import type { TrainOptions } from "./study.ts";
import { testData } from "./training-data.ts";

/** What training tells while it goes on. `proceed` is asked every few steps, and resolves with false where it must stop. */
export interface TrainObserver {
  /** Samples done of all epochs together. */
  samples(done: number, total: number): void;
  /** One record for each network that trains; after a restored state, of epochs that were told before. */
  epoch(records: readonly TrainRecord[]): void;
  /** A network after one of the epochs that are to be kept, but the last. */
  after(index: number, epoch: number, network: Network): void;
  /** A network besides the first one is trained. */
  other(index: number, network: Network): void;
  proceed(): Promise<boolean>;
}

/** For training that nobody watches or stops. */
export const UNOBSERVED: TrainObserver = {
  samples: () => {},
  epoch: () => {},
  after: () => {},
  other: () => {},
  proceed: async () => true,
};

/** What is trained, on what. */
export interface TrainRequest {
  readonly gpu: Gpu;
  readonly opened: OpenedStudy;
  readonly options: TrainOptions;
  readonly data: TrainingData;
  /** Null: none are kept. */
  readonly checkpoints: Checkpoints | null;
  /** Epochs after which the networks themselves are given out; left out: none. */
  readonly keptEpochs?: ReadonlySet<number>;
}

/**
 * The first of the trained networks, or null where training was stopped. Throws `bad-study` where its loss is no number any
 * more; of the others, that is recorded.
 */
export async function trainStudy(request: TrainRequest, observer: TrainObserver = UNOBSERVED): Promise<Network | null> {
  try {
    return await train(request, observer);
  } catch (thrown) {
    if (thrown instanceof LesionError && thrown.code === "cancelled") return null;
    throw thrown;
  }
}

async function train(request: TrainRequest, observer: TrainObserver): Promise<Network> {
  const { gpu, opened, options } = request;
  const setup = trainingSetup(request);
  const { copiesAtOnce } = planTrainer(gpu, setup);
  const groups = Math.ceil(options.networks / copiesAtOnce);
  let first: Network | null = null;
  for (let group = 0; group < groups; group++) {
    const start = group * copiesAtOnce;
    const copies = setup.copies
      .slice(start, start + copiesAtOnce)
      .map((copy, i) => ({ ...copy, ...ownNetwork(opened, start + i) }));
    using trainer = await openTrainer(gpu, { ...setup, copies });
    const diverged = await trainGroup(trainer, { start, group, groups }, request, observer);
    for (let copy = 0; copy < copies.length; copy++) {
      if (diverged.has(copy)) continue;
      const network = withOutputOf(opened.network, await trainer.network(copy));
      if (start + copy === 0) first = network;
      else observer.other(start + copy, network);
    }
  }
  if (first) return first;
  throw new LesionError("internal", "the first network was not trained");
}

/** How the networks of a study train, on paper: their own initial parameters are left out. */
export function trainingSetup({
  opened,
  options,
  data,
}: Pick<TrainRequest, "opened" | "options" | "data">): TrainerSetup {
  const { study, network } = opened;
  const copies = Array.from({ length: options.networks }, (_, i): NetworkCopy => ({ seed: study.seed + i, held: [] }));
  return { network, copies, trained: null, data, test: testData(opened), options };
}

/** Networks that are built begin from seeds of their own; those from a file all begin as they are there. */
function ownNetwork({ study: { model, name, seed } }: OpenedStudy, index: number): Pick<NetworkCopy, "network"> {
  return "build" in model && index > 0 ? { network: initialNetwork(name, model.build, seed + index) } : {};
}

/** A group's place among the networks: its first one, and which group of how many it is. */
interface Place {
  readonly start: number;
  readonly group: number;
  readonly groups: number;
}

/** Trains a group to the end; gives those of its copies that diverged. */
async function trainGroup(
  trainer: Trainer,
  { start, group, groups }: Place,
  { opened, options, checkpoints, keptEpochs }: TrainRequest,
  observer: TrainObserver,
): Promise<ReadonlySet<number>> {
  const { epochs, networks, checkpoint } = options;
  const proceed = async () => {
    if (!(await observer.proceed())) throw new LesionError("cancelled", "training was stopped");
  };
  const states = trainingStates(groups > 1 ? start : null);
  const total = groups * epochs * trainer.samples;
  const diverged = new Set<number>();
  const begun = (await checkpoints?.restore(trainer, states)) ?? 0;
  for (let epoch = begun; epoch < epochs; epoch++) {
    await proceed();
    const before = (group * epochs + epoch) * trainer.samples;
    const startMs = performance.now();
    const seen = await trainer.epoch(epoch, async (samples) => {
      observer.samples(before + samples, total);
      await proceed();
    });
    const ms = (performance.now() - startMs) / seen.length;
    const measured = await trainer.evaluate(proceed);
    const going = seen.flatMap((_, copy) => (diverged.has(copy) ? [] : [copy]));
    observer.epoch(
      going.map((copy) => ({
        type: "train",
        epoch: epoch + 1,
        epochs,
        ...(networks > 1 ? { network: start + copy } : {}),
        ...seenBy(trainer, seen[copy]!),
        test: measuredBy(trainer, measured[copy]!),
        ms,
      })),
    );
    for (const copy of going) {
      const losses = [seen[copy]!.loss, measured[copy]!.loss];
      if (losses.every(Number.isFinite)) continue;
      diverged.add(copy);
      if (start + copy === 0) throw divergence(epoch + 1, losses, options);
    }
    observer.samples(before + trainer.samples, total);
    if (keptEpochs?.has(epoch + 1) && epoch + 1 < epochs) {
      for (const copy of going) {
        if (diverged.has(copy)) continue;
        observer.after(start + copy, epoch + 1, withOutputOf(opened.network, await trainer.network(copy)));
      }
    }
    if (checkpoint > 0 && (epoch + 1) % checkpoint === 0) await checkpoints?.keep(trainer, states, epoch + 1);
  }
  return diverged;
}

/** What an epoch saw, as records have it. */
export function seenBy({ samples }: Pick<Trainer, "samples">, { loss, correct }: CopyEpoch) {
  return { loss: Number.isFinite(loss) ? loss : null, correct, samples };
}

function measuredBy({ testSamples }: Trainer, { loss, correct }: CopyEvaluation) {
  return { samples: testSamples, correct, loss: Number.isFinite(loss) ? loss : null };
}

function divergence(epoch: number, losses: readonly number[], { optimizer }: TrainOptions): LesionError {
  const loss = losses.find((each) => !Number.isFinite(each));
  return new LesionError("bad-study", `training diverged: the loss of epoch ${epoch} is ${loss}`, {
    where: "model.train.optimizer.learningRate",
    fix: `Choose a learning rate below ${optimizer.learningRate}, or clip the gradient (model.train.clip).`,
  });
}
