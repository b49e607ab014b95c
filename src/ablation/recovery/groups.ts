/**
 * Which damaged networks train together: those in which the same layers train. Groups, their order and their names depend on
 * nothing but the study and how many networks train at once, so that an interrupted recovery finds its states again.
 */
import type { Network } from "../../network/network.ts";
import type { Ablation } from "../ablation.ts";
import { type RecoveryArm, trainedLayers } from "./arms.ts";

/** One network that is trained: a damaged one, or the intact control. */
export interface Member {
  /** Null: the control. */
  readonly ablation: Ablation | null;
  readonly arm: RecoveryArm;
}

export interface RecoveryGroup {
  readonly name: string;
  /** Null: all layers. */
  readonly trained: ReadonlySet<string> | null;
  readonly members: readonly Member[];
}

/** What is recovered, and how. */
export interface RecoveryChoice {
  /** Names of the ablatable layers, by their index. */
  readonly layers: readonly string[];
  readonly ablations: Iterable<Ablation>;
  readonly arms: readonly RecoveryArm[];
  /** Whether the control is among those to train, where the arms name it. */
  readonly control: boolean;
}

const ARMS = ["all", "after", "layer"] as const;

/** The groups, and the arms in which nothing would train, with the layers that were damaged. */
export function recoveryGroups(
  form: Network,
  { layers, ablations, arms, control }: RecoveryChoice,
): { readonly groups: readonly RecoveryGroup[]; readonly skipped: readonly string[] } {
  const groups = new Map<string, { name: string; trained: ReadonlySet<string> | null; members: Member[] }>();
  const trainedOf = new Map<string, ReadonlySet<string> | null>();
  const add = (name: string, trained: ReadonlySet<string> | null, member: Member) => {
    const key = trained === null ? "all" : JSON.stringify([...trained]);
    const group = groups.get(key) ?? { name, trained, members: [] };
    group.members.push(member);
    groups.set(key, group);
  };
  if (control && arms.includes("control")) add("all", null, { ablation: null, arm: "control" });
  const rows = [...ablations];
  const skipped = new Set<string>();
  for (const arm of ARMS.filter((each) => arms.includes(each))) {
    for (const ablation of rows) {
      const indices = ablation.sites.map(({ layerIndex }) => layerIndex);
      const name = arm === "all" ? arm : `${arm}-${indices.join("_")}`;
      const damaged = indices.map((index) => layers[index]!);
      if (!trainedOf.has(name)) trainedOf.set(name, trainedLayers(form, damaged, arm));
      const trained = trainedOf.get(name)!;
      if (trained?.size === 0) skipped.add(`${arm} of ${damaged.join(", ")}`);
      else add(name, trained, { ablation, arm });
    }
  }
  return { groups: [...groups.values()], skipped: [...skipped] };
}

/** A group in parts of at most so many networks, each named after its first and last one. */
export function partsOf({ name, trained, members }: RecoveryGroup, atOnce: number): readonly RecoveryGroup[] {
  return Array.from({ length: Math.ceil(members.length / atOnce) }, (_, part) => {
    const own = members.slice(part * atOnce, (part + 1) * atOnce);
    const ends = own.length === 1 ? [own[0]!] : [own[0]!, own.at(-1)!];
    return { name: [name, ...ends.map(endName)].join("-"), trained, members: own };
  });
}

/** No group holds an ablation twice: the last layer trains after any damage, and is never damaged itself. */
const endName = ({ ablation }: Member) => (ablation === null ? "control" : String(ablation.row));
