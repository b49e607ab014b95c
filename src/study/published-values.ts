/** Values that others published, beside what a run found. */
import { LesionError } from "../core/errors.ts";
import { evaluateMeasure, type MeasuredValue, parseMeasure } from "./expect.ts";
import type { PublishedValue } from "./report-options.ts";
import type { RunResults } from "./results.ts";

export interface ComparedValue extends PublishedValue {
  /** Null where the run did not measure it. */
  readonly found: MeasuredValue | null;
  readonly verdict: "agrees" | "differs" | "not measured";
}

/** Each published value with the run's own; it agrees where the difference is no larger than the study allows. */
export function comparePublished(run: RunResults, values: readonly PublishedValue[]): readonly ComparedValue[] {
  return values.map((published) => {
    const { what, value, within } = published;
    const found = foundOf(run, what);
    if (found === null) return { ...published, found, verdict: "not measured" };
    const agrees = Math.abs(found.value - value) <= within + ROUNDING * Math.max(Math.abs(value), within);
    return { ...published, found, verdict: agrees ? "agrees" : "differs" };
  });
}

/** Of decimal fractions, which doubles do not hold exactly. */
const ROUNDING = 1e-12;

function foundOf(run: RunResults, what: string): MeasuredValue | null {
  const measure = parseMeasure(what);
  try {
    return evaluateMeasure(measure, run, what);
  } catch (thrown) {
    if (thrown instanceof LesionError && thrown.code === "usage") return null;
    throw thrown;
  }
}
