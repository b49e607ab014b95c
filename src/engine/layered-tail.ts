/**
 * Evaluates masks layer by layer, for suffixes that are wide, deep, or masked again further down: masks x images are the
 * rows of each product, entered by subtraction (few units masked) or by a masked product (many).
 */
import type { Gpu } from "../gpu/device.ts";
import { deltaEntryVariants, planDeltaEntry } from "../kernels/delta-entry.ts";
import { planGemm } from "../kernels/gemm.ts";
import { planMaskedGemm } from "../kernels/masked-gemm.ts";
import { planRemask } from "../kernels/remask.ts";
import { planScore } from "../kernels/score.ts";
import type { TallyLayout } from "../kernels/tally.ts";
import { packBits, packProgram } from "./masks.ts";
import { defaultGemm, type Prefix } from "./prefix.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { Site } from "./site.ts";
import type { MaskBatch, Tail } from "./tail.ts";

export interface LayeredTailOptions {
  readonly capacity: number;
  /** Rows (masks x images) computed at once. */
  readonly rows: number;
  readonly entry: "delta" | "masked-gemm";
  readonly layout: TallyLayout;
  readonly loss: boolean;
  readonly seed: number;
  /** Factor, shift and sigma of the units of stages masked further down. */
  readonly deeper: ReadonlyMap<number, Float32Array>;
}

/** Bytes that a layered tail takes for `rows` rows through layers of these widths. */
export function layeredTailBytes(widths: readonly number[], rows: number): number {
  return 2 * rows * Math.max(...widths) * 4;
}

