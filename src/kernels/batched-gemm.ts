/**
 * c[z] = activation(a[z] b[z] + bias), all in vec4s: the product inside Winograd, 1 x 1 convolutions and dense layers. Two
 * kernels compute it: in registers alone for processors, in tiles of workgroup memory for GPUs.
 */
import type { Parameters } from "../gpu/recorder.ts";
import { type Activation, LINEAR } from "../network/network.ts";

/** a: [batches, rows, depth4], b: [batches, 4 depth4, columns4], c: [batches, rows, columns4], in vec4s. */
export interface BatchedGemmShape {
  readonly batches: number;
  readonly rows: number;
  readonly columns4: number;
  readonly depth4: number;
  /** vec4s from one batch of a, b and bias to the next; 0: shared by all. Left out: as above, and one bias for all. */
  readonly aStride4?: number;
  readonly bStride4?: number;
  readonly biasStride4?: number;
  /** vec4s from one row of c to the next, where c is wider than this product; left out: columns4. Wants one batch. */
  readonly cStride4?: number;
}

/** What is done to c on its way out. */
export interface BatchedGemmOptions {
  readonly bias?: boolean;
  readonly activation?: Activation;
}

/** Values of the uniform struct in shaders/lib/batched-gemm-parameters.wgsl. */
export function batchedGemmParameters(
  shape: BatchedGemmShape,
  { activation = LINEAR }: BatchedGemmOptions,
): Parameters {
  const { batches, rows, columns4, depth4, cStride4 = columns4 } = shape;
  const { aStride4 = rows * depth4, bStride4 = 4 * depth4 * columns4, biasStride4 = 0 } = shape;
  const strides = { aStride4, bStride4, biasStride4, cStride4 };
  return { batches, rows, columns4, depth4, ...strides, alpha: activation.alpha, beta: activation.beta ?? 0 };
}
