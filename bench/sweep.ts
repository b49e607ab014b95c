/**
 * All single units and all pairs of the first layer: Lesion's sweep against TensorFlow.js, webgpu and wasm, evaluating the
 * whole network for each ablation and from cached activations. Same page, same adapter; peers on a sample of ablations,
 * whose counts must agree.
 */
import { correctAfter, type Effect, intactOutcome } from "../src/ablation/effects.ts";
import { runStep } from "../src/ablation/runner.ts";
import { transformed } from "../src/data/transform.ts";
import { uploadChain } from "../src/engine/device-chain.ts";
import { buildPrefix } from "../src/engine/prefix.ts";
import { coefficientsOf } from "../src/engine/site.ts";
import { Tuner } from "../src/engine/tuner.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { planOpened } from "../src/study/plan-opened.ts";
import { measure, peerLine, type Timing, timingText } from "./measure.ts";
import { prepareTfjsSweep } from "./peers/tfjs-sweep.ts";
import { type Problem, singlesAndPairs } from "./problem.ts";

/** Ablations a peer is timed on, one after the other. */
const PEER_SAMPLE = 5;

export async function benchSweep(gpu: Gpu, problem: Problem, options: { runs: number; tune: boolean }) {
  const { subject, dataset, transform } = problem;
  const { chain } = subject;
  const masks = singlesAndPairs(chain.stages[0]!.outFeatures);
  const ablations = {
    count: masks.length,
    at: (row: number) => ({
      sweep: 0,
      index: row,
      row,
      sites: [{ layerIndex: 0, units: masks[row]! }],
      replacement: { kind: "zero" as const },
    }),
  };
  const plan = planOpened({ subject, dataset, ablations }, gpu, () => false);
  const tuner = new Tuner(gpu, {}, options.tune ? 0 : undefined);
  using arena = gpu.arena.scope();
  const model = uploadChain(arena, chain);
  const open = (within: typeof arena) =>
    buildPrefix(gpu, within, model, dataset, transform, { start: 0, samples: dataset.samples, chunk: plan.chunk });
  const prefix = await open(arena);
  const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
  const sweep = async (): Promise<Effect[]> => {
    const effects: Effect[] = [];
    for (const step of plan.steps) {
      const batches = runStep(step, {
        gpu,
        tuner,
        prefix,
        intact,
        ablations,
        top5: false,
        loss: false,
        seed: problem.seed,
        coefficients: async (_, replacement) => coefficientsOf(replacement, chain.stages[0]!.outFeatures, null),
        proceed: async () => true,
      });
      for await (const batch of batches) effects.push(...batch.effects);
    }
    return effects;
  };
  const effects = (await sweep()).sort((a, b) => a.row - b.row);
  const lesion = await measure(options.runs, masks.length, sweep, 2);
  const prefixMs = await measure(
    Math.min(options.runs, 7),
    1,
    async () => {
      using own = gpu.arena.scope();
      await open(own);
    },
    1,
  );
  const withPrefixMs = lesion.medianMs + prefixMs.medianMs / masks.length;

  const peers: Record<string, { settings: unknown; whole: Timing; prefixCached: Timing; agree: boolean }> = {};
  const inputs = await transformed(dataset, transform, 0, dataset.samples);
  const sample = Array.from({ length: PEER_SAMPLE }, (_, i) => Math.floor((i * masks.length) / PEER_SAMPLE));
  for (const backend of ["webgpu", "wasm"] as const) {
    const peer = await prepareTfjsSweep(backend, { layers: chain.stages, inputs, labels: dataset.labels });
    let agree = true;
    const each = (evaluate: (units: readonly number[]) => Promise<number>) => async () => {
      for (const row of sample) {
        if (Math.abs((await evaluate(masks[row]!)) - correctAfter(intact, effects[row]!)) > 2) agree = false;
      }
    };
    const whole = await measure(Math.min(options.runs, 5), PEER_SAMPLE, each(peer.whole));
    const prefixCached = await measure(options.runs, PEER_SAMPLE, each(peer.prefixCached));
    peers[backend] = { settings: peer.settings, whole, prefixCached, agree };
    peer.dispose();
  }
  const ratio = (peer: Timing, own: number) => peer.medianMs / own;
  const ratios = {
    webgpuWhole: ratio(peers["webgpu"]!.whole, withPrefixMs),
    webgpuPrefixCached: ratio(peers["webgpu"]!.prefixCached, lesion.medianMs),
    wasmWhole: ratio(peers["wasm"]!.whole, withPrefixMs),
    wasmPrefixCached: ratio(peers["wasm"]!.prefixCached, lesion.medianMs),
  };
  return {
    benchmark: "sweep",
    problem: problem.name,
    seed: problem.seed,
    samples: dataset.samples,
    ablations: masks.length,
    lesion,
    prefixMs,
    withPrefixMs,
    peers,
    ratios,
    tuning: tuner.tuning,
    lines: [
      `sweep: ${masks.length} ablations of layer 0 over ${dataset.samples} samples of ${problem.name}, an ablation:`,
      `  ${"Lesion, activations kept".padEnd(38)} ${timingText(lesion)}`,
      `  ${"Lesion, from the inputs".padEnd(38)} ${withPrefixMs.toPrecision(3)} ms (the prefix once, ${timingText(prefixMs)})`,
      peerLine("TensorFlow.js webgpu, whole network", peers["webgpu"]!.whole, ratios.webgpuWhole),
      peerLine("TensorFlow.js webgpu, cached prefix", peers["webgpu"]!.prefixCached, ratios.webgpuPrefixCached),
      peerLine("TensorFlow.js wasm, whole network", peers["wasm"]!.whole, ratios.wasmWhole),
      peerLine("TensorFlow.js wasm, cached prefix", peers["wasm"]!.prefixCached, ratios.wasmPrefixCached),
      ...Object.entries(peers)
        .filter(([, peer]) => !peer.agree)
        .map(([name]) => `  counts of ${name} DIFFER from Lesion's by more than 2 samples`),
    ],
  };
}
