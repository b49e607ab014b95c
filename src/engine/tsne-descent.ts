/**
 * The buffers and dispatches of a t-SNE map under way. What is recorded is submitted in portions that keep a device busy for
 * well under 100 ms, so that a display stays alive and a stop is soon heard.
 */
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import type { KernelPlan } from "../kernels/plan.ts";
import { planTsneAffinities } from "../kernels/tsne-affinities.ts";
import { BANDWIDTH_STEPS, bandsBytes, planTsneBandwidth } from "../kernels/tsne-bandwidth.ts";
import {
  FAR_AWAY,
  points4Of,
  type TsneBlock,
  type TsneColumns,
  tsneBlockBytes,
  tsneBlocks,
  tsneColumns,
} from "../kernels/tsne-columns.ts";
import { planTsneDistances } from "../kernels/tsne-distances.ts";
import { planTsneDivergence } from "../kernels/tsne-divergence.ts";
import { forcesBytes, planTsneForces } from "../kernels/tsne-forces.ts";
import { planTsneStep, type TsneStepSettings } from "../kernels/tsne-step.ts";
import { planTsneTotal, TSNE_TOTALS } from "../kernels/tsne-total.ts";
import { type Buffers, type Prepared, prepare } from "./prepare.ts";
import { PAIR_OPERATIONS } from "./tsne-memory.ts";

/** Operations of a submit: 30 to 90 ms at the 1 to 3 GFLOP/s of a processor, and at 60 to 150 of a slow GPU. */
const SUBMIT_OPERATIONS = { processor: 1e8, gpu: 5e9 } as const;
/** What starting a dispatch is worth in operations. */
const DISPATCH_OPERATIONS = { processor: 1e4, gpu: 2e6 } as const;

/** Asked whenever the GPU has done a portion; resolves to false where the work is to stop. */
export type Proceed = () => Promise<boolean>;

/** One dispatch over columns, and how many operations it comes to. */
interface Pass {
  readonly prepared: Prepared;
  readonly operations: number;
}

/** A kernel over all columns: its plan for some of them, and its buffers for a block. */
interface Columnwise {
  readonly pairOperations: number;
  readonly plan: (columns: TsneColumns) => KernelPlan;
  readonly buffers: (matrix: GPUBuffer) => Buffers;
}

/** Owns its buffers; after `prepare` any number of `step`s, and `read` between them. */
export class TsneDescent implements Disposable {
  readonly #gpu: Gpu;
  readonly #arena: Arena;
  readonly #points: number;
  readonly #blocks: readonly TsneBlock[];
  /** A block of columns each: squared distances, then probabilities. */
  readonly #matrices: readonly GPUBuffer[];
  readonly #y: GPUBuffer;
  readonly #velocity: GPUBuffer;
  readonly #gain: GPUBuffer;
  readonly #forces: GPUBuffer;
  readonly #totals: GPUBuffer;
  readonly #submitOperations: number;
  readonly #dispatchOperations: number;
  #recorded = 0;
  #descend: { forces: readonly Pass[]; total: Prepared; step: Prepared } | null = null;

