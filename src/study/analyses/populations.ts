/** Populations of units: clusters by what their ablation does to the classes, or by what they respond to. */
import { agglomerate, cut, leafOrder } from "../../ablation/clustering/hierarchical.ts";
import { silhouette } from "../../ablation/clustering/silhouette.ts";
import type { PopulationsOptions } from "../analysis-options.ts";
import type { PopulationsRecord } from "../analysis-records.ts";
import { classDropsPp } from "../summary.ts";
import type { AnalysisInput } from "./input.ts";
import { euclidean } from "./seriation.ts";
import { isChosen, MOST_UNITS, mostDamaging, singleUnitsOf } from "./single-units.ts";

/** [units, classes] of a layer: mean activation of each unit over the samples of each class; null where not known. */
export type ClassActivations = (layerIndex: number) => readonly ArrayLike<number>[] | null;

/** Without a wish, as many clusters as have the greatest silhouette, up to this. */
const MOST_CLUSTERS = 8;

/**
 * Units of a layer in clusters: Ward's tree of their profiles, cut into `clusters`, or into that k of 2 to 8 whose mean
 * silhouette (Rousseeuw 1987) is the greatest, the smaller of equals; one cluster where no k has any.
 *
 * By effect, a profile is the drop of each class in percentage points as it is, so that units without effect are a
 * population of their own: one record of each sweep, layer and replacement. By activation, it is the mean activation on each
 * class, over its Euclidean norm, as the scale of an activation says nothing: one record of each layer that
 * `activations` knows. At most MOST_UNITS units: the most damaging, by activation the first.
 */
export function populations(
  input: AnalysisInput,
  { layers, by, clusters }: PopulationsOptions,
  activations: ClassActivations = () => null,
): PopulationsRecord[] {
  const byEffect = () =>
    singleUnitsOf(input, layers).map((singles): PopulationsRecord => {
      const { sweep, layer, layerIndex, replacement, units, ablations } = mostDamaging(singles);
      const drops = ablations.map((record) => classDropsPp(record, input.intact));
      const found = clustersOf(drops, clusters);
      const what = { type: "analysis", name: "populations", sweep, replacement, layer, layerIndex } as const;
      return { ...what, by: "effect", units, ...found, profiles: meanProfiles(drops, found), n: units.length };
    });
  const byActivation = () =>
    input.layers.flatMap((summary): PopulationsRecord[] => {
      const { layer, layerIndex } = summary;
      const means = isChosen(layers, summary) ? activations(layerIndex)?.slice(0, MOST_UNITS) : undefined;
      if (means === undefined || means.length === 0) return [];
      const found = clustersOf(means.map(scaled), clusters);
      const what = { type: "analysis", name: "populations", layer, layerIndex, by: "activation" } as const;
      const units = [...means.keys()];
      return [{ ...what, units, ...found, profiles: meanProfiles(means, found), n: units.length }];
    });
  return by.flatMap((kind) => (kind === "effect" ? byEffect() : byActivation()));
}

type Found = Pick<PopulationsRecord, "clusters" | "k" | "silhouette" | "silhouettes" | "order">;

function clustersOf(profiles: readonly ArrayLike<number>[], wanted: number | null): Found {
  const n = profiles.length;
  const distance = distances(profiles);
  const tree = agglomerate(n, distance, "ward");
  const silhouetteAt = (k: number) => silhouette(n, distance, cut(tree, k));
  const tried = Array.from({ length: Math.max(0, Math.min(MOST_CLUSTERS, n - 1) - 1) }, (_, i) => i + 2);
  const silhouettes = tried.map(silhouetteAt);
  const k = Math.min(n, wanted ?? bestOf(tried, silhouettes));
  const chosen = { clusters: cut(tree, k), k, silhouette: silhouetteAt(k), silhouettes };
  return { ...chosen, order: leafOrder(tree, distance) };
}

/** The k of the greatest silhouette above 0; 1 where there is none, for then units are no nearer to their own. */
function bestOf(tried: readonly number[], silhouettes: readonly (number | null)[]): number {
  const best = Math.max(0, ...silhouettes.map((value) => value ?? 0));
  return best > 0 ? tried[silhouettes.indexOf(best)]! : 1;
}

/** All distances, once: the tree, its order and each silhouette ask for them. */
function distances(profiles: readonly ArrayLike<number>[]): (i: number, j: number) => number {
  const n = profiles.length;
  const all = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      all[i * n + j] = euclidean(profiles[i]!, profiles[j]!);
      all[j * n + i] = all[i * n + j]!;
    }
  }
  return (i, j) => all[i * n + j]!;
}

function scaled(profile: ArrayLike<number>): Float64Array {
  const norm = euclidean(profile, new Float64Array(profile.length));
  return Float64Array.from(profile, (value) => (norm > 0 ? value / norm : 0));
}

/** [k, classes]. */
function meanProfiles(profiles: readonly ArrayLike<number>[], { clusters, k }: Found): number[][] {
  return Array.from({ length: k }, (_, cluster) => {
    const members = profiles.filter((_, i) => clusters[i] === cluster);
    const classes = Array.from({ length: profiles[0]!.length }, (_, c) => c);
    return classes.map((c) => members.reduce((sum, profile) => sum + profile[c]!, 0) / members.length);
  });
}
