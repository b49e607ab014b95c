/**
 * y = activation(a op b), shapes broadcast as NumPy does. Axes along which both operands run on evenly are fused, so that
 * equal shapes, a number a channel, and a number a channel and row (squeeze and excitation) need no arithmetic of indices.
 */
import shader from "../../shaders/binary.wgsl";
import { LesionError } from "../core/errors.ts";
import type { Activation, BinaryLayer } from "../network/network.ts";
import { broadcastShape, shapeText } from "../network/shapes.ts";
import { activationNumber } from "./activation.ts";
import { type BroadcastAxis, broadcastStrides, fuseBroadcast, rowVectors } from "./broadcast.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, type Operand, runOf, vectorsOf } from "./tensor-layout.ts";

export interface BinaryShape {
  /** Of the result. */
  readonly rows: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly operator: BinaryLayer["operator"];
  readonly activation: Activation;
}

/** In the order of the shaders' numbers for them. */
export const BINARY_OPERATORS = [
  "add",
  "subtract",
  "multiply",
  "divide",
] as const satisfies readonly BinaryLayer["operator"][];
const MOST_AXES = 5;

/**
 * y: [rows, ...the broadcast shape]. Throws LesionError("unsupported") where, beside the channels, more than five axes
 * remain that cannot be fused, and `internal` where the shapes do not fit.
 */
export function planBinary({ rows, a, b, operator, activation }: BinaryShape): KernelPlan {
  const outShape = broadcastShape(a.shape, b.shape);
  if (!outShape) throw new LesionError("internal", `binary: ${shapeText(a.shape)} and ${shapeText(b.shape)}`);
  const channels = channelsOf(outShape);
  const aStrides = broadcastStrides(a.shape, outShape);
  const bStrides = broadcastStrides(b.shape, outShape);
  const aRow = a.rows === "one" ? 0 : rowVectors(a.shape);
  const bRow = b.rows === "one" ? 0 : rowVectors(b.shape);
  const axes = outShape
    .slice(0, -1)
    .map((size, axis): BroadcastAxis => ({ size, a: aStrides[axis]!, b: bStrides[axis]! }))
    .reduceRight<readonly BroadcastAxis[]>(fuseBroadcast, []);
  const withRows = fuseBroadcast(axes, { size: rows, a: aRow, b: bRow });
  // Rows are fused where they go on as the positions do, and nothing has to be looked up for them.
  const fused = a.rows !== "shared" && b.rows !== "shared" && withRows.length <= Math.max(1, axes.length);
  const used = fused ? withRows : axes;
  if (used.length > MOST_AXES) {
    throw new LesionError("unsupported", `binary: ${shapeText(a.shape)} and ${shapeText(b.shape)}`, {
      fix: `At most ${MOST_AXES} axes beside the channels may be broadcast in turn.`,
    });
  }
  const at = (index: number): BroadcastAxis => used[index] ?? { size: 1, a: 0, b: 0 };
  const run = runOf(at(0).size);
  const lines = used.slice(1).reduce((product, { size }) => product * size, fused ? 1 : rows);
  const threads = lines * Math.ceil(at(0).size / run) * vectorsOf(channels);
  return {
    shader,
    constants: {
      OPERATOR: BINARY_OPERATORS.indexOf(operator),
      ACTIVATION: activationNumber(activation.kind),
      AXES: Math.max(1, used.length),
      A_SHARED: a.rows === "shared" ? 1 : 0,
      B_SHARED: b.rows === "shared" ? 1 : 0,
      A_SPLAT: channelsOf(a.shape) < channels ? 1 : 0,
      B_SPLAT: channelsOf(b.shape) < channels ? 1 : 0,
      RUN: run,
    },
    parameters: {
      rows: fused ? 1 : rows,
      channels,
      aRow,
      bRow,
      alpha: activation.alpha,
      beta: activation.beta ?? 0,
      ...Object.fromEntries(
        Array.from({ length: MOST_AXES }, (_, i) => [
          [`size${i}`, at(i).size],
          [`aStride${i}`, at(i).a],
          [`bStride${i}`, at(i).b],
        ]).flat(),
      ),
    },
    workgroups: grid(Math.ceil(threads / shader.constants.WORKGROUP)),
  };
}
