/** Many damaged copies of one dense layer as the rows of one product; the damaged activation is never written. */
import registerShader from "../../shaders/masked-gemm-register.wgsl";
import tileShader from "../../shaders/masked-gemm-tile.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { type GemmVariant, gemmGrid } from "./gemm.ts";
import type { KernelPlan } from "./plan.ts";

/** Masks maskStart .. + masks over images imageStart .. + images; strides in elements. */
export interface MaskedGemmShape {
  readonly masks: number;
  readonly maskStart: number;
  readonly images: number;
  readonly imageStart: number;
  readonly columns: number;
  readonly depth: number;
  /** [image, depth] of a and the displacement. */
  readonly a: readonly [number, number];
  /** [depth, column] of b; [row, column] of c. */
  readonly b: readonly [number, number];
  readonly c: readonly [number, number];
  readonly bias: boolean;
  /** Applied to a as it is read, and to c as it is written. */
  readonly load: Activation;
  readonly store: Activation;
}

/** The dispatch; c is [masks * images, columns]. */
export function planMaskedGemm(shape: MaskedGemmShape, variant: GemmVariant): KernelPlan {
  const rows = shape.masks * shape.images;
  return {
    ...gemmGrid(rows, shape.columns, variant, registerShader, tileShader, {
      A_ACTIVATION: activationNumber(shape.load.kind),
      C_ACTIVATION: activationNumber(shape.store.kind),
    }),
    parameters: {
      rows,
      columns: shape.columns,
      depth: shape.depth,
      aRow: shape.a[0],
      aDepth: shape.a[1],
      bDepth: shape.b[0],
      bColumn: shape.b[1],
      cRow: shape.c[0],
      cColumn: shape.c[1],
      useBias: shape.bias ? 1 : 0,
      images: shape.images,
      maskStart: shape.maskStart,
      imageStart: shape.imageStart,
      loadAlpha: shape.load.alpha,
      loadBeta: shape.load.beta ?? 0,
      storeAlpha: shape.store.alpha,
      storeBeta: shape.store.beta ?? 0,
    },
  };
}
