/**
 * Evaluates masks layer by layer, for suffixes that are wide, deep, or masked again further down: masks x images are the
 * rows of each product, entered by subtraction (few units masked) or by a masked product (many).
 */
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { planGemm } from "../kernels/gemm.ts";
import { planRemask } from "../kernels/remask.ts";
import { planScore } from "../kernels/score.ts";
import type { TallyLayout } from "../kernels/tally.ts";
import { type Activation, LINEAR } from "../network/network.ts";
import { openDeltaEntry, openMaskedEntry, type Part } from "./entry.ts";
import { givenBySample } from "./given.ts";
import { packBits } from "./masks.ts";
import { defaultGemm, type Prefix } from "./prefix.ts";
import { prepare } from "./prepare.ts";
import type { Site, UnitReplacement } from "./site.ts";
import type { MaskBatch, Tail } from "./tail.ts";

export interface LayeredTailOptions {
  readonly capacity: number;
  /** Rows (masks x images) computed at once. */
  readonly rows: number;
  readonly entry: "delta" | "masked-gemm";
  readonly layout: TallyLayout;
  readonly loss: boolean;
  /** How the units of stages masked further down are replaced. */
  readonly deeper: ReadonlyMap<number, UnitReplacement>;
}

/** Bytes that a layered tail takes for `rows` rows through layers of these widths. */
export function layeredTailBytes(widths: readonly number[], rows: number): number {
  return 2 * rows * Math.max(...widths) * 4;
}

/** Makes the layered tail of a site ready. */
export function openLayeredTail(gpu: Gpu, prefix: Prefix, site: Site, options: LayeredTailOptions): Promise<Tail> {
  return gpu.arena.opening((arena) => layeredTail(gpu, arena, prefix, site, options));
}

async function layeredTail(
  gpu: Gpu,
  arena: Arena,
  prefix: Prefix,
  site: Site,
  options: LayeredTailOptions,
): Promise<Tail> {
  const { capacity, layout } = options;
  const suffix = prefix.model.stages.slice(site.stage + 1);
  const widest = Math.max(...suffix.map(({ layer }) => layer.outFeatures));
  const buffers = [0, 1].map((side) => arena.storage(`suffix ${side}`, options.rows * widest * 4));
  const tally = arena.storage("tally", capacity * layout.words * 4);
  const open = options.entry === "delta" ? openDeltaEntry : openMaskedEntry;
  const storeOf = (stage: number) => {
    // A layer whose units are replaced before its activation goes through it after that.
    const isLate = options.deeper.get(stage)?.place === "pre-activation";
    return isLate ? LINEAR : prefix.model.stages[stage]!.layer.activation;
  };
  const entry = await open(gpu, arena, prefix, site, capacity, buffers[0]!, storeOf(site.stage + 1));
  const images = Math.min(prefix.samples, options.rows, entry.mostImages);
  const masksAtOnce = Math.max(1, Math.floor(options.rows / images));

  const passes: Pass[] = [];
  const masks = new Map<number, GPUBuffer>();
  for (const index of suffix.keys()) {
    const stage = site.stage + 1 + index;
    const [from, to] = [buffers[(index + 1) % 2]!, buffers[index % 2]!];
    if (index > 0) passes.push(await layerPass(gpu, prefix, stage, { from, to, store: storeOf(stage) }));
    const replacement = options.deeper.get(stage);
    if (!replacement) continue;
    const units = suffix[index]!.layer.outFeatures;
    const bits = arena.storage("mask bits", capacity * Math.ceil(units / 32) * 4);
    masks.set(stage, bits);
    passes.push(await remaskPass(gpu, arena, prefix, stage, replacement, { bits, h: to }));
  }
  passes.push(await scorePass(gpu, prefix, options, buffers[(suffix.length - 1) % 2]!, tally));

  return {
    capacity,
    async evaluate(batch: MaskBatch) {
      const count = batch.masks.length;
      entry.load(batch.masks);
      for (const [stage, bits] of masks) {
        arena.write(bits, packBits(batch.deeper!.get(stage)!, prefix.model.stages[stage]!.layer.outFeatures));
      }
      gpu.recorder.clear(tally, 0, count * layout.words * 4);
      for (const part of partsOf(count, masksAtOnce, prefix.samples, images)) {
        entry.record(part);
        for (const pass of passes) pass(part);
        gpu.recorder.submit();
      }
      const [rows] = await gpu.read({ buffer: tally, sizeBytes: count * layout.words * 4 });
      return new Uint32Array(rows!);
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}

/** Records what one part needs of one kernel. */
type Pass = (part: Part) => void;

function* partsOf(masks: number, masksAtOnce: number, samples: number, images: number): Generator<Part> {
  for (let maskStart = 0; maskStart < masks; maskStart += masksAtOnce) {
    for (let imageStart = 0; imageStart < samples; imageStart += images) {
      yield {
        masks: Math.min(masksAtOnce, masks - maskStart),
        maskStart,
        images: Math.min(images, samples - imageStart),
        imageStart,
      };
    }
  }
}

/** A whole layer, [rows, inFeatures] to [rows, outFeatures]. */
async function layerPass(
  gpu: Gpu,
  prefix: Prefix,
  stage: number,
  { from, to, store }: { from: GPUBuffer; to: GPUBuffer; store: Activation },
): Promise<Pass> {
  const { layer, weight, bias } = prefix.model.stages[stage]!;
  const { inFeatures, outFeatures } = layer;
  const planOf = (rows: number) =>
    planGemm(
      { rows, columns: outFeatures, depth: inFeatures, a: [inFeatures, 1], b: [outFeatures, 1], c: [outFeatures, 1] },
      defaultGemm(gpu, outFeatures),
      { bias: layer.bias !== null, store },
    );
  const prepared = await prepare(gpu, planOf(1), { a: from, b: weight, bias, c: to });
  return ({ masks, images }) => prepared.record(planOf(masks * images));
}

/** Masks units of a layer further down, in place. */
async function remaskPass(
  gpu: Gpu,
  arena: Arena,
  prefix: Prefix,
  stage: number,
  { coefficients, given, place, seed }: UnitReplacement,
  { bits, h }: { bits: GPUBuffer; h: GPUBuffer },
): Promise<Pass> {
  const { outFeatures: units, activation } = prefix.model.stages[stage]!.layer;
  const planOf = ({ masks, maskStart, images, imageStart }: Part) =>
    planRemask({
      rows: masks * images,
      units,
      images,
      maskStart,
      imageStart,
      sampleStart: prefix.start,
      seed: seed + stage,
      before: place === "pre-activation" ? activation : null,
      given: given !== null,
    });
  const prepared = await prepare(gpu, planOf({ masks: 1, maskStart: 0, images: 1, imageStart: 0 }), {
    masks: bits,
    coefficients: arena.upload("coefficients", given ? givenBySample(given) : coefficients),
    h,
  });
  return (part) => prepared.record(planOf(part));
}

/** What each mask changed, from its logits, into its row of the tally. */
async function scorePass(
  gpu: Gpu,
  prefix: Prefix,
  { layout, loss }: LayeredTailOptions,
  logits: GPUBuffer,
  tally: GPUBuffer,
): Promise<Pass> {
  const planOf = ({ masks, maskStart, images, imageStart }: Part) =>
    planScore({ masks, images, imageStart, rowStart: maskStart * layout.words, layout, loss });
  const prepared = await prepare(gpu, planOf({ masks: 1, maskStart: 0, images: 1, imageStart: 0 }), {
    logits,
    truth: prefix.truth,
    tally,
  });
  return (part) => prepared.record(planOf(part));
}