  /** `initial`: [points, 2]; a buffer is of `bindingBytes` at the most. Throws `out-of-memory` where the budget or the device refuses. */
  constructor(gpu: Gpu, points: number, initial: Float32Array, bindingBytes = largestBinding(gpu)) {
    const kind = gpu.isProcessor ? "processor" : "gpu";
    this.#submitOperations = SUBMIT_OPERATIONS[kind];
    this.#dispatchOperations = DISPATCH_OPERATIONS[kind];
    this.#gpu = gpu;
    this.#points = points;
    this.#blocks = tsneBlocks(points, bindingBytes);
    const arena = gpu.arena.scope();
    this.#arena = arena;
    try {
      this.#matrices = this.#blocks.map((block) => arena.storage("t-SNE pairs", tsneBlockBytes(points, block)));
      const pairs = (label: string) => arena.storage(label, 8 * 4 * points4Of(points));
      this.#y = pairs("t-SNE map");
      this.#velocity = pairs("t-SNE velocity");
      this.#gain = pairs("t-SNE gain");
      const map = new Float32Array(8 * points4Of(points)).fill(FAR_AWAY);
      map.set(initial);
      arena.write(this.#y, map);
      arena.write(this.#gain, new Float32Array(2 * points).fill(1));
      this.#forces = arena.storage("t-SNE forces", forcesBytes(points, gpu.isProcessor));
      this.#totals = arena.storage("t-SNE totals", TSNE_TOTALS * 4);
    } catch (error) {
      arena[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#arena[Symbol.dispose]();
  }

  /** The probabilities of scores [points, dims] at a perplexity. False where `proceed` said stop. */
  async prepare(scores: Float32Array, dims: number, perplexity: number, proceed: Proceed): Promise<boolean> {
    const { isProcessor } = this.#gpu;
    using transient = this.#arena.scope();
    const x = transient.upload("t-SNE scores", scaledColumns(scores, this.#points, dims));
    const bands = transient.storage("t-SNE bands", bandsBytes(this.#points));
    const distances = await this.#passes({
      pairOperations: PAIR_OPERATIONS.distance * dims,
      plan: (columns) => planTsneDistances(columns, dims, isProcessor),
      buffers: (d) => ({ x, d }),
    });
    const bandwidth = (first: boolean) =>
      this.#passes({
        pairOperations: PAIR_OPERATIONS.bandwidth,
        plan: (columns) => planTsneBandwidth(columns, { perplexity, first }, isProcessor),
        buffers: (d) => ({ d, bands }),
      });
    const [first, further] = [await bandwidth(true), await bandwidth(false)];
    const affinities = await this.#passes({
      pairOperations: PAIR_OPERATIONS.affinities,
      plan: (columns) => planTsneAffinities(columns, isProcessor),
      buffers: (p) => ({ bands, p }),
    });
    const search = [first, ...Array.from({ length: BANDWIDTH_STEPS - 1 }, () => further)];
    for (const passes of [distances, ...search, affinities]) if (!(await this.#run(passes, proceed))) return false;
    return true;
  }

  /** Records one step of the descent; from time to time waits for the GPU. False where `proceed` said stop. */
  async step(settings: TsneStepSettings, proceed: Proceed): Promise<boolean> {
    this.#descend ??= await this.#prepareDescent(settings);
    const { forces, total, step } = this.#descend;
    if (!(await this.#run(forces, proceed))) return false;
    total.record();
    step.record(planTsneStep(this.#points, settings, this.#gpu.isProcessor));
    return this.#spent(2 * this.#dispatchOperations, proceed);
  }

  /** The map as it is, [points, 2], and its divergence in nats. Null where `proceed` said stop. */
  async read(proceed: Proceed): Promise<{ points: Float32Array; divergence: number } | null> {
    const { isProcessor } = this.#gpu;
    const width = 4 * points4Of(this.#points);
    using transient = this.#arena.scope();
    const sizeBytes = forcesBytes(this.#points, isProcessor) / 5;
    const buffer = transient.storage("t-SNE divergence", sizeBytes);
    const divergences = await this.#passes({
      pairOperations: PAIR_OPERATIONS.divergence,
      plan: (columns) => planTsneDivergence(columns, isProcessor),
      buffers: (p) => ({ p, y: this.#y, divergence: buffer }),
    });
    const forces = await this.#forcePasses();
    for (const passes of [forces, divergences]) if (!(await this.#run(passes, proceed))) return null;
    const [points, parts, shares] = await this.#gpu.read(
      { buffer: this.#y, sizeBytes: 8 * this.#points },
      { buffer, sizeBytes },
      { buffer: this.#forces, sizeBytes: 5 * sizeBytes },
    );
    const isPoint = (at: number) => at % width < this.#points;
    const isShare = (at: number) => Math.floor(at / width) % 5 === 4 && isPoint(at);
    const divergence = sumOf(new Float32Array(parts!), isPoint) + Math.log(sumOf(new Float32Array(shares!), isShare));
    return { points: new Float32Array(points!), divergence };
  }

  #forcePasses(): Promise<readonly Pass[]> {
    return this.#passes({
      pairOperations: PAIR_OPERATIONS.forces,
      plan: (columns) => planTsneForces(columns, this.#gpu.isProcessor),
      buffers: (p) => ({ p, y: this.#y, forces: this.#forces }),
    });
  }

  async #prepareDescent(settings: TsneStepSettings) {
    const { isProcessor } = this.#gpu;
    const [forces, totals] = [this.#forces, this.#totals];
    const map = { y: this.#y, velocity: this.#velocity, gain: this.#gain };
    return {
      forces: await this.#forcePasses(),
      total: await prepare(this.#gpu, planTsneTotal(this.#points, isProcessor), { forces, totals }),
      step: await prepare(this.#gpu, planTsneStep(this.#points, settings, isProcessor), { forces, totals, ...map }),
    };
  }

  /** The dispatches of a kernel over all columns, none of them longer than a submit may be. */
  async #passes({ pairOperations, plan, buffers }: Columnwise): Promise<readonly Pass[]> {
    const columnOperations = pairOperations * this.#points;
    const most = this.#submitOperations / columnOperations;
    const passes: Pass[] = [];
    for (const [index, block] of this.#blocks.entries()) {
      for (const columns of tsneColumns(this.#points, block, most)) {
        const prepared = await prepare(this.#gpu, plan(columns), buffers(this.#matrices[index]!));
        passes.push({ prepared, operations: 4 * columns.count4 * columnOperations + this.#dispatchOperations });
      }
    }
    return passes;
  }

  async #run(passes: readonly Pass[], proceed: Proceed): Promise<boolean> {
    for (const { prepared, operations } of passes) {
      prepared.record();
      if (!(await this.#spent(operations, proceed))) return false;
    }
    return true;
  }

  /** Counts what was recorded; once it is a submit's worth, waits for the GPU and asks whether to go on. */
  async #spent(operations: number, proceed: Proceed): Promise<boolean> {
    this.#recorded += operations;
    if (this.#recorded < this.#submitOperations) return true;
    this.#recorded = 0;
    await this.#gpu.finish();
    return proceed();
  }
}

function largestBinding({ device }: Gpu): number {
  return Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
}

/**
 * Scores [points, dims] as columns [dims, 4 points4], scaled so that their variances add up to 1: probabilities do not change
 * with the scale, and the search for bandwidths begins near its end.
 */
function scaledColumns(scores: Float32Array, points: number, dims: number): Float32Array {
  const width = 4 * points4Of(points);
  const columns = new Float32Array(dims * width);
  const means = new Float64Array(dims);
  let squares = 0;
  for (let i = 0; i < points; i++) for (let k = 0; k < dims; k++) means[k]! += scores[i * dims + k]! / points;
  for (let i = 0; i < points; i++) {
    for (let k = 0; k < dims; k++) squares += (scores[i * dims + k]! - means[k]!) ** 2 / points;
  }
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 1;
  for (let i = 0; i < points; i++) {
    for (let k = 0; k < dims; k++) columns[k * width + i] = scale * (scores[i * dims + k]! - means[k]!);
  }
  return columns;
}

/** Sum in float64 of the numbers whose places are wanted. */
function sumOf(values: Float32Array, isWanted: (at: number) => boolean): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) if (isWanted(at)) sum += values[at]!;
  return sum;
}
