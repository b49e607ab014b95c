/** Evaluates masks whose whole suffix fits one kernel: the entered layer, and at most one more. */
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Kernel } from "../gpu/pipeline-cache.ts";
import {
  FUSED_TAIL_LIMITS,
  type FusedTailShape,
  type FusedTailVariant,
  fusedTailVariants,
  packTiles,
  planFusedTail,
} from "../kernels/fused-tail.ts";
import type { KernelPlan } from "../kernels/plan.ts";
import type { TallyLayout } from "../kernels/tally.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import { listedUnits, packProgram } from "./masks.ts";
import type { Prefix } from "./prefix.ts";
import { type Buffers, bind, compile, type Prepared } from "./prepare.ts";
import type { Site } from "./site.ts";
import type { MaskBatch, Tail } from "./tail.ts";
import type { Tuner } from "./tuner.ts";

/** Whether the suffix after `stage` fits the fused tail: one or two layers, few enough values for registers. */
export function fitsFusedTail(chain: DenseChain, stage: number): boolean {
  const { stages } = chain;
  const last = stages.length - 1;
  const entered = stages[stage + 1]!;
  const classes = stages[last]!.outFeatures;
  return (
    stages[last]!.activation.kind === "linear" &&
    last - stage <= 2 &&
    classes <= FUSED_TAIL_LIMITS.classes &&
    entered.outFeatures * classes <= FUSED_TAIL_LIMITS.values
  );
}

export interface FusedTailOptions {
  readonly capacity: number;
  readonly layout: TallyLayout;
  readonly top5: boolean;
  readonly loss: boolean;
  /** Visit only listed samples; every batch must then bring its lists. */
  readonly listed: boolean;
  readonly tuner: Tuner;
  /** What the whole sweep is expected to take: decides whether variants are measured. */
  readonly expectedMs: number;
}

/** Makes the fused tail of a site ready. */
export function openFusedTail(gpu: Gpu, prefix: Prefix, site: Site, options: FusedTailOptions): Promise<Tail> {
  return gpu.arena.opening(async (arena) => fusedTail(gpu, arena, prefix, site, options));
}

