/**
 * How masks enter the layer after the damage, for many masks and images at once: by subtracting what the masked units
 * gave (few units), or by multiplying the damaged layer anew (many).
 */
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { deltaEntryVariants, mostDeltaImages, planDeltaEntry } from "../kernels/delta-entry.ts";
import { planMaskedGemm } from "../kernels/masked-gemm.ts";
import type { Activation } from "../network/network.ts";
import { packBits, packProgram } from "./masks.ts";
import { defaultGemm, type Prefix } from "./prefix.ts";
import { bind, compile, type Prepared, prepare } from "./prepare.ts";
import type { Site } from "./site.ts";

/** The rows of one product: masks maskStart .. + masks over images imageStart .. + images. */
export interface Part {
  readonly masks: number;
  readonly maskStart: number;
  readonly images: number;
  readonly imageStart: number;
}

/** Writes results of the entered layer, [masks * images, width], for masks loaded before. */
export interface Entry {
  /** Most images of one part. */
  readonly mostImages: number;
  load(masks: readonly (readonly number[])[]): void;
  record(part: Part): void;
}

/** One part of nothing in particular: what kernels are compiled for. */
const ANY: Part = { masks: 1, maskStart: 0, images: 1, imageStart: 0 };

/** Entry by subtraction; at most `capacity` masks. Results go through the activation `store`. */
export async function openDeltaEntry(
  gpu: Gpu,
  arena: Arena,
  prefix: Prefix,
  site: Site,
  capacity: number,
  to: GPUBuffer,
  store: Activation,
): Promise<Entry> {
  const { layer, weight } = prefix.model.stages[site.stage + 1]!;
  const columns = layer.outFeatures;
  const variant = deltaEntryVariants[gpu.isProcessor ? 2 : 0]!;
  const planOf = (part: Part) =>
    planDeltaEntry({ ...part, columns, stride: prefix.stride, activation: store }, variant);
  const kernel = await compile(gpu, planOf(ANY));
  const bound = (program: GPUBuffer): Prepared =>
    bind(gpu, kernel, planOf(ANY), { z: site.entered, displacement: site.displacement, b: weight, program, c: to });
  let program = arena.storage("mask program", (capacity * 3 + 1) * 4);
  let prepared = bound(program);
  return {
    mostImages: mostDeltaImages(columns, variant, gpu.device.limits.maxComputeWorkgroupsPerDimension),
    load(masks) {
      const packed = packProgram(masks, site.units);
      if (packed.byteLength > program.size) {
        arena.free(program);
        program = arena.storage("mask program", packed.byteLength * 1.5);
        prepared = bound(program);
      }
      arena.write(program, packed);
    },
    record: (part) => prepared.record(planOf(part)),
  };
}

/** Entry by a masked product; at most `capacity` masks. Results go through the activation `store`. */
export async function openMaskedEntry(
  gpu: Gpu,
  arena: Arena,
  prefix: Prefix,
  site: Site,
  capacity: number,
  to: GPUBuffer,
  store: Activation,
): Promise<Entry> {
  const { layer, weight, bias } = prefix.model.stages[site.stage + 1]!;
  const columns = layer.outFeatures;
  const masks = arena.storage("mask bits", capacity * Math.ceil(site.units / 32) * 4);
  const planOf = (part: Part) =>
    planMaskedGemm(
      {
        ...part,
        columns,
        depth: site.units,
        a: [1, prefix.stride],
        b: [columns, 1],
        c: [columns, 1],
        bias: layer.bias !== null,
        load: prefix.model.stages[site.stage]!.layer.activation,
        store,
      },
      defaultGemm(gpu, columns),
    );
  const prepared = await prepare(gpu, planOf(ANY), {
    a: prefix.z[site.stage]!,
    displacement: site.displacement,
    masks,
    b: weight,
    bias,
    c: to,
  });
  return {
    mostImages: Number.POSITIVE_INFINITY,
    load: (lists) => arena.write(masks, packBits(lists, site.units)),
    record: (part) => prepared.record(planOf(part)),
  };
}
