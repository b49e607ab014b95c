/**
 * Turns a study's sweeps into ablations, countable before anything is built and made one at a time: a sweep over all pairs
 * of a wide layer has millions of rows and takes no memory. Any row can be made alone, in any order, on any machine.
 */
import { LesionError } from "../core/errors.ts";
import type { LayerSummary } from "./records.ts";
import type { Ablation, Replacement, Study, Sweep } from "./study.ts";
import { rowsOfSweep, type SweepMaterials, type SweepRows, standIns } from "./sweep-rows.ts";

/** The ablations of a study, in the order in which they are counted. */
export interface AblationList {
  readonly count: number;
  /** Where each sweep's rows are, in the order of the study. */
  readonly sweeps: readonly { readonly start: number; readonly count: number }[];
  /** The ablation of a row, 0 .. count - 1. Throws LesionError `internal` for any other. */
  at(row: number): Ablation;
}

interface Segment extends SweepRows {
  readonly sweep: number;
  readonly start: number;
  readonly sweepStart: number;
  readonly replacement: Replacement;
}

/**
 * The ablations of a study over a network's ablatable layers, whose classes are `classes`. A sweep's replacements follow
 * each other; of each, layers ascend; a layer's units ascend; pairs (i < j) are in lexicographic order; fractions go by
 * layer, fraction, draw; sets as they are listed. Rows of sweeps by an order, and of groups of similar units, are of
 * `materials`; where those are left out, of units in their own order: as many, and as large.
 * @throws LesionError `bad-study` where a layer or unit does not exist, is named twice, or a sweep names nothing.
 */
export function expand(
  study: Study,
  layers: readonly LayerSummary[],
  classes = 1,
  materials: SweepMaterials = standIns,
): AblationList {
  const segments: Segment[] = [];
  const sweeps: { start: number; count: number }[] = [];
  let count = 0;
  study.sweeps.forEach((sweep, index) => {
    const sweepStart = count;
    const parts = rowsOfSweep(sweep, index, study.seed, layers, classes, materials);
    for (const replacement of sweep.replacements ?? [sweep.replacement ?? study.replacement]) {
      for (const part of parts) {
        if (part.count > 0) segments.push({ ...part, sweep: index, start: count, sweepStart, replacement });
        count += part.count;
      }
    }
    const isAdaptive = sweep.ablate === "each-unit" && sweep.adaptive !== undefined;
    if (count === sweepStart && !isAdaptive) {
      throw new LesionError("bad-study", `sweeps[${index}] (${sweep.ablate}) names no ablation`, {
        where: `sweeps[${index}]${sweep.ablate === "keep-only" ? ".keep" : ".layers"}`,
        fix: remedyOf(sweep, layers),
        detail: { layers },
      });
    }
    sweeps.push({ start: sweepStart, count: count - sweepStart });
  });

  const at = (row: number): Ablation => {
    if (!Number.isInteger(row) || row < 0 || row >= count) {
      throw new LesionError("internal", `no ablation ${row}: the study has ${count}`, { where: `row ${row}` });
    }
    let low = 0;
    for (let high = segments.length - 1; low < high; ) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle]!.start <= row) low = middle;
      else high = middle - 1;
    }
    const { sweep, start, sweepStart, sitesAt, replacement } = segments[low]!;
    const { site = study.site } = study.sweeps[sweep]!;
    return { sweep, index: row - sweepStart, row, sites: sitesAt(row - start), replacement, site };
  };
  return { count, sweeps, at };
}

/** How a sweep without rows gets some. */
function remedyOf({ ablate }: Sweep, layers: readonly LayerSummary[]): string {
  if (layers.length === 0)
    return "The network has no layer to ablate: only dense layers and convolutions from which another one descends are.";
  const known = layers.map(({ layer, units }) => `"${layer}" has ${units}`).join(", ");
  if (ablate === "keep-only") return `Keep fewer units than a layer has: ${known}.`;
  return ablate === "pairs"
    ? `Pairs need a layer of at least two units, or "across": true and two layers: ${known}.`
    : `Name layers that have units: ${known}.`;
}
