/** At what the units of an ablation are held while the network trains: the values that its sweep gave them. */
import { LesionError } from "../../core/errors.ts";
import type { HeldUnits } from "../../engine/training/trainer-interface.ts";
import type { Ablation } from "../ablation.ts";

/** The mean activation of a unit over the samples that are evaluated, as sweeps replace by it. */
export type MeanOf = (layerIndex: number, unit: number) => number;

/**
 * The units that an ablation holds; `layers` are the names of the ablatable layers by their index. Throws `unsupported` for
 * a replacement that is no constant, or that acts before the activation.
 */
export function heldUnits(
  { sites, replacement, site }: Pick<Ablation, "sites" | "replacement" | "site">,
  layers: readonly string[],
  meanOf: MeanOf,
): readonly HeldUnits[] {
  if (site === "pre-activation") throw heldAfterActivation("an ablation");
  return sites.map(({ layerIndex, units }) => ({
    layer: layers[layerIndex]!,
    units,
    values: units.map((unit) => {
      switch (replacement.kind) {
        case "zero":
          return 0;
        case "constant":
          return replacement.value;
        case "mean":
          return meanOf(layerIndex, unit);
        default:
          throw new LesionError(
            "unsupported",
            `a unit cannot be held at "${replacement.kind}" while its network trains`,
            {
              where: "recover",
              fix: "Recover from zero, mean or constant replacements.",
            },
          );
      }
    }),
  }));
}

/** The error for damage before the activation: `what` names what does it. */
export function heldAfterActivation(what: string, where = "recover"): LesionError {
  return new LesionError("unsupported", `${what} acts before the activation; in recovery units are held after it`, {
    where,
    fix: 'Set "site" to "post-activation" there, or leave the sweep out of recover.of.',
  });
}
