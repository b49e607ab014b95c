/**
 * Recovery of a study's damaged networks: those in which the same layers train go together, as many as memory holds, each
 * with its damage held, beside the control. Every epoch is recorded; a group that was interrupted goes on from its checkpoint.
 */
import { type Member, partsOf, type RecoveryGroup } from "../ablation/recovery/groups.ts";
import type { MeanOf } from "../ablation/recovery/held-units.ts";
import { sweepCoefficients } from "../ablation/run-sweep.ts";
import type { Subject } from "../ablation/subject.ts";
import { LesionError } from "../core/errors.ts";
import { planTrainer } from "../engine/training/trainer.ts";
import type { CopyEpoch, Trainer, TrainingData } from "../engine/training/trainer-interface.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import { type Checkpoints, recoveryStates } from "./checkpoints.ts";
import type { OpenedStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import type { Reached } from "./reached.ts";
import { requestOf } from "./record-sweep.ts";
import type { RecoveryRecord } from "./records.ts";
import { groupsOfStudy, recoveredAblations, recoverySetup } from "./recovery-plan.ts";
import { RecoveryProgress } from "./recovery-progress.ts";
import { recoveryRecord } from "./recovery-record.ts";
import { analyzeRecovery } from "./recovery-summary.ts";
import type { Proceed, RunInput, RunOutput } from "./run-interface.ts";
import type { RecoverOptions } from "./study.ts";
import { TrainerInTurn } from "./trainer-in-turn.ts";

/** What recovers, and what that takes. */
export interface RecoverRequest {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly options: RecoverOptions;
  /** The network that was swept: the opened one, or what training made of it. */
  readonly network: Network;
  readonly subject: Subject;
  readonly shard: RunInput["shard"];
  /** The samples to train on, asked for where anything is left to train. */
  readonly data: () => Promise<TrainingData>;
  readonly checkpoints: Checkpoints;
  readonly proceed: Proceed;
}

/** Recovers what is not recovered yet, and sums it up. Ends early, without an error, where `proceed` says so. */
export async function recoverStudy(request: RecoverRequest, reached: Reached, output: RunOutput): Promise<void> {
  try {
    await recoverGroups(request, reached, output);
  } catch (thrown) {
    if (thrown instanceof LesionError && thrown.code === "cancelled") return;
    throw thrown;
  }
  const { baseline, recovery, recoveryAnalysed } = reached;
  if (!baseline) return;
  const records = { baseline, ablations: [], recoveries: recovery.records };
  const found = analyzeRecovery(records, request.opened.study.seed).filter(({ arm }) => !recoveryAnalysed.has(arm));
  if (found.length > 0) output.records(found, null);
  for (const { arm } of found) recoveryAnalysed.add(arm);
}

async function recoverGroups(request: RecoverRequest, reached: Reached, output: RunOutput): Promise<void> {
  const { gpu, opened, options, network, subject, shard } = request;
  const { groups, skipped } = groupsOfStudy(opened, options, network, subject, shard);
  for (const arm of skipped) output.warning(`nothing trains in the recovery arm ${arm}: it is left out`);
  const isDone = ({ ablation, arm }: Member) => {
    const last = reached.recovery.last(`${ablation?.row ?? null} ${arm}`);
    return last !== null && (last.epoch === options.epochs || last.diverged === true);
  };
  const members = groups.flatMap((group) => group.members);
  if (members.every(isDone)) return;
  const proceed = async () => {
    if (!(await request.proceed())) throw new LesionError("cancelled", "recovery was stopped");
  };
  const data = await request.data();
  const progress = new RecoveryProgress(members.length * options.epochs * data.samples, output);
  const meanOf = await meansOf(request);
  for (const group of groups) {
    const setup = recoverySetup(opened, options, network, subject, data, group, meanOf);
    const parts = partsOf(group, planTrainer(gpu, setup).copiesAtOnce);
    using trainers = new TrainerInTurn(gpu, setup);
    let start = 0;
    for (const part of parts) {
      const copies = setup.copies.slice(start, start + part.members.length);
      start += part.members.length;
      if (part.members.every(isDone)) {
        progress.skip(part.members.length * options.epochs * data.samples);
        continue;
      }
      await proceed();
      const trainer = await trainers.of(copies);
      await recoverTogether(trainer, part, { ...request, proceed }, progress, (records) => {
        const news = reached.recovery.add(records);
        if (news.length > 0) output.records(news, null);
      });
    }
  }
}

/** Trains the networks of one part of a group to the end, from its checkpoint where there is one. */
async function recoverTogether(
  trainer: Trainer,
  { name, members }: RecoveryGroup,
  { options, checkpoints, proceed }: Omit<RecoverRequest, "proceed"> & { readonly proceed: () => Promise<void> },
  progress: RecoveryProgress,
  write: (records: readonly RecoveryRecord[]) => void,
): Promise<void> {
  const { epochs, checkpoint } = options;
  const states = recoveryStates(name);
  const measure = async (epoch: number, startMs: number, seen: readonly CopyEpoch[] | null) => {
    const measured = await trainer.evaluate(proceed);
    const at = { epoch, epochs, ms: (performance.now() - startMs) / members.length };
    const records = members.map((member, copy) =>
      recoveryRecord(member, at, trainer, measured[copy]!, seen?.[copy] ?? null),
    );
    write(records);
    return records;
  };
  const samplesAnEpoch = members.length * trainer.samples;
  const begun = await checkpoints.restore(trainer, states);
  progress.skip(begun * samplesAnEpoch);
  let records = begun === 0 ? await measure(0, performance.now(), null) : [];
  for (let epoch = begun; epoch < epochs; epoch++) {
    // What is not finite stays so: a group of such networks is done.
    if (records.length > 0 && records.every(({ diverged }) => diverged)) {
      progress.skip((epochs - epoch) * samplesAnEpoch);
      break;
    }
    await proceed();
    const startMs = performance.now();
    const seen = await trainer.epoch(epoch, async (samples) => {
      progress.at(samples * members.length);
      await proceed();
    });
    records = await measure(epoch + 1, startMs, seen);
    progress.add(samplesAnEpoch);
    const isDue = checkpoint > 0 && (epoch + 1) % checkpoint === 0 && epoch + 1 < epochs;
    if (isDue) await checkpoints.keep(trainer, states, epoch + 1);
  }
  checkpoints.forget(states);
}

/** The means that units are held at, as the sweep measures them; of a study without mean replacements, none. */
async function meansOf(request: RecoverRequest): Promise<MeanOf> {
  const { gpu, opened, options, shard } = request;
  const wanted = new Map<number, Float32Array>();
  const rows = new Set<number>();
  for (const { row, sites, replacement } of recoveredAblations(opened, options, shard)) {
    if (replacement.kind !== "mean") continue;
    const news = sites.filter(({ layerIndex }) => !wanted.has(layerIndex));
    for (const { layerIndex } of news) wanted.set(layerIndex, new Float32Array());
    if (news.length > 0) rows.add(row);
  }
  if (rows.size > 0) {
    const plan = planOpened({ ...opened, subject: request.subject }, gpu, (row) => !rows.has(row));
    const coefficients = await sweepCoefficients(requestOf({ ...request, plan }));
    for (const layerIndex of wanted.keys()) {
      wanted.set(layerIndex, await coefficients(layerIndex, { kind: "mean" }, "post-activation"));
    }
  }
  // Factor, shift and sigma of each unit: the shift is its mean.
  return (layerIndex, unit) => wanted.get(layerIndex)![3 * unit + 1]!;
}
