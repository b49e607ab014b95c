/** Ablations of a check as changes of units: what each replacement comes to, from a reference's own intact activations. */
import { LesionError } from "../core/errors.ts";
import type { AblatableLayer } from "../network/ablatable.ts";
import type { CheckedAblation, Reference, ReferenceRequest } from "./check.ts";
import type { Change } from "./evaluate-network.ts";
import { columnMeans } from "./oracle.ts";
import type { Floats } from "./tensor.ts";

/** What a unit becomes under a replacement: what `Change` has beside the unit. */
type UnitChange = Pick<Change, "scale" | "shift">;

/**
 * Turns ablations of a request into changes. Statistics are those of the intact network, whatever else an ablation damages, and
 * are computed when first asked for. Throws `unsupported` for a replacement that a reference cannot repeat.
 */
export function ablationChanges(
  request: Pick<ReferenceRequest, "samples" | "labels" | "donors">,
  layers: readonly AblatableLayer[],
  reference: Pick<Reference, "activations">,
): (ablation: CheckedAblation) => Promise<readonly Change[]> {
  const known = new Map<string, Promise<Intact>>();
  const intactOf = ({ layer, units }: AblatableLayer, preActivation: boolean) => {
    const key = `${preActivation} ${layer}`;
    const found =
      known.get(key) ??
      reference.activations(layer, preActivation).then((values) => intactLayer(values, units, request));
    known.set(key, found);
    return found;
  };
  return async (ablation) => {
    const { preActivation = false, sites } = ablation;
    const changes: Change[] = [];
    for (const { layerIndex, units, values } of sites) {
      const layer = layers[layerIndex]!;
      const same = sameForAll(ablation);
      if (same) {
        changes.push({ layer: layer.layer, units, preActivation, ...same });
        continue;
      }
      const intact = needsIntact(ablation) ? await intactOf(layer, preActivation) : null;
      for (const [i, unit] of units.entries()) {
        const change = unitChange(ablation, unit, intact, request.donors, values?.[i]);
        changes.push({ layer: layer.layer, units: [unit], preActivation, ...change });
      }
    }
    return changes;
  };
}

function needsIntact({ replacement: { kind } }: CheckedAblation): boolean {
  return kind === "mean" || kind === "class-mean" || kind === "resample";
}

/** What all units become alike; null where each becomes something else. */
function sameForAll({ replacement: { kind, value, factor } }: CheckedAblation): UnitChange | null {
  if (kind === "zero") return { scale: 0, shift: 0 };
  if (kind === "constant" && value !== undefined) return { scale: 0, shift: value };
  if (kind === "scale" && factor !== undefined) return { scale: factor, shift: 0 };
  return null;
}

/** What one unit becomes; `optimal` is its constant, where it was given one. */
function unitChange(
  { row, replacement: { kind } }: CheckedAblation,
  unit: number,
  intact: Intact | null,
  donors: Uint32Array | undefined,
  optimal: number | undefined,
): UnitChange {
  if (kind === "mean") return { scale: 0, shift: intact!.means[unit]! };
  if (kind === "class-mean") return { scale: 0, shift: intact!.classMeans(unit) };
  if (kind === "resample" && donors) return { scale: 0, shift: intact!.of(unit, donors) };
  if (kind === "optimal" && optimal !== undefined) return { scale: 0, shift: optimal };
  throw new LesionError("unsupported", `the reference cannot repeat the replacement "${kind}"`, {
    where: `ablation ${row}`,
    fix: "Check ablations that replace by anything but noise, with the value, factor, donors or constants that it takes.",
  });
}

/** What replacements take from a layer of the intact network. */
interface Intact {
  /** [units]: over samples and positions. */
  readonly means: Float64Array;
  /** [samples]: the unit's mean over the samples of the sample's class, and over positions. */
  classMeans(unit: number): Float64Array;
  /** [samples, positions]: what the unit gives on other samples. */
  of(unit: number, donors: Uint32Array): Float64Array;
}

function intactLayer(
  values: Floats,
  units: number,
  { samples, labels }: Pick<ReferenceRequest, "samples" | "labels">,
): Intact {
  const positions = values.length / (samples * units);
  const at = (n: number, position: number, unit: number) => values[(n * positions + position) * units + unit]!;
  return {
    means: columnMeans(values, samples * positions),
    classMeans(unit) {
      const sums = new Map<number, number>();
      const counts = new Map<number, number>();
      for (const [n, label] of labels.entries()) {
        for (let position = 0; position < positions; position++) {
          sums.set(label, (sums.get(label) ?? 0) + at(n, position, unit));
        }
        counts.set(label, (counts.get(label) ?? 0) + positions);
      }
      return Float64Array.from(labels, (label) => sums.get(label)! / counts.get(label)!);
    },
    of: (unit, donors) =>
      Float64Array.from({ length: samples * positions }, (_, i) =>
        at(donors[Math.floor(i / positions)]!, i % positions, unit),
      ),
  };
}
