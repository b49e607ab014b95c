/**
 * Taps on layers of the intact network: while samples pass through in batches, kernels read each tapped layer's
 * post-activation as soon as it is there, and what they make of it comes back to the host. The activations themselves are
 * not kept, so a tap on every layer takes hardly more memory than the pass.
 */
import type { Gpu } from "../../gpu/device.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { openPass, type PassPlan, passFloats, planPass, stepsOf } from "../graph/pass.ts";
import { totalBytes } from "../training/memory.ts";
import { limitsOf } from "../training/trainer.ts";
import type { TrainingLimits } from "../training/training-plan.ts";
import { type BatchPlan, openBatches, planBatches } from "./device-batches.ts";
import { layersUpTo, macsOf, type ProbeSource, type Proceed } from "./source.ts";

/** What is taken of one layer. */
export interface Tap {
  readonly layer: string;
  /** Floats that come back of a batch. */
  resultFloats(rows: number): number;
  /** Multiply-accumulates of a sample, where they are many. */
  readonly macs?: number;
  /** Floats for what lies in between, where there is any. */
  scratchFloats?(rows: number): number;
  /** From the layer's post-activation `a`, [rows, ...shape], to `result`. */
  dispatches(a: GPUBuffer, buffers: TapBuffers, rows: number): readonly Dispatch[];
  /** Takes what came back of samples start .. start + rows. */
  take(values: Float32Array, start: number, rows: number): void;
}

export interface TapBuffers {
  readonly result: GPUBuffer;
  readonly scratch: GPUBuffer;
}

/** Taps on paper. */
export interface TapPlan extends BatchPlan {
  readonly pass: PassPlan;
}

/** As many samples at once as go by the taps. */
export function planTaps(limits: TrainingLimits, source: ProbeSource, taps: readonly Tap[]): TapPlan {
  const { graph } = source;
  const tapped = new Set(taps.map(({ layer }) => layer));
  const layers = layersUpTo(graph, tapped);
  const pass = planPass(graph, stepsOf(graph, layers), new Set(), tapped);
  const bytesOf = (rows: number) => {
    const results = taps.map((tap) => 4 * tap.resultFloats(rows));
    const scratch = taps.map((tap) => 4 * (tap.scratchFloats?.(rows) ?? 0));
    const { bytes, largest } = totalBytes([...results, ...scratch]);
    return { bytes: bytes + 4 * passFloats(pass).row * rows, largest, read: totalBytes(results).bytes };
  };
  const macs = taps.reduce((sum, tap) => sum + (tap.macs ?? 0), 0);
  return { ...planBatches(limits, source, layers, { macs, bytesOf }), pass };
}

/** Passes all samples by the taps. Gives false where `proceed` ended it. Throws `out-of-memory` where not one sample fits. */
export async function runTaps(gpu: Gpu, source: ProbeSource, taps: readonly Tap[], proceed: Proceed): Promise<boolean> {
  const { samples } = source;
  const tapped = new Set(taps.map(({ layer }) => layer));
  const plan = planTaps(limitsOf(gpu), source, taps);
  using arena = gpu.arena.scope();
  const { device, rows, feed, outside } = await openBatches(gpu, arena, source, plan);
  const buffers = taps.map((tap) => ({
    result: arena.storage(`taken of ${tap.layer}`, tap.resultFloats(rows) * 4),
    scratch: arena.storage(`partly taken of ${tap.layer}`, (tap.scratchFloats?.(rows) ?? 0) * 4),
  }));
  const after = new Map(
    [...tapped].map((layer) => {
      const dispatches = (a: GPUBuffer, count: number) =>
        taps.flatMap((tap, i) => (tap.layer === layer ? tap.dispatches(a, buffers[i]!, count) : []));
      return [layer, { linear: false, dispatches }] as const;
    }),
  );
  const pass = openPass(gpu, arena, device, plan.pass, rows, { outside, after });
  for (let start = 0; start < samples; start += rows) {
    if (!(await proceed())) return false;
    const count = Math.min(rows, samples - start);
    const record = await pass.prepare(count);
    await feed(start, count);
    record();
    const results = await gpu.read(
      ...taps.map((tap, i) => ({ buffer: buffers[i]!.result, sizeBytes: tap.resultFloats(count) * 4 })),
    );
    taps.forEach((tap, i) => {
      tap.take(new Float32Array(results[i]!), start, count);
    });
  }
  return true;
}

/** Multiply-accumulates of a pass by taps on some layers: that of all they follow from. */
export function profileMacs({ graph, samples }: Pick<ProbeSource, "graph" | "samples">, layers: readonly string[]) {
  return samples * macsOf(graph, layersUpTo(graph, layers));
}
