/**
 * Tensors one after the other along an axis: a dispatch an input, in their order. Along the channels, an input whose slice
 * begins within a vec4 fills up the one that the input before it began, and sets what it leaves of its own last one to 0.
 */
import shader from "../../shaders/concat.wgsl";
import { type Shape, sizeOf } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, type Operand, positionsOf, runOf, vectorsOf } from "./tensor-layout.ts";

export interface ConcatShape {
  /** Of the result. */
  readonly rows: number;
  readonly input: Operand;
  readonly outShape: Shape;
  readonly axis: number;
  /** Where along the axis this input's slice begins. */
  readonly begin: number;
}

/** Dispatches of one result must be recorded by rising `begin`. y: [rows, ...outShape]. */
export function planConcat({ rows, input, outShape, axis, begin }: ConcatShape): KernelPlan {
  const { shape } = input;
  const channels = channelsOf(shape);
  const vectors = vectorsOf(channels);
  const alongChannels = axis === outShape.length - 1;
  const shift = alongChannels ? begin % 4 : 0;
  const positions = positionsOf(shape);
  const outers = alongChannels ? 1 : sizeOf(shape.slice(0, axis));
  // Rows follow each other as positions do, where each is read once and joined position by position.
  const fused = alongChannels && input.rows === "own" ? rows : 1;
  const run = (fused * positions) / outers;
  const threads = (rows / fused) * outers * Math.ceil(run / runOf(run)) * Math.ceil((channels + shift) / 4);
  return {
    shader,
    constants: { SHARED: input.rows === "shared" ? 1 : 0, SHIFT: shift, RUN: runOf(run) },
    parameters: {
      rows: rows / fused,
      outers,
      run,
      channels,
      xRow: input.rows === "one" ? 0 : positions * vectors,
      outRun: (fused * positionsOf(outShape)) / outers,
      outVectors: vectorsOf(channelsOf(outShape)),
      beginPosition: alongChannels ? 0 : begin * sizeOf(shape.slice(axis + 1, -1)),
      begin: alongChannels ? Math.floor(begin / 4) : 0,
    },
    workgroups: grid(Math.ceil(threads / shader.constants.WORKGROUP)),
  };
}
