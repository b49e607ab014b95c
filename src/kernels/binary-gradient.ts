/**
 * The gradient of y = a op b by one operand, summed in order over all that the operand was repeated along: positions
 * (squeeze and excitation), channels (a map of weights), or nothing. The activation's part is in dy already.
 */
import shader from "../../shaders/binary-gradient.wgsl";
import { LesionError } from "../core/errors.ts";
import type { BinaryLayer } from "../network/network.ts";
import { broadcastShape, type Shape, shapeText } from "../network/shapes.ts";
import { BINARY_OPERATORS } from "./binary.ts";
import { type BroadcastAxis, broadcastStrides, fuseBroadcast, rowVectors } from "./broadcast.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, type RowMode, vectorsOf } from "./tensor-layout.ts";

export interface BinaryGradientShape {
  readonly rows: number;
  /** A sample of the operand that dx is the gradient of; it has all rows. */
  readonly shape: Shape;
  /** The other operand, with rows of its own or, a constant, one. */
  readonly other: { readonly shape: Shape; readonly mode: Exclude<RowMode, "shared"> };
  readonly operator: BinaryLayer["operator"];
  /** Which operand `shape` is. */
  readonly side: "a" | "b";
}

const MOST_AXES = 4;
const MOST_SUMS = 2;
const SINGLE: BroadcastAxis = { size: 1, a: 0, b: 0 };

/**
 * a, b: the operands, dy: [rows, ...the broadcast shape], dx: [rows, ...shape]. Throws LesionError("unsupported") where more
 * than four axes of the operand, or two that it was repeated along, cannot be fused, and `internal` where shapes do not fit.
 */
export function planBinaryGradient({ rows, shape, other, operator, side }: BinaryGradientShape): KernelPlan {
  const outShape = broadcastShape(shape, other.shape);
  if (!outShape)
    throw new LesionError("internal", `binary-gradient: ${shapeText(shape)} and ${shapeText(other.shape)}`);
  const outChannels = channelsOf(outShape);
  const channels = channelsOf(shape);
  const { kept, summed } = axesOf(rows, shape, other, outShape);
  const splat = channelsOf(other.shape) < outChannels;
  const sumsChannels = channels < outChannels;
  const across: BroadcastAxis = { size: vectorsOf(outChannels), a: 1, b: splat ? 0 : 1 };
  const sums = sumsChannels ? [across, ...summed] : summed;
  if (kept.length > MOST_AXES || sums.length > MOST_SUMS) {
    throw new LesionError(
      "unsupported",
      `binary-gradient: ${shapeText(shape)}, repeated to ${shapeText(outShape)} by ${shapeText(other.shape)}`,
      { fix: `A gradient keeps at most ${MOST_AXES} axes and sums over at most ${MOST_SUMS} that cannot be fused.` },
    );
  }
  const inner = kept.slice(0, -1);
  const outermost = kept.at(-1) ?? SINGLE;
  const count = rows * rowVectors(shape);
  return {
    shader,
    constants: {
      OPERATOR: BINARY_OPERATORS.indexOf(operator),
      SIDE: side === "a" ? 0 : 1,
      AXES: Math.max(1, kept.length),
      SUMS: sums.length,
      SUM_CHANNELS: sumsChannels ? 1 : 0,
      OTHER_SPLAT: splat ? 1 : 0,
    },
    parameters: {
      count,
      channels,
      outChannels,
      stride3: outermost.a,
      other3: outermost.b,
      ...numbered(MOST_AXES - 1, inner, ["size", "stride", "other"]),
      ...numbered(MOST_SUMS, sums, ["sum", "sumStride", "sumOther"]),
    },
    workgroups: grid(Math.ceil(count / shader.constants.WORKGROUP)),
  };
}

/** Axes before the channels, innermost first, strides of dy as a and of the other operand as b. */
function axesOf(rows: number, shape: Shape, other: BinaryGradientShape["other"], outShape: Shape) {
  const ownStrides = broadcastStrides(shape, outShape);
  const outStrides = broadcastStrides(outShape, outShape);
  const otherStrides = broadcastStrides(other.shape, outShape);
  const axes = outShape.slice(0, -1).map((size, axis) => ({
    isKept: ownStrides[axis] !== 0,
    axis: { size, a: outStrides[axis]!, b: otherStrides[axis]! },
  }));
  const rowAxis = { size: rows, a: rowVectors(outShape), b: other.mode === "one" ? 0 : rowVectors(other.shape) };
  const fused = (isKept: boolean, outer: readonly BroadcastAxis[]) =>
    [...outer, ...axes.filter((axis) => axis.isKept === isKept).map(({ axis }) => axis)].reduceRight<
      readonly BroadcastAxis[]
    >(fuseBroadcast, []);
  return { kept: fused(true, [rowAxis]), summed: fused(false, []) };
}

type AxisNames = readonly [size: string, stride: string, other: string];

/** The parameters of `count` axes by number. */
function numbered(count: number, axes: readonly BroadcastAxis[], [size, stride, other]: AxisNames) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const axis = axes[i] ?? SINGLE;
      return [[size + i, axis.size] as const, [stride + i, axis.a] as const, [other + i, axis.b] as const];
    }).flat(),
  );
}
