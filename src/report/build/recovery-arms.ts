/** The arms of a recovery, as a report names them. */
import type { RecoveryRecord } from "../../study/records.ts";

export const ARMS = ["control", "all", "after", "layer"] as const;

export const ARM_WORDS: Readonly<Record<RecoveryRecord["arm"], string>> = {
  control: "control: intact, trained on",
  all: "all layers train",
  after: "layers after the damage train",
  layer: "the damaged layer trains",
};
