/** The loss that training minimises, with its gradient, in float64. */
import { LesionError } from "../../core/errors.ts";
import { crossEntropy } from "../oracle.ts";
import type { Floats } from "../tensor.ts";

/**
 * Mean cross-entropy of `logits` [samples, classes] against `labels` [samples], in nats, and its gradient by the logits.
 * The target is 1 - smoothing for the true class and smoothing / classes more for every class (Szegedy et al. 2016).
 * Throws `bad-data` for a label that is no class.
 */
export function meanCrossEntropy(
  logits: Floats,
  labels: Uint16Array,
  smoothing = 0,
): { readonly loss: number; readonly gradient: Float64Array } {
  const samples = labels.length;
  const classes = logits.length / samples;
  const gradient = new Float64Array(logits.length);
  let loss = 0;
  labels.forEach((label, n) => {
    if (label >= classes) {
      throw new LesionError("bad-data", `label ${label} of sample ${n} is not below the network's ${classes} outputs`, {
        where: `labels[${n}]`,
        fix: "Use labels that count the network's classes from 0.",
      });
    }
    const row = logits.subarray(n * classes, (n + 1) * classes);
    for (let c = 0; c < classes; c++) {
      const surprise = crossEntropy(row, c);
      const target = (c === label ? 1 - smoothing : 0) + smoothing / classes;
      loss += (target * surprise) / samples;
      gradient[n * classes + c] = (Math.exp(-surprise) - target) / samples;
    }
  });
  return { loss, gradient };
}