function fusedTail(gpu: Gpu, arena: Arena, prefix: Prefix, site: Site, options: FusedTailOptions): Tail {
  const { capacity, layout, listed } = options;
  const slots = [new Slot(gpu, arena, prefix, site, options), new Slot(gpu, arena, prefix, site, options)];
  let turn = 0;
  const workOf = (batch: MaskBatch, variant: FusedTailVariant) => fusedWork(prefix, site, options, batch, variant);

  /** Chooses among the variants by measuring them on a first batch, whose slot is then used as for any other. */
  const choose = async (batch: MaskBatch): Promise<FusedTailVariant> => {
    const width = prefix.model.stages[site.stage + 1]!.layer.outFeatures;
    const slot = slots[0]!;
    return options.tuner.choose(
      `fused-tail ${width} ${layout.classes} ${listed ? "listed" : "dense"} ${options.top5 ? "top 5" : ""} ${options.loss ? "loss" : ""}`,
      fusedTailVariants(gpu.isProcessor).filter((candidate) => candidate.listed === listed),
      options.expectedMs,
      async (candidate) => {
        const work = workOf(batch, candidate);
        const kernel = await compile(gpu, work.plan);
        slot.load(work);
        return () => slot.record(kernel, work);
      },
    );
  };
  let chosen: Promise<FusedTailVariant> | null = null;

  return {
    capacity,
    async evaluate(batch) {
      chosen ??= choose(batch);
      const work = workOf(batch, await chosen);
      const kernel = await compile(gpu, work.plan);
      // From here to the submit nothing is awaited: two batches may be under way, each with the slot that is its turn.
      const slot = slots[turn]!;
      turn = 1 - turn;
      slot.load(work);
      slot.record(kernel, work);
      const [tally] = await gpu.read({ buffer: slot.tally, sizeBytes: batch.masks.length * layout.words * 4 });
      return new Uint32Array(tally!);
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}

/** A batch as the kernel reads it. */
interface FusedWork {
  readonly plan: KernelPlan;
  readonly program: Uint32Array;
  /** Samples and tiles of a listed tail. */
  readonly list: Uint32Array | null;
  readonly masks: number;
}

function fusedWork(
  prefix: Prefix,
  site: Site,
  { layout, top5, loss }: FusedTailOptions,
  { masks, samples }: MaskBatch,
  variant: FusedTailVariant,
): FusedWork {
  const { stages } = prefix.model;
  const { layer } = stages[site.stage + 1]!;
  const shape: FusedTailShape = {
    masks: masks.length,
    maskStart: 0,
    samples: prefix.samples,
    stride: prefix.stride,
    width: layer.outFeatures,
    activation: site.stage + 2 === stages.length ? null : layer.activation,
    layout,
    top5,
    loss,
    extra: masks.some((units) => listedUnits(units.length, site.units) > 2),
    rowStart: 0,
  };
  const program = packProgram(masks, site.units);
  if (!samples) return { plan: planFusedTail(shape, variant), program, list: null, masks: masks.length };
  const tiles = packTiles(samples.list, masks.length, variant);
  const list = new Uint32Array(samples.list.length + tiles.length);
  list.set(samples.list);
  list.set(tiles, samples.list.length);
  const plan = planFusedTail({ ...shape, tiles: { start: samples.list.length, count: tiles.length / 2 } }, variant);
  return { plan, program, list, masks: masks.length };
}

/** Buffers of one batch under way, bound again only where one had to grow. */
class Slot {
  readonly #gpu: Gpu;
  readonly #arena: Arena;
  readonly #fixed: Buffers;
  readonly #rowBytes: number;
  readonly tally: GPUBuffer;
  #program: GPUBuffer;
  #list: GPUBuffer;
  #bound: { readonly kernel: Kernel; readonly prepared: Prepared } | null = null;

  constructor(gpu: Gpu, arena: Arena, prefix: Prefix, site: Site, { capacity, layout }: FusedTailOptions) {
    this.#gpu = gpu;
    this.#arena = arena;
    this.#rowBytes = layout.words * 4;
    this.#program = arena.storage("mask program", (capacity * 3 + 1) * 4);
    this.#list = arena.storage("sample lists", 16);
    this.tally = arena.storage("tally", capacity * this.#rowBytes);
    this.#fixed = {
      z: site.entered,
      displacement: site.displacement,
      entryWeight: prefix.model.stages[site.stage + 1]!.weight,
      last: prefix.model.last,
      truth: prefix.truth,
      tally: this.tally,
    };
  }

  /** Writes a batch's masks and, in a listed tail, the samples to visit. */
  load({ program, list }: FusedWork): void {
    this.#program = this.#written(this.#program, "mask program", program);
    if (list) this.#list = this.#written(this.#list, "sample lists", list);
  }

  record(kernel: Kernel, { plan, list, masks }: FusedWork): void {
    if (this.#bound?.kernel !== kernel) {
      const lists: Buffers = list ? { list: this.#list } : {};
      const prepared = bind(this.#gpu, kernel, plan, { ...this.#fixed, program: this.#program, ...lists });
      this.#bound = { kernel, prepared };
    }
    this.#gpu.recorder.clear(this.tally, 0, masks * this.#rowBytes);
    this.#bound.prepared.record(plan);
  }

  /** The buffer with `words` at its start, or a larger one in its place. */
  #written(buffer: GPUBuffer, label: string, words: Uint32Array): GPUBuffer {
    let target = buffer;
    if (words.byteLength > buffer.size) {
      this.#arena.free(buffer);
      target = this.#arena.storage(label, words.byteLength * GROWTH);
      this.#bound = null;
    }
    this.#arena.write(target, words);
    return target;
  }
}

/** A buffer that was too small is replaced by one with room for the next batches, which are much alike. */
const GROWTH = 1.5;
