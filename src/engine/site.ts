/** A layer whose units are replaced: what the replacement adds to each activation, and where it adds anything at all. */
import { wordsFor } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { planDisplace } from "../kernels/displace.ts";
import { planMaskedGemm } from "../kernels/masked-gemm.ts";
import { planMoved } from "../kernels/moved.ts";
import { planScale } from "../kernels/scale.ts";
import { MOMENTS_BLOCK, planUnitMoments } from "../kernels/unit-moments.ts";
import { LINEAR } from "../network/network.ts";
import { type GivenValues, givenByUnit } from "./given.ts";
import { defaultGemm, type Prefix } from "./prefix.ts";
import { prepare } from "./prepare.ts";

/** What a masked unit's activation becomes; structurally a study's Replacement. */
export type ReplacementOptions =
  | { readonly kind: "zero" | "mean" }
  /** By the unit's mean over the samples of the sample's class, or by its activation on another sample. */
  | { readonly kind: "class-mean" | "resample" }
  /** By a constant a unit that comes from outside. */
  | { readonly kind: "optimal" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "noise"; readonly sigma: number };

/** Where a unit is replaced: after its layer's activation, or before it. */
export type AblationPlace = "post-activation" | "pre-activation";

/** How the units of a stage are replaced. */
export interface UnitReplacement {
  /** [units, 3]: x' = factor x + shift + sigma noise, for x the activation or, before it, the pre-activation. */
  readonly coefficients: Float32Array;
  /** What x becomes on each sample of the prefix, where that differs; then the coefficients are zeros. */
  readonly given: GivenValues | null;
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
  { coefficients, given, place, seed }: UnitReplacement,
): Promise<Site> {
  const { samples, stride } = prefix;
  const { outFeatures: units, activation } = prefix.model.stages[stage]!.layer;
  const z = prefix.z[stage]!;
  const displacement = arena.storage("displacement", units * stride * 4);
  if (given) arena.write(displacement, givenByUnit(given, stride));
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
      given: given !== null,
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

/**
 * Factor, shift and sigma of every unit, [units, 3]; zeros where the replacement differs by sample. `moments` may be null where
 * the replacement needs none, `optimal` [units] where it is another. Throws `internal` where optimal constants are missing.
 */
export function coefficientsOf(
  replacement: ReplacementOptions,
  units: number,
  moments: Moments | null,
  optimal: Float32Array | null = null,
): Float32Array {
  const coefficients = new Float32Array(units * 3);
  if (replacement.kind === "optimal") {
    if (optimal?.length !== units) {
      throw new LesionError("internal", `${optimal?.length ?? 0} optimal constants were given for ${units} units`);
    }
    for (const [unit, constant] of optimal.entries()) coefficients[unit * 3 + 1] = constant;
    return coefficients;
  }
  for (let unit = 0; unit < units; unit++) {
    const mean = moments ? moments.sums[unit]! / moments.samples : 0;
    const variance = moments ? Math.max(0, moments.squares[unit]! / moments.samples - mean * mean) : 0;
    coefficients.set(coefficient(replacement, mean, Math.sqrt(variance)), unit * 3);
  }
  return coefficients;
}

function coefficient(
  replacement: Exclude<ReplacementOptions, { readonly kind: "optimal" }>,
  mean: number,
  deviation: number,
): [number, number, number] {
  switch (replacement.kind) {
    case "zero":
    case "class-mean":
    case "resample":
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

/** Whether a replacement depends on the moments of the unit's activations. */
export function needsMoments(replacement: ReplacementOptions): boolean {
  return replacement.kind === "mean" || replacement.kind === "noise";
}

/** Whether what a unit becomes differs from sample to sample, and is given for each. */
export function differsBySample(replacement: ReplacementOptions): replacement is SampleReplacement {
  return replacement.kind === "class-mean" || replacement.kind === "resample";
}

/** A replacement that differs from sample to sample. */
export type SampleReplacement = { readonly kind: "class-mean" | "resample" };

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

/** Numbers read back at once. */
const READ_FLOATS = 2 ** 22;

/** Activations of a stage, after or before its activation function, on the prefix's samples: [units, samples]. */
export async function activationsOf(
  gpu: Gpu,
  prefix: Prefix,
  stage: number,
  place: AblationPlace,
): Promise<Float32Array> {
  const { samples, stride } = prefix;
  const { outFeatures: units, activation: own } = prefix.model.stages[stage]!.layer;
  const activation = place === "pre-activation" ? LINEAR : own;
  const z = prefix.z[stage]!;
  const activations = new Float32Array(units * samples);
  const most = Math.min(units, Math.max(1, Math.floor(READ_FLOATS / stride)));
  using transient = gpu.arena.scope();
  const y = activation.kind === "linear" ? null : transient.storage("activations", most * stride * 4);
  for (let start = 0; start < units; start += most) {
    const count = Math.min(most, units - start);
    const part = { buffer: z, offset: start * stride * 4, size: count * stride * 4 };
    if (y) {
      const plan = planScale({ rows: 1, shape: [(count * stride) / 4, 4], activation, affine: false });
      (await prepare(gpu, plan, { x: part, scale: part, shift: part, y })).record();
    }
    const [bytes] = await gpu.read({ buffer: y ?? z, offsetBytes: y ? 0 : part.offset, sizeBytes: part.size });
    const rows = new Float32Array(bytes!);
    for (let unit = 0; unit < count; unit++) {
      activations.set(rows.subarray(unit * stride, unit * stride + samples), (start + unit) * samples);
    }
  }
  return activations;
}
