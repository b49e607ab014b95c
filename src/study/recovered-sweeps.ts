/**
 * Which sweeps a study recovers, and whether it can: a masked unit stays at one value while the network trains, so that a
 * replacement that depends on the activation, or on chance, has nothing to hold.
 */
import * as v from "valibot";
import { replacementText } from "./replacement.ts";
import type { RecoverOptions, Replacement, Study } from "./study.ts";

/** The message of a replacement that recovery cannot hold. */
export const NOT_HELD = "a replacement that stays what it is: zero, mean or constant";

/** Indices of the sweeps whose ablations are recovered, ascending. */
export function recoveredSweeps(sweeps: readonly unknown[], { of }: Pick<RecoverOptions, "of">): readonly number[] {
  return of === "all" ? sweeps.map((_, index) => index) : [...of].sort((a, b) => a - b);
}

/** Whether a unit can be kept at it. */
export const isHeld = ({ kind }: Replacement) => kind === "zero" || kind === "mean" || kind === "constant";

/** Checks that the sweeps to recover exist, and that what they replace units by can be held. */
export function checkRecovered<S extends Pick<Study, "sweeps" | "replacement" | "recover">>() {
  return v.rawCheck<S>(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.recover === null) return;
    const { sweeps, replacement, recover } = dataset.value;
    const issue = (path: readonly (string | number)[], input: unknown, message: string) => {
      const items = path.map((key) => ({
        type: "unknown" as const,
        origin: "value" as const,
        input,
        key,
        value: input,
      }));
      addIssue({ message, input, path: items as [v.UnknownPathItem, ...v.UnknownPathItem[]] });
    };
    const { of } = recover;
    const astray = of === "all" ? -1 : of.findIndex((index) => index >= sweeps.length);
    if (of !== "all" && astray >= 0) {
      const wanted = sweeps.length === 0 ? "of a sweep; the study has none" : `of a sweep, 0 to ${sweeps.length - 1}`;
      issue(["recover", "of", astray], of[astray], `the index ${wanted}`);
      return;
    }
    for (const index of recoveredSweeps(sweeps, recover)) {
      const { replacement: own, replacements } = sweeps[index]!;
      const several = (replacements ?? []).findIndex((each) => !isHeld(each));
      if (replacements && several < 0) continue;
      if (!replacements && isHeld(own ?? replacement)) continue;
      if (replacements)
        issue(["sweeps", index, "replacements", several], replacementText(replacements[several]!), NOT_HELD);
      else if (own === undefined) issue(["replacement"], replacementText(replacement), NOT_HELD);
      else issue(["sweeps", index, "replacement"], replacementText(own), NOT_HELD);
      return;
    }
  });
}
