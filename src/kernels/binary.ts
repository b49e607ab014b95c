/**
 * y = activation(a op b), shapes broadcast as NumPy does. Axes along which both operands run on evenly are fused, so that
 * equal shapes, a number a channel, and a number a channel and row (squeeze and excitation) need no arithmetic of indices.
 */
import shader from "../../shaders/binary.wgsl";
import { LesionError } from "../core/errors.ts";
import type { Activation, BinaryLayer } from "../network/network.ts";
import { broadcastShape, type Shape, shapeText, sizeOf } from "../network/shapes.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, type Operand, positionsOf, runOf, vectorsOf } from "./tensor-layout.ts";

export interface BinaryShape {
  /** Of the result. */
  readonly rows: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly operator: BinaryLayer["operator"];
  readonly activation: Activation;
}

/** An axis of the result, and the vec4s from one of its numbers to the next in either operand. */
interface Axis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
}

const OPERATORS = ["add", "subtract", "multiply", "divide"] as const satisfies readonly BinaryLayer["operator"][];
const MOST_AXES = 5;

/**
 * y: [rows, ...the broadcast shape]. Throws LesionError("unsupported") where, beside the channels, more than five axes
 * remain that cannot be fused, and `internal` where the shapes do not fit.
 */
export function planBinary({ rows, a, b, operator, activation }: BinaryShape): KernelPlan {
  const outShape = broadcastShape(a.shape, b.shape);
  if (!outShape) throw new LesionError("internal", `binary: ${shapeText(a.shape)} and ${shapeText(b.shape)}`);
  const channels = channelsOf(outShape);
  const aStrides = stridesOf(a.shape, outShape);
  const bStrides = stridesOf(b.shape, outShape);
  const aRow = a.rows === "one" ? 0 : rowVectors(a.shape);
  const bRow = b.rows === "one" ? 0 : rowVectors(b.shape);
  const axes = outShape
    .slice(0, -1)
    .map((size, axis): Axis => ({ size, a: aStrides[axis]!, b: bStrides[axis]! }))
    .reduceRight<readonly Axis[]>(fuse, []);
  const withRows = fuse(axes, { size: rows, a: aRow, b: bRow });
  // Rows are fused where they go on as the positions do, and nothing has to be looked up for them.
  const fused = a.rows !== "shared" && b.rows !== "shared" && withRows.length <= Math.max(1, axes.length);
  const used = fused ? withRows : axes;
  if (used.length > MOST_AXES) {
    throw new LesionError("unsupported", `binary: ${shapeText(a.shape)} and ${shapeText(b.shape)}`, {
      fix: `At most ${MOST_AXES} axes beside the channels may be broadcast in turn.`,
    });
  }
  const at = (index: number): Axis => used[index] ?? { size: 1, a: 0, b: 0 };
  const run = runOf(at(0).size);
  const lines = used.slice(1).reduce((product, { size }) => product * size, fused ? 1 : rows);
  const threads = lines * Math.ceil(at(0).size / run) * vectorsOf(channels);
  return {
    shader,
    constants: {
      OPERATOR: OPERATORS.indexOf(operator),
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

/** vec4s a row of an operand takes. */
function rowVectors(shape: Shape): number {
  return positionsOf(shape) * vectorsOf(channelsOf(shape));
}

/** For each axis of `outShape`, the vec4s between neighbours in an operand of `shape`: 0 where it is repeated. */
function stridesOf(shape: Shape, outShape: Shape): number[] {
  const missing = outShape.length - shape.length;
  return outShape.map((_, axis) => {
    const own = axis - missing;
    if (own < 0 || shape[own] === 1) return 0;
    return sizeOf(shape.slice(own + 1, -1)) * vectorsOf(channelsOf(shape));
  });
}

/** Adds an axis outside of those before it (innermost first), fused with the last of them where both operands allow. */
function fuse(axes: readonly Axis[], axis: Axis): readonly Axis[] {
  if (axis.size === 1) return axes;
  const inner = axes.at(-1);
  if (inner && axis.a === inner.size * inner.a && axis.b === inner.size * inner.b) {
    return [...axes.slice(0, -1), { ...inner, size: inner.size * axis.size }];
  }
  return [...axes, axis];
}
