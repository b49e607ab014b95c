/**
 * How fast networks train on this adapter: a few steps of the very training are tried, and an evaluation of their
 * samples. Making or reading samples, and compiling, are not part of it.
 */
import { openTrainer, planTrainer } from "../engine/training/trainer.ts";
import type { TrainerSetup } from "../engine/training/trainer-interface.ts";
import type { Gpu } from "../gpu/device.ts";

/** Work of a trial at most, in multiply-accumulates: half a second or so. */
const MOST_MACS = { processor: 1e9, gpu: 5e11 } as const;
const MOST_STEPS = 16;
/** Shorter trials say more of chance than of the adapter. */
const LEAST_MS = 40;

/** Of one network. */
export interface TrainingPace {
  /** An epoch over all training samples. */
  readonly epochMs: number;
  /** An evaluation of all test samples. */
  readonly evaluationMs: number;
}

/**
 * What an epoch of a training takes, with as many copies at once as would train so. Samples of the test set stand in for
 * those to train on. Null where a single sample is too much work for a trial. Throws as `planTrainer` does.
 */
export async function trainingPace(gpu: Gpu, setup: TrainerSetup): Promise<TrainingPace | null> {
  const { data, test, options } = setup;
  const copies = setup.copies.slice(0, planTrainer(gpu, setup).copiesAtOnce);
  const first = (samples: number) => ({ ...test, samples });
  const { epochMacs } = planTrainer(gpu, { ...setup, copies, data: first(1), test: first(1) });
  const affordable = Math.floor(
    MOST_MACS[gpu.isProcessor ? "processor" : "gpu"] / Math.max(1, epochMacs * copies.length),
  );
  if (affordable < 1) return null;
  const most = Math.min(affordable, data.samples, test.samples, MOST_STEPS * options.batch);
  // Whole batches, where there is one: a step takes about as long with fewer samples.
  const samples = most < options.batch ? most : most - (most % options.batch);
  using trainer = await openTrainer(gpu, { ...setup, copies, data: first(samples), test: first(samples) });
  const perSample = async (pass: () => Promise<unknown>) => {
    await pass(); // Compiles.
    const startMs = performance.now();
    let passes = 0;
    do {
      await pass();
      passes++;
    } while (performance.now() - startMs < LEAST_MS);
    return (performance.now() - startMs) / passes / samples / copies.length;
  };
  let epoch = 0;
  return {
    epochMs: data.samples * (await perSample(() => trainer.epoch(epoch++))),
    evaluationMs: test.samples * (await perSample(() => trainer.evaluate())),
  };
}
