/** c = store(load(a) b + bias) with any strides: the matrix product of a dense layer. */

import registerShader from "../../shaders/gemm-register.wgsl";
import tileShader from "../../shaders/gemm-tile.wgsl";
import { type Activation, LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** Tile sizes of one variant. `threads` null: the barrier-free register kernel. */
export interface GemmVariant {
  readonly rows: number;
  readonly columns4: number;
  readonly threads: readonly [number, number] | null;
  /** Threads a workgroup of the register kernel; left out: what suits a GPU. */
  readonly workgroup?: number;
}

/** A product's sizes, and the distance in elements between neighbours along each axis of its operands. */
export interface GemmShape {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** [row, depth] of a, [depth, column] of b, [row, column] of c. */
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly c: readonly [number, number];
}

/** What is done to values on their way in and out. */
export interface GemmOptions {
  readonly bias?: boolean;
  /** Applied to a as it is read. */
  readonly load?: Activation;
  /** Applied to c as it is written. */
  readonly store?: Activation;
}

/** Variants worth measuring, the safest first. A processor wants no barriers; a GPU wants workgroup memory. */
export function gemmVariants(isProcessor: boolean, columns: number): readonly GemmVariant[] {
  // On a processor a workgroup runs on one core: small ones share a training batch's few tiles among all cores.
  const small = isProcessor ? { workgroup: 8 } : {};
  const register = (rows: number, columns4: number): GemmVariant => ({ rows, columns4, threads: null, ...small });
  const tile = (rows: number, columns4: number, x: number, y: number): GemmVariant => ({
    rows,
    columns4,
    threads: [x, y],
  });
  if (!isProcessor) {
    return columns <= 32
      ? [tile(2, 1, 4, 16), tile(4, 1, 8, 8), register(1, 1), register(2, 1), register(4, 1)]
      : [tile(4, 1, 16, 16), tile(4, 1, 8, 8), tile(8, 2, 8, 8), tile(2, 1, 8, 8), register(2, 1)];
  }
  const whole = Math.ceil(columns / 4);
  const narrow = whole <= 6 ? [register(8, whole), register(4, whole)] : [];
  return [...narrow, register(8, 2), register(4, 2), register(8, 1)];
}

/** The dispatch of one product. */
export function planGemm(shape: GemmShape, variant: GemmVariant, options: GemmOptions = {}): KernelPlan {
  const { rows, columns, depth, a, b, c } = shape;
  const { load = LINEAR, store = LINEAR } = options;
  return {
    ...gemmGrid(rows, columns, variant, registerShader, tileShader, {
      A_ACTIVATION: activationNumber(load.kind),
      C_ACTIVATION: activationNumber(store.kind),
    }),
    parameters: {
      rows,
      columns,
      depth,
      aRow: a[0],
      aDepth: a[1],
      bDepth: b[0],
      bColumn: b[1],
      cRow: c[0],
      cColumn: c[1],
      useBias: options.bias ? 1 : 0,
      loadAlpha: load.alpha,
      loadBeta: load.beta ?? 0,
      storeAlpha: store.alpha,
      storeBeta: store.beta ?? 0,
    },
  };
}

/** Shader, constants and grid of a variant: shared by the plain and the masked product. */
export function gemmGrid(
  rows: number,
  columns: number,
  variant: GemmVariant,
  register: KernelPlan["shader"],
  tile: KernelPlan["shader"],
  constants: KernelPlan["constants"],
): Pick<KernelPlan, "shader" | "constants" | "workgroups"> {
  const sizes = { ROWS: variant.rows, COLUMNS4: variant.columns4 };
  if (!variant.threads) {
    const tiles = Math.ceil(rows / variant.rows) * Math.ceil(columns / (4 * variant.columns4));
    const workgroup = variant.workgroup ?? registerShader.constants.WORKGROUP;
    return {
      shader: register,
      constants: { ...constants, ...sizes, WORKGROUP: workgroup },
      workgroups: grid(Math.ceil(tiles / workgroup)),
    };
  }
  const [x, y] = variant.threads;
  const tiles = Math.ceil(rows / (variant.rows * y)) * Math.ceil(columns / (4 * variant.columns4 * x));
  return {
    shader: tile,
    constants: { ...constants, ...sizes, THREADS_X: x, THREADS_Y: y },
    workgroups: grid(tiles),
  };
}
