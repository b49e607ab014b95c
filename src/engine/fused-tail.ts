/** Evaluates masks whose whole suffix fits one kernel: the entered layer, and at most one more. */
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Kernel } from "../gpu/pipeline-cache.ts";
import {
  FUSED_TAIL_LIMITS,
  type FusedTailShape,
  type FusedTailVariant,
  fusedTailVariants,
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
export async function openFusedTail(gpu: Gpu, prefix: Prefix, site: Site, options: FusedTailOptions): Promise<Tail> {
  const { capacity, layout, listed } = options;
  const arena = gpu.arena.scope();
  const slots = [new Slot(gpu, arena, prefix, site, options), new Slot(gpu, arena, prefix, site, options)];
  let turn = 0;
  const shapeOf = (batch: MaskBatch) => fusedShape(prefix, site, options, batch);

  /** Chooses among the variants by measuring them on a first batch, whose slot is then used as for any other. */
  const choose = async (batch: MaskBatch): Promise<FusedTailVariant> => {
    const { width } = shapeOf(batch);
    const slot = slots[0]!;
    slot.load(batch);
    const variant = await options.tuner.choose(
      `fused-tail ${width} ${layout.classes} ${listed ? "listed" : "dense"} ${options.top5 ? "top 5" : ""} ${options.loss ? "loss" : ""}`,
      fusedTailVariants(gpu.isProcessor).filter((candidate) => candidate.listed === listed),
      options.expectedMs,
      async (candidate) => {
        const plan = planFusedTail(shapeOf(batch), candidate);
        const kernel = await compile(gpu, plan);
        return () => slot.record(kernel, plan, batch.masks.length);
      },
    );
    return variant;
  };
  let chosen: Promise<FusedTailVariant> | null = null;

  return {
    capacity,
    async evaluate(batch) {
      chosen ??= choose(batch);
      const plan = planFusedTail(shapeOf(batch), await chosen);
      const kernel = await compile(gpu, plan);
      // From here to the submit nothing is awaited: two batches may be under way, each with the slot that is its turn.
      const slot = slots[turn]!;
      turn = 1 - turn;
      slot.load(batch);
      slot.record(kernel, plan, batch.masks.length);
      const [tally] = await gpu.read({ buffer: slot.tally, sizeBytes: batch.masks.length * layout.words * 4 });
      return new Uint32Array(tally!);
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}

function fusedShape(
  prefix: Prefix,
  site: Site,
  { layout, top5, loss }: FusedTailOptions,
  batch: MaskBatch,
): FusedTailShape {
  const { stages } = prefix.model;
  const { layer } = stages[site.stage + 1]!;
  return {
    masks: batch.masks.length,
    maskStart: 0,
    samples: prefix.samples,
    stride: prefix.stride,
    width: layer.outFeatures,
    activation: site.stage + 2 === stages.length ? null : layer.activation,
    layout,
    top5,
    loss,
    extra: batch.masks.some((units) => listedUnits(units.length, site.units) > 2),
    rowStart: 0,
    longestList: batch.samples?.longest ?? 0,
  };
}

/** Buffers of one batch under way, bound again only where one had to grow. */
class Slot {
  readonly #gpu: Gpu;
  readonly #arena: Arena;
  readonly #site: Site;
  readonly #fixed: Buffers;
  readonly #rowBytes: number;
  readonly #listed: boolean;
  readonly tally: GPUBuffer;
  #program: GPUBuffer;
  #list: GPUBuffer;
  #bound: { readonly kernel: Kernel; readonly prepared: Prepared } | null = null;

  constructor(gpu: Gpu, arena: Arena, prefix: Prefix, site: Site, { capacity, layout, listed }: FusedTailOptions) {
    this.#gpu = gpu;
    this.#arena = arena;
    this.#site = site;
    this.#rowBytes = layout.words * 4;
    this.#listed = listed;
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
  load({ masks, samples }: MaskBatch): void {
    this.#program = this.#written(this.#program, "mask program", packProgram(masks, this.#site.units));
    if (this.#listed) this.#list = this.#written(this.#list, "sample lists", samples!.list);
  }

  record(kernel: Kernel, plan: KernelPlan, masks: number): void {
    if (this.#bound?.kernel !== kernel) {
      const lists: Buffers = this.#listed ? { list: this.#list } : {};
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
