/** Numbers with a shape: what the layers of the oracle read. */
import type { Shape } from "../network/shapes.ts";

export type Floats = Float32Array | Float64Array;

/** A batch of samples of one shape. */
export interface Tensor {
  /** [samples, ...shape], row-major. */
  readonly values: Floats;
  /** Of one sample, without the batch axis. */
  readonly shape: Shape;
}
