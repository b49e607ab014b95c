/** Test support: tensors between [rows, ...shape], as the reference has them, and the padded layout of the device. */
import fc from "fast-check";
import type { Random } from "../core/random.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Shape } from "../network/shapes.ts";
import { sizeOf } from "../network/shapes.ts";
import type { KernelPlan } from "./plan.ts";
import { runPlan, UNTOUCHED, type Words } from "./run.fixture.ts";
import { channelsOf, paddedChannels, positionsOf, type RowMode, tensorFloats } from "./tensor-layout.ts";

/** What lies in the padding of packed tensors: large enough to be seen wherever it gets into a result. */
const GARBAGE = [977.25, -1311.5, 2048.75] as const;
const BEHIND = 8;

/** `values`, [rows, ...shape], in the layout of the device; the padding holds garbage. */
export function packTensor(values: ArrayLike<number>, rows: number, shape: Shape): Float32Array {
  const channels = channelsOf(shape);
  const width = paddedChannels(channels);
  return Float32Array.from({ length: tensorFloats(rows, shape) }, (_, at) => {
    const channel = at % width;
    return channel < channels ? values[Math.floor(at / width) * channels + channel]! : GARBAGE[channel % 3]!;
  });
}

/**
 * [rows, ...shape] of a tensor in the layout of the device; what lies behind its end is left out. Throws where the
 * padding holds what is not finite.
 */
export function unpackTensor(padded: Float32Array, rows: number, shape: Shape): Float32Array {
  const channels = channelsOf(shape);
  const width = paddedChannels(channels);
  for (let at = 0; at < tensorFloats(rows, shape); at++) {
    if (at % width >= channels && !Number.isFinite(padded[at])) throw new Error(`padding at ${at}: ${padded[at]}`);
  }
  return Float32Array.from({ length: rows * positionsOf(shape) * channels }, (_, at) => {
    return padded[Math.floor(at / channels) * width + (at % channels)]!;
  });
}

/** Where a kernel writes [rows, ...shape]: NaN, which it must replace to the last padding, and what it must leave alone. */
export function blankTensor(rows: number, shape: Shape): Float32Array {
  const size = tensorFloats(rows, shape);
  return new Float32Array(size + BEHIND).fill(Number.NaN).fill(UNTOUCHED, size);
}

/**
 * What the plans, run one after the other, each on data of its own, leave in `y`: [rows, ...shape]. Throws where they
 * write behind its end, or leave padding that is not 0.
 */
export async function runTensorPlans(
  gpu: Gpu,
  steps: readonly { readonly plan: KernelPlan; readonly data: Readonly<Record<string, Words>> }[],
  rows: number,
  shape: Shape,
): Promise<Float32Array> {
  let y = blankTensor(rows, shape);
  for (const { plan, data } of steps) y = (await runPlan(gpu, plan, { ...data, y })).y;
  return checkedTensor(steps[0]!.plan.shader.name, y, rows, shape);
}

/** What a kernel wrote into a blank tensor. Throws where it wrote behind its end, or left padding that is not 0. */
export function checkedTensor(name: string, y: Float32Array, rows: number, shape: Shape): Float32Array {
  if (y.subarray(-BEHIND).some((value) => value !== UNTOUCHED)) throw new Error(`${name}: stray`);
  const width = paddedChannels(channelsOf(shape));
  const padding = y.filter((_, at) => at < tensorFloats(rows, shape) && at % width >= channelsOf(shape));
  if (padding.some((value) => value !== 0)) throw new Error(`${name}: padding is not 0`);
  return unpackTensor(y, rows, shape);
}

/** One plan, as `runTensorPlans`. */
export function runTensorPlan(
  gpu: Gpu,
  plan: KernelPlan,
  data: Readonly<Record<string, Words>>,
  rows: number,
  shape: Shape,
): Promise<Float32Array> {
  return runTensorPlans(gpu, [{ plan, data }], rows, shape);
}

/** Normal numbers of [rows, ...shape]: plain, and as they lie on the device. */
export function drawTensor(draw: Random, rows: number, shape: Shape) {
  const values = Float32Array.from({ length: rows * sizeOf(shape) }, () => draw.normal());
  return { values, shape, packed: packTensor(values, rows, shape) };
}

/** What the rows of an operand are taken from, and those rows written out, as the reference reads them. */
export function drawOperand(draw: Random, mode: RowMode, table: Uint32Array, shape: Shape) {
  const rows = table.length / 2;
  const source = drawTensor(draw, { own: rows, shared: ROW_IMAGES, one: 1 }[mode], shape);
  const size = sizeOf(shape);
  const values = Float32Array.from({ length: rows * size }, (_, at) => {
    const row = Math.floor(at / size);
    return source.values[{ own: row, shared: table[2 * row]!, one: 0 }[mode] * size + (at % size)]!;
  });
  return { values, shape, packed: source.packed };
}

const ROW_IMAGES = 3;

/** Image and mask of each of `rows` rows, in no order. */
export function drawRowTable(draw: Random, rows: number): Uint32Array {
  return Uint32Array.from({ length: 2 * rows }, (_, at) => (at % 2 === 0 ? draw.below(ROW_IMAGES) : draw.below(99)));
}

/** Channels on both sides of whole vec4s. */
export const someChannels = fc.constantFrom(1, 3, 4, 5, 7, 17, 65);
export const someRows = fc.integer({ min: 1, max: 5 });
export const someRowModes = fc.constantFrom<RowMode>("own", "shared", "one");
export const someAxis = fc.integer({ min: 1, max: 7 });