/** Makes the layered tail of a site ready. */
export async function openLayeredTail(
  gpu: Gpu,
  prefix: Prefix,
  site: Site,
  options: LayeredTailOptions,
): Promise<Tail> {
  const { capacity, layout, loss } = options;
  const { stages } = prefix.model;
  const { samples, stride } = prefix;
  const suffix = stages.slice(site.stage + 1);
  const widths = suffix.map(({ layer }) => layer.outFeatures);
  const arena = gpu.arena.scope();
  const images = Math.min(samples, options.rows);
  const masksAtOnce = Math.max(1, Math.floor(options.rows / images));
  const buffers = [0, 1].map((side) => arena.storage(`suffix ${side}`, masksAtOnce * images * Math.max(...widths) * 4));
  const tally = arena.storage("tally", capacity * layout.words * 4);
  const masks = new Map<number, GPUBuffer>();
  for (const stage of [site.stage, ...options.deeper.keys()]) {
    const words = Math.ceil(stages[stage]!.layer.outFeatures / 32);
    masks.set(stage, arena.storage("mask bits", capacity * words * 4));
  }
  const coefficients = new Map(
    [...options.deeper].map(([stage, values]) => [stage, arena.upload("coefficients", values)] as const),
  );
  let program = arena.storage("mask program", (capacity * 3 + 1) * 4);

  const entered = suffix[0]!;
  const gemmOf = (columns: number) => defaultGemm(gpu, columns);
  const entryPlan = (count: number, maskStart: number, imageCount: number, imageStart: number) =>
    options.entry === "delta"
      ? planDeltaEntry(
          {
            masks: count,
            maskStart,
            images: imageCount,
            imageStart,
            columns: widths[0]!,
            stride,
            activation: entered.layer.activation,
          },
          deltaEntryVariants[gpu.isProcessor ? 2 : 0]!,
        )
      : planMaskedGemm(
          {
            masks: count,
            maskStart,
            images: imageCount,
            imageStart,
            columns: widths[0]!,
            depth: site.units,
            a: [1, stride],
            b: [widths[0]!, 1],
            c: [widths[0]!, 1],
            bias: entered.layer.bias !== null,
            load: stages[site.stage]!.layer.activation,
            store: entered.layer.activation,
          },
          gemmOf(widths[0]!),
        );
  const layerPlan = (index: number, rows: number) => {
    const { layer } = suffix[index]!;
    return planGemm(
      {
        rows,
        columns: layer.outFeatures,
        depth: layer.inFeatures,
        a: [layer.inFeatures, 1],
        b: [layer.outFeatures, 1],
        c: [layer.outFeatures, 1],
      },
      gemmOf(layer.outFeatures),
      { bias: layer.bias !== null, store: layer.activation },
    );
  };
  const remaskPlan = (stage: number, count: number, maskStart: number, imageCount: number, imageStart: number) =>
    planRemask({
      rows: count * imageCount,
      units: stages[stage]!.layer.outFeatures,
      images: imageCount,
      maskStart,
      imageStart,
      sampleStart: prefix.start,
      seed: options.seed + stage,
    });
  const scorePlan = (count: number, maskStart: number, imageCount: number, imageStart: number) =>
    planScore({ masks: count, images: imageCount, imageStart, rowStart: maskStart * layout.words, layout, loss });

  const layers: Prepared[] = [];
  const remasks = new Map<number, Prepared>();
  for (const [index, { weight, bias }] of suffix.entries()) {
    const stage = site.stage + 1 + index;
    const [from, to] = [buffers[(index + 1) % 2]!, buffers[index % 2]!];
    if (index > 0)
      layers.push(await prepare(gpu, layerPlan(index, 1), { a: from, b: weight, bias, gate: weight, c: to }));
    const values = coefficients.get(stage);
    if (values) {
      remasks.set(
        stage,
        await prepare(gpu, remaskPlan(stage, 1, 0, 1, 0), { masks: masks.get(stage)!, coefficients: values, h: to }),
      );
    }
  }
  const logits = buffers[(suffix.length - 1) % 2]!;
  const score = await prepare(gpu, scorePlan(1, 0, 1, 0), { logits, truth: prefix.truth, tally });
  const openEntry = () =>
    options.entry === "delta"
      ? prepare(gpu, entryPlan(1, 0, 1, 0), {
          z: site.entered,
          displacement: site.displacement,
          b: entered.weight,
          program,
          c: buffers[0]!,
        })
      : prepare(gpu, entryPlan(1, 0, 1, 0), {
          a: prefix.z[site.stage]!,
          displacement: site.displacement,
          masks: masks.get(site.stage)!,
          b: entered.weight,
          bias: entered.bias,
          c: buffers[0]!,
        });
  let entry = await openEntry();

  return {
    capacity,
    async evaluate(batch: MaskBatch) {
      if (options.entry === "delta") {
        const packed = packProgram(batch.masks, site.units);
        if (packed.length * 4 > program.size) {
          arena.free(program);
          program = arena.storage("mask program", packed.length * 6);
          entry = await openEntry();
        }
        arena.write(program, packed);
      } else {
        arena.write(masks.get(site.stage)!, packBits(batch.masks, site.units));
      }
      for (const stage of options.deeper.keys()) {
        const units = stages[stage]!.layer.outFeatures;
        arena.write(masks.get(stage)!, packBits(batch.deeper!.get(stage)!, units));
      }
      gpu.recorder.clear(tally, 0, batch.masks.length * layout.words * 4);
      for (let maskStart = 0; maskStart < batch.masks.length; maskStart += masksAtOnce) {
        const count = Math.min(masksAtOnce, batch.masks.length - maskStart);
        for (let imageStart = 0; imageStart < samples; imageStart += images) {
          const imageCount = Math.min(images, samples - imageStart);
          entry.record(entryPlan(count, maskStart, imageCount, imageStart));
          for (const index of suffix.keys()) {
            const stage = site.stage + 1 + index;
            if (index > 0) layers[index - 1]!.record(layerPlan(index, count * imageCount));
            remasks.get(stage)?.record(remaskPlan(stage, count, maskStart, imageCount, imageStart));
          }
          score.record(scorePlan(count, maskStart, imageCount, imageStart));
          gpu.recorder.submit();
        }
      }
      const [rows] = await gpu.read({ buffer: tally, sizeBytes: batch.masks.length * layout.words * 4 });
      return new Uint32Array(rows!);
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}
