/** A layer whose units are replaced: what the replacement adds to each activation, and where it adds anything at all. */
import { wordsFor } from "../core/bitset.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { planDisplace } from "../kernels/displace.ts";
import { planMaskedGemm } from "../kernels/masked-gemm.ts";
import { planMoved } from "../kernels/moved.ts";
import { MOMENTS_BLOCK, planUnitMoments } from "../kernels/unit-moments.ts";
import { LINEAR } from "../network/network.ts";
import { defaultGemm, type Prefix } from "./prefix.ts";
import { prepare } from "./prepare.ts";

/** What a masked unit's activation becomes; structurally a study's Replacement. */
export type ReplacementOptions =
  | { readonly kind: "zero" | "mean" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "noise"; readonly sigma: number };

/** Where a unit is replaced: after its layer's activation, or before it. */
export type AblationPlace = "post-activation" | "pre-activation";

/** How the units of a stage are replaced. */
export interface UnitReplacement {
  /** [units, 3]: x' = factor x + shift + sigma noise, for x the activation or, before it, the pre-activation. */
  readonly coefficients: Float32Array;
  readonly place: AblationPlace;
  readonly seed: number;
}

/** One stage under one replacement. */
export interface Site {
  readonly stage: number;
  readonly units: number;
  /** [units, stride], unit-major: a' - a. */
  readonly displacement: GPUBuffer;
  /** Pre-activation of the next stage, [2 width, stride]: of the intact network, then with all units replaced. */
  readonly entered: GPUBuffer;
  /** [units, wordsFor(samples)]: the samples on which the unit's activation moves. */
  readonly moved: Uint32Array;
  readonly words: number;
}

/** Makes stage `stage` ready to be masked. */
export async function openSite(
  gpu: Gpu,
  arena: Arena,
  prefix: Prefix,
  stage: number,
  { coefficients, place, seed }: UnitReplacement,
): Promise<Site> {
  const { samples, stride } = prefix;
  const { outFeatures: units, activation } = prefix.model.stages[stage]!.layer;
  const z = prefix.z[stage]!;
  const displacement = arena.storage("displacement", units * stride * 4);
  const words = wordsFor(samples);
  using transient = arena.scope();
  const displace = await prepare(
    gpu,
    planDisplace({
      units,
      samples,
      stride,
      activation,
      before: place === "pre-activation",
      seed: seed + stage,
      sampleStart: prefix.start,
    }),
    {
      z,
      coefficients: transient.upload("coefficients", coefficients),
      displacement,
    },
  );
  const moved = transient.storage("moved", units * words * 4);
  const mark = await prepare(gpu, planMoved(units, samples, stride), { displacement, moved });
  const { layer, weight, bias } = prefix.model.stages[stage + 1]!;
  const width = layer.outFeatures;
  const entered = arena.storage("entered layer", 2 * width * stride * 4);
  const replaced = await prepare(
    gpu,
    planMaskedGemm(
      {
        masks: 1,
        maskStart: 0,
        images: samples,
        imageStart: 0,
        columns: width,
        depth: units,
        a: [1, stride],
        b: [width, 1],
        c: [1, stride],
        bias: layer.bias !== null,
        load: activation,
        store: LINEAR,
      },
      defaultGemm(gpu, width),
    ),
    {
      a: z,
      displacement,
      masks: transient.upload("all units", new Uint32Array(wordsFor(units)).fill(0xffffffff)),
      b: weight,
      bias,
      c: { buffer: entered, offset: width * stride * 4 },
    },
  );
  gpu.recorder.copy(prefix.z[stage + 1]!, 0, entered, 0, width * stride * 4);
  displace.record();
  mark.record();
  replaced.record();
  const [bits] = await gpu.read({ buffer: moved, sizeBytes: units * words * 4 });
  return { stage, units, displacement, entered, moved: new Uint32Array(bits!), words };
}

/** The samples, as bits, on which a unit's activation moves. A view. */
export function movedBy({ moved, words }: Site, unit: number): Uint32Array {
  return moved.subarray(unit * words, (unit + 1) * words);
}

/** Bytes that `openSite` allocates for a stage of `units` before one of `width`. */
export function siteBytes(units: number, width: number, samples: number): number {
  const stride = Math.ceil(samples / 64) * 64;
  return (units + 2 * width) * stride * 4 + units * (wordsFor(samples) * 4 + 12) + wordsFor(units) * 4;
}

/** Sums of what each unit gives and of its square, over some samples, in float64. */
export interface Moments {
  readonly samples: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/** Factor, shift and sigma of every unit, [units, 3]. `moments` may be null where the replacement needs none. */
export function coefficientsOf(replacement: ReplacementOptions, units: number, moments: Moments | null): Float32Array {
  const coefficients = new Float32Array(units * 3);
  for (let unit = 0; unit < units; unit++) {
    const mean = moments ? moments.sums[unit]! / moments.samples : 0;
    const variance = moments ? Math.max(0, moments.squares[unit]! / moments.samples - mean * mean) : 0;
    coefficients.set(coefficient(replacement, mean, Math.sqrt(variance)), unit * 3);
  }
  return coefficients;
}

function coefficient(replacement: ReplacementOptions, mean: number, deviation: number): [number, number, number] {
  switch (replacement.kind) {
    case "zero":
      return [0, 0, 0];
    case "constant":
      return [0, replacement.value, 0];
    case "scale":
      return [replacement.factor, 0, 0];
    case "mean":
      return [0, mean, 0];
    case "noise":
      return [1, 0, replacement.sigma * deviation];
  }
}

/** Whether a replacement depends on the unit's activations. */
export function needsMoments(replacement: ReplacementOptions): boolean {
  return replacement.kind === "mean" || replacement.kind === "noise";
}

/** Moments of each unit of a stage, after or before its activation, over the prefix's samples; added to `before`. */
export async function momentsOf(
  gpu: Gpu,
  prefix: Prefix,
  stage: number,
  place: AblationPlace,
  before?: Moments,
): Promise<Moments> {
  const { samples, stride } = prefix;
  const { outFeatures: units, activation: own } = prefix.model.stages[stage]!.layer;
  const activation = place === "pre-activation" ? LINEAR : own;
  const blocks = Math.ceil(samples / MOMENTS_BLOCK);
  using transient = gpu.arena.scope();
  const partial = transient.storage("moments", units * blocks * 8);
  const moments = await prepare(gpu, planUnitMoments(units, samples, stride, activation), {
    z: prefix.z[stage]!,
    partial,
  });
  moments.record();
  const [bytes] = await gpu.read({ buffer: partial, sizeBytes: units * blocks * 8 });
  const parts = new Float32Array(bytes!);
  const sums = before?.sums.slice() ?? new Float64Array(units);
  const squares = before?.squares.slice() ?? new Float64Array(units);
  for (let i = 0; i < units * blocks; i++) {
    const unit = Math.floor(i / blocks);
    sums[unit] = sums[unit]! + parts[2 * i]!;
    squares[unit] = squares[unit]! + parts[2 * i + 1]!;
  }
  return { samples: samples + (before?.samples ?? 0), sums, squares };
}
