/** What predictors of a unit's importance are called; docs/experiments.md defines each. */

/** Predictors of a unit's importance; see docs/experiments.md. */
export const PREDICTORS = [
  "weight-l1",
  "weight-l2",
  "weight-l1-out",
  "weight-l2-out",
  "weight-change",
  "mean-activation",
  "std-activation",
  "max-activation",
  "apoz",
  "taylor",
  "taylor-weight",
  "taylor-gate",
  "fisher",
  "fpgm",
  "snip",
  "gradient-weight",
  "selectivity",
  "mutual-information",
  "mann-whitney",
] as const;
export type Predictor = (typeof PREDICTORS)[number];

/** Those that need nothing but weights. */
export const WEIGHT_PREDICTORS = [
  "weight-l1",
  "weight-l2",
  "weight-l1-out",
  "weight-l2-out",
  "weight-change",
  "fpgm",
  "mann-whitney",
] as const satisfies readonly Predictor[];
export type WeightPredictor = (typeof WEIGHT_PREDICTORS)[number];
