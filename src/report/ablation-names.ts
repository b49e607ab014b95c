/** Names of a run's ablations by which they can be told apart, for tables and sentences. */
import type { AdaptiveRecord } from "../study/analysis-records.ts";
import type { AblationRecord } from "../study/records.ts";
import { siteLabel } from "../study/summary.ts";

type Named = Pick<AblationRecord, "row" | "sweep" | "index" | "sites" | "replacement">;

/** What stands beside a name anyhow, in a column or a caption, and need not be in it. */
type Beside = "replacement" | "sweep";

export interface AblationNames {
  /**
   * The name of a row: "dense_0: 3"; in a run with several replacements "dense_0: 3 (mean)". Of ablations that would read
   * the same it says the sweep, and where that is the same too the index in it. Undefined for a row that is not there.
   */
  of(row: number, ...beside: readonly Beside[]): string | undefined;
}

/** `isMixed`: whether the run has several replacements, although these ablations may not. */
export function ablationNames(ablations: readonly Named[], isMixed = hasSeveral(ablations)): AblationNames {
  const byRow = new Map(ablations.map((ablation) => [ablation.row, ablation]));
  const alike = new Map<string, number>();
  const textOf = ({ sites, replacement }: Named) => `${siteLabel(sites)} ${replacement}`;
  for (const ablation of ablations) {
    const text = textOf(ablation);
    for (const key of [text, `${ablation.sweep} ${text}`]) alike.set(key, (alike.get(key) ?? 0) + 1);
  }
  return {
    of: (row, ...beside) => {
      const ablation = byRow.get(row);
      if (ablation === undefined) return undefined;
      const { sites, replacement, sweep, index } = ablation;
      const text = textOf(ablation);
      const isAlike = alike.get(text)! > 1;
      const isAlikeInSweep = alike.get(`${sweep} ${text}`)! > 1;
      return marked(siteLabel(sites), [
        ...(isMixed && !beside.includes("replacement") ? [replacement] : []),
        ...(isAlike && !beside.includes("sweep") ? [`sweep ${sweep}`] : []),
        ...(isAlikeInSweep ? [`index ${index}`] : []),
      ]);
    },
  };
}

/**
 * Names of the ablations that an adaptive sweep found, in its order. `replacements`: those of the sweep, one after the
 * other for all of its units; where they are not known, ablations of the same units are told apart by their row in the sweep.
 */
export function adaptiveNames({ top, arms }: AdaptiveRecord, replacements: readonly string[] = []): string[] {
  const labels = top.map(({ sites }) => siteLabel(sites));
  const isAlike = new Set(labels).size < labels.length;
  const perReplacement = arms.length / replacements.length;
  return top.map(({ row }, place) => {
    const replacement = replacements.length > 1 ? replacements[Math.floor(row / perReplacement)] : undefined;
    return marked(labels[place]!, replacement !== undefined ? [replacement] : isAlike ? [`row ${row}`] : []);
  });
}

/** "dense_0 (mean, sweep 2)"; without marks the name alone. */
export const marked = (name: string, marks: readonly string[]): string =>
  marks.length === 0 ? name : `${name} (${marks.join(", ")})`;

const hasSeveral = (ablations: readonly Named[]) => new Set(ablations.map(({ replacement }) => replacement)).size > 1;
