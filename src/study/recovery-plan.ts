/** Which networks of a study recover, in which groups, and how each group is trained. */
import type { Ablation } from "../ablation/ablation.ts";
import { type RecoveryGroup, recoveryGroups } from "../ablation/recovery/groups.ts";
import { heldAfterActivation, heldUnits, type MeanOf } from "../ablation/recovery/held-units.ts";
import type { Subject } from "../ablation/subject.ts";
import type { TrainerSetup, TrainingData } from "../engine/training/trainer-interface.ts";
import { formOf } from "../engine/training/training-graph.ts";
import type { Network } from "../network/network.ts";
import type { OpenedStudy } from "./open-study.ts";
import { isElsewhere } from "./plan-opened.ts";
import { recoveredSweeps } from "./recovered-sweeps.ts";
import type { RunInput } from "./run-interface.ts";
import type { RecoverOptions, Study } from "./study.ts";
import { testData } from "./training-data.ts";

/** Refuses damage that cannot be held. Throws `unsupported` that names the sweep. */
export function assertHeldAfterActivation({ sweeps, site, recover }: Study): void {
  for (const index of recover ? recoveredSweeps(sweeps, recover) : []) {
    const own = sweeps[index]!.site;
    if ((own ?? site) !== "pre-activation") continue;
    throw heldAfterActivation(`sweep ${index}`, own === undefined ? "site" : `sweeps[${index}].site`);
  }
}

/** The ablations that a shard recovers; null: all. */
export function* recoveredAblations(
  { study, ablations }: Pick<OpenedStudy, "study" | "ablations">,
  recover: RecoverOptions,
  shard: RunInput["shard"],
): Generator<Ablation> {
  for (const sweep of recoveredSweeps(study.sweeps, recover)) {
    const { start, count } = ablations.sweeps[sweep]!;
    for (let row = start; row < start + count; row++) if (!isElsewhere(row, shard)) yield ablations.at(row);
  }
}

/** The groups of a study's recovery, and the arms that were left out because nothing trains in them. The first shard has the control. */
export function groupsOfStudy(
  opened: OpenedStudy,
  recover: RecoverOptions,
  network: Network,
  { ablatable }: Subject,
  shard: RunInput["shard"],
) {
  return recoveryGroups(formOf(network), {
    layers: ablatable.map(({ layer }) => layer),
    ablations: recoveredAblations(opened, recover, shard),
    arms: recover.arms,
    control: shard === null || shard.index === 0,
  });
}

/** How a group trains. All of it sees the same batches, those of the study's seed. */
export function recoverySetup(
  opened: OpenedStudy,
  recover: RecoverOptions,
  network: Network,
  { ablatable }: Subject,
  data: TrainingData,
  { members, trained }: RecoveryGroup,
  meanOf: MeanOf,
): TrainerSetup {
  const { seed } = opened.study;
  const layers = ablatable.map(({ layer }) => layer);
  const copies = members.map(({ ablation }) => ({
    seed,
    held: ablation === null ? [] : heldUnits(ablation, layers, meanOf),
  }));
  return { network, copies, trained, data, test: testData(opened), options: recover };
}
