/** How records, tables and exports write a replacement, so that equal replacements have equal text. */
import type { AblationPlace, Replacement } from "./study.ts";

/** "zero", "mean", "constant 0.5", "scale 0.5" or "noise 1"; "pre-activation zero" before the activation. */
export function replacementText(replacement: Replacement, site: AblationPlace = "post-activation"): string {
  return site === "pre-activation" ? `${site} ${textOf(replacement)}` : textOf(replacement);
}

function textOf(replacement: Replacement): string {
  switch (replacement.kind) {
    case "zero":
    case "mean":
    case "class-mean":
    case "resample":
    case "optimal":
      return replacement.kind;
    case "constant":
      return `constant ${replacement.value}`;
    case "scale":
      return `scale ${replacement.factor}`;
    case "noise":
      return `noise ${replacement.sigma}`;
  }
}
