/**
 * A damaged layer of a graph, made ready for masks: what they all start from (`graph-damage.ts`), then batches of them, as lists
 * of (image, mask) rows (`graph-rows.ts`).
 */
import type { Gpu } from "../../gpu/device.ts";
import { channelsOf } from "../../kernels/tensor-layout.ts";
import { type Damage, type DamageOptions, openDamage } from "./graph-damage.ts";
import type { GraphPrefix, GraphTruth } from "./graph-prefix.ts";
import { type EvaluateRows, openRows, type RowOptions } from "./graph-rows.ts";
import type { Suffix } from "./suffix.ts";

export interface GraphSite extends Disposable, Pick<Damage, "moved" | "words"> {
  readonly units: number;
  readonly evaluate: EvaluateRows;
}

export interface GraphSiteOptions extends DamageOptions, RowOptions {}

/** Opens a site. */
export function openGraphSite(
  gpu: Gpu,
  prefix: GraphPrefix,
  truth: GraphTruth,
  suffix: Suffix,
  options: GraphSiteOptions,
): Promise<GraphSite> {
  return gpu.arena.opening(async (arena) => {
    const damage = await openDamage(gpu, arena, prefix, suffix, options);
    return {
      units: channelsOf(prefix.device.graph.shapes.get(suffix.first.name)!),
      moved: damage.moved,
      words: damage.words,
      evaluate: openRows(gpu, arena, prefix, truth, suffix, damage, options),
      [Symbol.dispose]: () => arena[Symbol.dispose](),
    };
  });
}
