/** How networks are trained: what optimizers, schedules and losses may be told. Structurally a study's TrainingRecipe. */

/** Sutskever et al. 2013 in PyTorch's form: v = momentum v + g, w = w - rate v; Nesterov: w = w - rate (g + momentum v). */
export interface SgdOptions {
  readonly kind: "sgd";
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Added to the gradient as weightDecay w. */
  readonly weightDecay: number;
}

/** Adam (Kingma and Ba 2015), weight decay added to the gradient; AdamW (Loshchilov and Hutter 2019), decay apart from it. */
export interface AdamOptions {
  readonly kind: "adam" | "adamw";
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export type OptimizerOptions = SgdOptions | AdamOptions;

/** What the learning rate is multiplied by as training goes on. */
export type Schedule =
  | { readonly kind: "constant" }
  /** By `factor` after every `every` epochs. */
  | { readonly kind: "step"; readonly every: number; readonly factor: number }
  /** Half a cosine from 1 to `least` over all steps (Loshchilov and Hutter 2017), after a linear rise over `warmup` epochs. */
  | { readonly kind: "cosine"; readonly least: number; readonly warmup: number };

/** Random changes of training images, drawn anew each epoch from the seed: mirrored left to right, moved by up to `shift` pixels. */
export interface Augmentation {
  readonly flip: boolean;
  readonly shift: number;
}

export interface TrainingOptions {
  readonly epochs: number;
  /** Samples in a step; the last step of an epoch takes what is left. */
  readonly batch: number;
  readonly optimizer: OptimizerOptions;
  readonly schedule: Schedule;
  /** The gradient is scaled down to this Euclidean norm, all trained parameters of a network together; null: never. */
  readonly clip: number | null;
  /** The target is 1 - smoothing for the true class and smoothing / classes more for every class (Szegedy et al. 2016). */
  readonly labelSmoothing: number;
  /** Batch norms take the statistics of the batch and keep running ones, or stay as they are. */
  readonly batchNorm: "train" | "frozen";
  readonly augment: Augmentation | null;
}

/** The learning rate of step `step` of epoch `epoch`, both from 0. */
export function learningRateAt(
  { optimizer: { learningRate }, schedule, epochs }: Pick<TrainingOptions, "optimizer" | "schedule" | "epochs">,
  stepsAnEpoch: number,
  epoch: number,
  step: number,
): number {
  switch (schedule.kind) {
    case "constant":
      return learningRate;
    case "step":
      return learningRate * schedule.factor ** Math.floor(epoch / schedule.every);
    case "cosine": {
      const done = epoch * stepsAnEpoch + step;
      const rise = schedule.warmup * stepsAnEpoch;
      if (done < rise) return (learningRate * (done + 1)) / rise;
      const share = (done - rise) / Math.max(1, epochs * stepsAnEpoch - rise);
      return learningRate * (schedule.least + ((1 - schedule.least) * (1 + Math.cos(Math.PI * share))) / 2);
    }
  }
}
