/**
 * Every variant of the matrix product on the shapes of the embedded study and some larger ones: GFLOP/s by the GPU's own
 * clock, and the largest difference from a float64 product over the result's root mean square.
 */
import { random } from "../src/core/random.ts";
import { prepare } from "../src/engine/prepare.ts";
import { Tuner } from "../src/engine/tuner.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { type GemmShape, type GemmVariant, gemmVariants, planGemm } from "../src/kernels/gemm.ts";

/** Rows, columns, depth; and whether a is read transposed, as a weight gradient does. */
const SHAPES = [
  { name: "layer 1 of the study, all test samples", rows: 10_000, columns: 20, depth: 784, transposed: false },
  { name: "layer 1 of the study, a training batch", rows: 256, columns: 20, depth: 784, transposed: false },
  { name: "its weight gradient", rows: 784, columns: 20, depth: 256, transposed: true },
  { name: "a wide hidden layer", rows: 10_000, columns: 256, depth: 256, transposed: false },
  { name: "square", rows: 2048, columns: 2048, depth: 2048, transposed: false },
] as const;
/** A processor does no more than about so many multiply-accumulates in a reasonable time. */
const PROCESSOR_MACS = 2e8;

export async function benchKernels(gpu: Gpu) {
  const tuner = new Tuner(gpu);
  const lines: string[] = [];
  const results: unknown[] = [];
  for (const { name, rows, columns, depth, transposed } of SHAPES) {
    if (gpu.isProcessor && rows * columns * depth > PROCESSOR_MACS) continue;
    using arena = gpu.arena.scope();
    const draw = random(1, name);
    const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
    const a = normals(rows * depth);
    const b = normals(depth * columns);
    const shape: GemmShape = {
      rows,
      columns,
      depth,
      a: transposed ? [1, rows] : [depth, 1],
      b: [columns, 1],
      c: [columns, 1],
    };
    const one = arena.upload("one", new Float32Array(4));
    const c = arena.storage("c", rows * columns * 4);
    const buffers = { a: arena.upload("a", a), b: arena.upload("b", b), bias: one, c };
    lines.push(`${name}: ${rows} x ${columns} x ${depth}`);
    for (const variant of allVariants(columns)) {
      gpu.recorder.clear(c);
      const prepared = await prepare(gpu, planGemm(shape, variant), buffers);
      const ms = await tuner.measure(() => prepared.record());
      const [bytes] = await gpu.read({ buffer: c, sizeBytes: rows * columns * 4 });
      const error = errorOf(new Float32Array(bytes!), a, b, shape);
      const gflops = (2 * rows * columns * depth) / ms / 1e6;
      results.push({ name, rows, columns, depth, transposed, variant, ms, gflops, error });
      lines.push(
        `  ${variantText(variant).padEnd(36)} ${ms.toPrecision(3)} ms  ${gflops.toPrecision(3)} GFLOP/s  error ${error.toExponential(1)}`,
      );
    }
  }
  return { benchmark: "kernels", results, lines };
}

/** Those tried on processors and on GPUs, each once. */
function allVariants(columns: number): GemmVariant[] {
  const all = [...gemmVariants(true, columns), ...gemmVariants(false, columns)];
  return [...new Map(all.map((variant) => [JSON.stringify(variant), variant])).values()];
}

function variantText({ rows, columns4, threads }: GemmVariant): string {
  const tile = `${rows} x ${columns4 * 4} a thread`;
  return threads ? `workgroup ${threads.join(" x ")}, ${tile}` : `registers, ${tile}`;
}

/** Largest difference over the root mean square, on up to 4,000 elements spread over the result. */
function errorOf(c: Float32Array, a: Float32Array, b: Float32Array, { a: strides, depth, columns }: GemmShape): number {
  let largest = 0;
  let squares = 0;
  let checked = 0;
  for (let at = 0; at < c.length; at += Math.max(1, Math.floor(c.length / 4000))) {
    const row = Math.floor(at / columns);
    const column = at % columns;
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += a[row * strides[0] + k * strides[1]]! * b[k * columns + column]!;
    largest = Math.max(largest, Math.abs(sum - c[at]!));
    squares += sum * sum;
    checked++;
  }
  return largest / Math.sqrt(squares / checked);
}
