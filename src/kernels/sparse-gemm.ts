/**
 * Products of a batch that is mostly one number, the background of images: what differs from it is multiplied, the rest is
 * known beforehand. x w = (x - background) w + background (the sum of w over its rows), and the weight gradient alike. For
 * processors: on MNIST a little over half of the vectors are read forwards, a third backwards.
 */
import occupied from "../../shaders/occupied.wgsl";
import product from "../../shaders/sparse-gemm.wgsl";
import begin from "../../shaders/sparse-start.wgsl";
import transposed from "../../shaders/sparse-transposed-gemm.wgsl";
import { type Activation, LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** x: [groups, rows, vectors], weights: [batches, 4 vectors, columns4], in vec4s. Groups are batches, or 1: all share it. */
export interface SparseShape {
  readonly batches: number;
  readonly groups: number;
  readonly rows: number;
  readonly vectors: number;
  readonly columns4: number;
  /** vec4s from one batch's weights, bias and gradient to the next one's. */
  readonly weightStride4: number;
  /** vec4s of a line of the image that x is, where its lines come in fours; 1: x is no image. */
  readonly line4: number;
  readonly background: number;
}

/** Rows that a thread computes forwards, and vectors of a square backwards: those share their bits. */
const ROWS = product.constants.ROWS;
const SQUARE = 4;

const parametersOf = ({ alpha, beta = 0 }: Activation, shape: SparseShape) => ({ ...shape, alpha, beta });

/** Words of bits that the forward product and the gradient read. */
export function occupiedWords({ groups, rows, vectors }: Pick<SparseShape, "groups" | "rows" | "vectors">) {
  return {
    rows: groups * Math.ceil(rows / ROWS) * Math.ceil(vectors / 32),
    squares: groups * Math.ceil(vectors / SQUARE) * Math.ceil(rows / 32),
  };
}

/** Buffers: x, bits: of stretches of rows for the product, of squares for the gradient. */
export function planOccupied(shape: SparseShape, of: "rows" | "squares"): KernelPlan {
  const { WORKGROUP } = occupied.constants;
  return {
    shader: occupied,
    constants: { OF: of === "rows" ? 0 : 1, SPAN: of === "rows" ? ROWS : SQUARE },
    parameters: parametersOf(LINEAR, shape),
    workgroups: grid(Math.ceil(occupiedWords(shape)[of] / WORKGROUP)),
  };
}

/** Buffers: w, bias, start: [batches, columns4]. */
export function planSparseStart(shape: SparseShape, bias: boolean): KernelPlan {
  const { batches, columns4 } = shape;
  return {
    shader: begin,
    constants: { USE_BIAS: bias ? 1 : 0 },
    parameters: parametersOf(LINEAR, shape),
    workgroups: grid(Math.ceil((batches * columns4) / begin.constants.WORKGROUP)),
  };
}

/** c = activation(start + (x - background) w). Buffers: x, occupied, w, start, c: [batches, rows, columns4]. */
export function planSparseGemm(shape: SparseShape, activation: Activation): KernelPlan {
  const columns = columnsOf(shape);
  const tiles = Math.ceil(shape.rows / ROWS) * Math.ceil(shape.columns4 / columns);
  return {
    shader: product,
    constants: { ACTIVATION: activationNumber(activation.kind), COLUMNS4: columns, SIDE: sideOf(shape) },
    parameters: parametersOf(activation, shape),
    workgroups: workgroups(shape, tiles),
  };
}

/** The weight gradient. Buffers: x, occupied, b: [batches, rows, columns4], total: [batches, columns4], c. */
export function planSparseTransposedGemm(shape: SparseShape): KernelPlan {
  const columns = columnsOf(shape);
  const tiles = Math.ceil(shape.vectors / SQUARE) * Math.ceil(shape.columns4 / columns);
  return {
    shader: transposed,
    constants: { COLUMNS4: columns, SIDE: sideOf(shape) },
    parameters: parametersOf(LINEAR, shape),
    workgroups: workgroups(shape, tiles),
  };
}

/** Columns of a thread: all of few, 16 of many. */
function columnsOf({ columns4 }: SparseShape): number {
  return columns4 <= 6 ? columns4 : 4;
}

/** Batches side by side in the list of threads (see shaders/lib/sparse-parameters.wgsl): eight, where there are any. */
const sideOf = ({ batches }: SparseShape) => (batches >= product.constants.SIDE / 2 ? product.constants.SIDE : 1);

function workgroups(shape: SparseShape, tiles: number): KernelPlan["workgroups"] {
  const side = sideOf(shape);
  const threads = Math.ceil(shape.batches / side) * side * tiles;
  return grid(Math.ceil(threads / product.constants.WORKGROUP));
}
