/** Evaluates masks whose whole suffix fits one kernel: the entered layer, and at most one more. */
import type { Gpu } from "../gpu/device.ts";
import {
  FUSED_TAIL_LIMITS,
  type FusedTailShape,
  type FusedTailVariant,
  fusedTailVariants,
  planFusedTail,
} from "../kernels/fused-tail.ts";
import type { TallyLayout } from "../kernels/tally.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import { packProgram } from "./masks.ts";
import type { Prefix } from "./prefix.ts";
import { type Prepared, prepare } from "./prepare.ts";
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
  readonly loss: boolean;
  /** Visit only listed samples; every batch must then bring its lists. */
  readonly listed: boolean;
  readonly tuner: Tuner;
  /** What the whole sweep is expected to take: decides whether variants are measured. */
  readonly expectedMs: number;
}

/** Buffers of one batch under way. */
interface Slot {
  program: GPUBuffer;
  list: GPUBuffer;
  tally: GPUBuffer;
}

/** Makes the fused tail of a site ready. */
export async function openFusedTail(gpu: Gpu, prefix: Prefix, site: Site, options: FusedTailOptions): Promise<Tail> {
  const { capacity, layout, loss, listed, tuner } = options;
  const { stages } = prefix.model;
  const entered = stages[site.stage + 1]!;
  const isLast = site.stage + 2 === stages.length;
  const arena = gpu.arena.scope();
  const slots: Slot[] = [0, 1].map(() => ({
    program: arena.storage("mask program", (capacity * 3 + 1) * 4),
    list: arena.storage("sample lists", 16),
    tally: arena.storage("tally", capacity * layout.words * 4),
  }));
  let turn = 0;

  const shapeOf = (masks: number, longestList: number): FusedTailShape => ({
    masks,
    maskStart: 0,
    samples: prefix.samples,
    stride: prefix.stride,
    width: entered.layer.outFeatures,
    activation: isLast ? null : entered.layer.activation,
    layout,
    loss,
    rowStart: 0,
    longestList,
  });
  const bindings = (slot: Slot) => ({
    z: site.entered,
    displacement: site.displacement,
    entryWeight: entered.weight,
    last: prefix.model.last,
    truth: prefix.truth,
    program: slot.program,
    tally: slot.tally,
    ...(listed ? { list: slot.list } : {}),
  });

  /** Replaces a buffer by a larger one where `words` do not fit. */
  const grown = (buffer: GPUBuffer, label: string, words: number): GPUBuffer => {
    if (words * 4 <= buffer.size) return buffer;
    arena.free(buffer);
    return arena.storage(label, words * 6);
  };
  const upload = (slot: Slot, batch: MaskBatch) => {
    const program = packProgram(batch.masks, site.units);
    slot.program = grown(slot.program, "mask program", program.length);
    arena.write(slot.program, program);
    if (!listed) return;
    slot.list = grown(slot.list, "sample lists", batch.samples!.list.length);
    arena.write(slot.list, batch.samples!.list);
  };
  const record = (prepared: Prepared, slot: Slot, batch: MaskBatch, variant: FusedTailVariant) => {
    gpu.recorder.clear(slot.tally, 0, batch.masks.length * layout.words * 4);
    prepared.record(planFusedTail(shapeOf(batch.masks.length, batch.samples?.longest ?? 0), variant));
  };
  let variant: FusedTailVariant | null = null;

  return {
    capacity,
    async evaluate(batch) {
      const slot = slots[turn]!;
      turn = 1 - turn;
      upload(slot, batch);
      variant ??= await tuner.choose(
        `fused-tail ${entered.layer.outFeatures} ${layout.classes} ${listed ? "listed" : "dense"} loss ${loss}`,
        fusedTailVariants(gpu.isProcessor).filter((candidate) => candidate.listed === listed),
        options.expectedMs,
        async (candidate) => {
          const prepared = await prepare(
            gpu,
            planFusedTail(shapeOf(batch.masks.length, batch.samples?.longest ?? 0), candidate),
            bindings(slot),
          );
          return () => record(prepared, slot, batch, candidate);
        },
      );
      const plan = planFusedTail(shapeOf(batch.masks.length, batch.samples?.longest ?? 0), variant);
      record(await prepare(gpu, plan, bindings(slot)), slot, batch, variant);
      const [tally] = await gpu.read({ buffer: slot.tally, sizeBytes: batch.masks.length * layout.words * 4 });
      return new Uint32Array(tally!);
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}
