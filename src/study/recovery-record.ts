/** From what an epoch of recovery gave to the record of it. */
import type { Member } from "../ablation/recovery/groups.ts";
import type { CopyEpoch, CopyEvaluation, Trainer } from "../engine/training/trainer-interface.ts";
import type { RecoveryRecord } from "./records.ts";
import { seenBy } from "./train-study.ts";

/** A network's record after `epoch` epochs; `seen` is what the epoch saw while training, null before any. */
export function recoveryRecord(
  { ablation, arm }: Member,
  { epoch, epochs, ms }: Pick<RecoveryRecord, "epoch" | "epochs" | "ms">,
  trainer: Pick<Trainer, "samples" | "testSamples">,
  { correct, loss, classCorrect }: CopyEvaluation,
  seen: CopyEpoch | null,
): RecoveryRecord {
  const diverged = !Number.isFinite(loss) || (seen !== null && !Number.isFinite(seen.loss));
  return {
    type: "recovery",
    row: ablation?.row ?? null,
    ...(ablation ? { sweep: ablation.sweep, index: ablation.index } : {}),
    arm,
    epoch,
    epochs,
    samples: trainer.testSamples,
    correct,
    loss: Number.isFinite(loss) ? loss : null,
    classCorrect,
    ...(seen ? { train: seenBy(trainer, seen) } : {}),
    ...(diverged ? { diverged } : {}),
    ms,
  };
}
