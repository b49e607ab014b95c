/** What analyses of finished ablations start from: records, correctness bits and labels; nothing of the device. */
import type { AblationRecord, BaselineRecord, LayerSummary } from "../records.ts";
import type { Sweep } from "../study.ts";

/** One sweep of the study, and what was measured of it. */
export interface MeasuredSweep {
  readonly index: number;
  readonly sweep: Sweep;
  /** By row, those that were measured. */
  readonly ablations: readonly AblationRecord[];
}

export interface AnalysisInput {
  readonly seed: number;
  readonly layers: readonly LayerSummary[];
  readonly classNames: readonly string[];
  /** What drops are measured from; under `baselineData` on other images than the ablations. */
  readonly baseline: BaselineRecord;
  /** One bit a sample (src/core/bitset.ts): right at the baseline. */
  readonly baselineBits: Uint32Array;
  /** The intact network on the images of the ablations: what ablations alone have changed. The baseline, unless it is on others. */
  readonly intact: BaselineRecord;
  readonly intactBits: Uint32Array;
  /** [samples]: true classes. */
  readonly labels: ArrayLike<number>;
  readonly sweeps: readonly MeasuredSweep[];
  /** Correctness bits of an ablation; null where they were not kept. A view: not to be changed. */
  bitsOf(row: number): Uint32Array | null;
}
