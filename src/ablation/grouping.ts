/** Which ablations can be computed together: those that damage the same layer first, in the same way. */
import { fitsFusedTail } from "../engine/fused-tail.ts";
import type { ReplacementOptions } from "../engine/site.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { AblationPlace, AblationSource } from "./ablation.ts";

/** Ablations with the same first damaged stage, replacement, place, entry and tail. */
export interface Group {
  readonly stage: number;
  readonly replacement: ReplacementOptions;
  readonly site: AblationPlace;
  /** `delta`: subtract what the masked units gave. `masked-gemm`: multiply the damaged layer anew. */
  readonly entry: "delta" | "masked-gemm";
  /** `fused`: the whole rest in one kernel. `layered`: layer by layer. */
  readonly tail: "fused" | "layered";
  /** Rows of the study, small masks first, so that pairs find their single units done. */
  readonly rows: Uint32Array;
  /** Stages masked besides `stage`, all further down; ascending. */
  readonly deeper: readonly number[];
  /** Multiply-accumulates of one sample through all of the group's masks. */
  readonly macsPerSample: number;
}

/** Masks of up to this share of a layer are entered by subtraction. */
const DELTA_SHARE = 1 / 8;

/** Groups the ablations that `skip` does not leave out; deep stages first, because their suffix is short. */
export function groupAblations(chain: DenseChain, ablations: AblationSource, skip: (row: number) => boolean): Group[] {
  const groups = new Map<string, GroupMaker>();
  const replacements = new Map<ReplacementOptions, string>();
  for (let row = 0; row < ablations.count; row++) {
    if (skip(row)) continue;
    const { sites, replacement, site = "post-activation" } = ablations.at(row);
    const { layerIndex: stage, units } = sites[0]!;
    const tail = sites.length === 1 && fitsFusedTail(chain, stage) ? "fused" : "layered";
    const most = Math.max(2, chain.stages[stage]!.outFeatures * DELTA_SHARE);
    const entry = tail === "fused" || units.length <= most ? "delta" : "masked-gemm";
    let text = replacements.get(replacement);
    if (text === undefined) {
      text = JSON.stringify(replacement);
      replacements.set(replacement, text);
    }
    const key = `${stage} ${entry} ${tail} ${site} ${text}`;
    let group = groups.get(key);
    if (!group) {
      group = new GroupMaker({ stage, replacement, site, entry, tail });
      groups.set(key, group);
    }
    const suffix = suffixMacs(chain, stage);
    group.add(row, sites, entryMacs(chain, stage, entry, units.length) + suffix);
  }
  return [...groups.values()].map((group) => group.made()).sort((a, b) => b.stage - a.stage);
}

/** Multiply-accumulates of one sample to enter the stage after `stage`. */
export function entryMacs(chain: DenseChain, stage: number, entry: Group["entry"], units: number): number {
  const { inFeatures, outFeatures } = chain.stages[stage + 1]!;
  return (entry === "delta" ? units : inFeatures) * outFeatures;
}

/** Multiply-accumulates of one sample through all that comes after the entered stage. */
export function suffixMacs(chain: DenseChain, stage: number): number {
  return chain.stages.slice(stage + 2).reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
}

/** A group while rows are added, ascending. */
class GroupMaker {
  readonly #group: Omit<Group, "rows" | "deeper" | "macsPerSample">;
  readonly #rowsByUnits = new Map<number, number[]>();
  readonly #deeper = new Set<number>();
  #macsPerSample = 0;

  constructor(group: Omit<Group, "rows" | "deeper" | "macsPerSample">) {
    this.#group = group;
  }

  add(row: number, sites: ReturnType<AblationSource["at"]>["sites"], macs: number): void {
    let units = 0;
    for (const site of sites) units += site.units.length;
    for (let i = 1; i < sites.length; i++) this.#deeper.add(sites[i]!.layerIndex);
    const alike = this.#rowsByUnits.get(units);
    if (alike) alike.push(row);
    else this.#rowsByUnits.set(units, [row]);
    this.#macsPerSample += macs;
  }

  made(): Group {
    const bySize = [...this.#rowsByUnits].sort(([a], [b]) => a - b);
    const rows = new Uint32Array(bySize.reduce((sum, [, alike]) => sum + alike.length, 0));
    let at = 0;
    for (const [, alike] of bySize) {
      rows.set(alike, at);
      at += alike.length;
    }
    const deeper = [...this.#deeper].sort((a, b) => a - b);
    return { ...this.#group, rows, deeper, macsPerSample: this.#macsPerSample };
  }
}
