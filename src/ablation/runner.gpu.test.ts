/** Sweeps through the planner equal the float64 oracle: same counts but where its margin is below rounding. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBit } from "../core/bitset.ts";
import { random } from "../core/random.ts";
import type { Dataset } from "../data/dataset.ts";
import { uploadChain } from "../engine/device-chain.ts";
import { buildPrefix, chunkBytes } from "../engine/prefix.ts";
import { coefficientsOf, momentsOf, type ReplacementOptions } from "../engine/site.ts";
import { Tuner } from "../engine/tuner.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { ActivationKind } from "../network/network.ts";
import { evaluate, forward, logitsOf } from "../reference/oracle.ts";
import type { Ablation } from "./ablation.ts";
import { changesOf, identity, randomProblem } from "./chain.fixture.ts";
import { type Effect, intactOutcome } from "./effects.ts";
import { planSweep } from "./planner.ts";
import { runStep } from "./runner.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

async function sweep(
  chain: DenseChain,
  dataset: Dataset,
  ablations: readonly Ablation[],
  options: { loss: boolean; budgetBytes?: number },
) {
  using arena = gpu.arena.scope();
  const source = { count: ablations.length, at: (row: number) => ablations[row]! };
  const plan = planSweep({
    chain,
    ablations: source,
    skip: () => false,
    samples: dataset.samples,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes: options.budgetBytes ?? 2 ** 28,
    isProcessor: gpu.isProcessor,
    bindingBytes: 2 ** 27,
  });
  const model = uploadChain(arena, chain);
  const prefix = await buildPrefix(gpu, arena, model, dataset, identity, {
    start: 0,
    samples: dataset.samples,
    chunk: plan.chunk,
  });
  const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
  const effects: Effect[] = [];
  for (const step of plan.steps) {
    const run = runStep(step, {
      gpu,
      tuner: new Tuner(gpu),
      prefix,
      intact,
      ablations: source,
      top5: true,
      loss: options.loss,
      seed: 1,
      coefficients: async (stage, replacement) =>
        coefficientsOf(
          replacement,
          chain.stages[stage]!.outFeatures,
          await momentsOf(gpu, prefix, stage, "post-activation"),
        ),
      proceed: async () => true,
    });
    for await (const batch of run) effects.push(...batch.effects);
  }
  return { plan, intact, effects: effects.sort((a, b) => a.row - b.row) };
}

interface Problem {
  readonly sizes: number[];
  readonly samples: number;
  readonly kind: ActivationKind;
  readonly biased: boolean;
  /** Swept with the loss, without, or both: each takes pipelines of its own. */
  readonly losses: readonly boolean[];
}
const problems: readonly Problem[] = [
  { sizes: [17, 7, 5, 3], samples: 101, kind: "relu", biased: false, losses: [true] },
  { sizes: [13, 20, 10, 10], samples: 517, kind: "relu", biased: true, losses: [true] },
  { sizes: [5, 9, 11], samples: 65, kind: "tanh", biased: true, losses: [false, true] },
  { sizes: [9, 33, 65, 17, 7], samples: 131, kind: "leaky-relu", biased: true, losses: [true] },
  { sizes: [12, 40, 70, 12], samples: 77, kind: "gelu", biased: false, losses: [false] },
];
const REPLACEMENTS: readonly ReplacementOptions[] = [
  { kind: "zero" },
  { kind: "mean" },
  { kind: "constant", value: 0.5 },
  { kind: "scale", factor: 0.25 },
];

describe.each(problems)("$sizes, $samples samples, $kind", ({ sizes, samples, kind, biased, losses }) => {
  const { layers, inputs, labels, dataset, chain } = randomProblem(7, sizes, samples, kind, biased);
  const intact = forward(layers, inputs, samples);

  const cases = losses.flatMap((loss) => REPLACEMENTS.map((replacement) => [replacement, loss] as const));
  test.each(cases)("%o, loss %s", async (replacement, loss) => {
    const draw = random(11);
    const sites: Ablation["sites"][] = [];
    chain.ablatable.forEach(({ units, layerIndex }) => {
      for (let u = 0; u < units; u++) sites.push([{ layerIndex, units: [u] }]);
      for (let i = 0; i < 12; i++) {
        const [a, b] = [...draw.permutation(units).subarray(0, 2)].sort((x, y) => x - y) as [number, number];
        sites.push([{ layerIndex, units: [a, b] }]);
      }
      sites.push([{ layerIndex, units: Array.from({ length: units }, (_, u) => u) }]);
      sites.push([
        { layerIndex, units: [...draw.permutation(units).subarray(0, Math.ceil(units / 2))].sort((x, y) => x - y) },
      ]);
    });
    if (chain.ablatable.length > 1)
      sites.push([
        { layerIndex: 0, units: [1] },
        { layerIndex: 1, units: [0, 2] },
      ]);
    const ablations = sites.map((at, row): Ablation => ({ sweep: 0, index: row, row, sites: at, replacement }));
    const result = await sweep(chain, dataset, ablations, { loss });

    const reference = evaluate(logitsOf(intact), labels);
    expect(result.intact.correct).toBe(reference.correct);
    expect(result.intact.lossSum / samples).toBeCloseTo(reference.loss, 4);
    expect(result.effects.map((effect) => effect.row)).toEqual(ablations.map(({ row }) => row));
    const rms = Math.sqrt(logitsOf(intact).reduce((sum, x) => sum + x * x, 0) / logitsOf(intact).length);
    for (const [row, effect] of result.effects.entries()) {
      const expected = evaluate(
        logitsOf(forward(layers, inputs, samples, changesOf(ablations[row]!, intact.post, samples))),
        labels,
      );
      const certain = (n: number) => Math.abs(expected.margins[n]!) > 1e-4 * rms;
      let unexplained = 0;
      let near = 0;
      for (let n = 0; n < samples; n++) {
        const right = hasBit(result.intact.bits, n) !== hasBit(effect.changed, n);
        if (!certain(n)) near++;
        else if (right !== hasBit(expected.bits, n)) unexplained++;
      }
      expect(unexplained, JSON.stringify(sites[row])).toBe(0);
      const sum = (values: Uint32Array) => values.reduce((total, value) => total + value, 0);
      const correct = result.intact.correct - sum(effect.classLost) + sum(effect.classGained);
      expect(Math.abs(correct - expected.correct)).toBeLessThanOrEqual(near);
      const { lost, gained } = effect.top5!;
      const top5 = result.intact.classCorrectTop5.map((count, c) => count - lost[c]! + gained[c]!);
      const wanted = top5.map((_, c) => labels.filter((label, n) => label === c && expected.ranks[n]! < 5).length);
      const apart = top5.reduce((total, count, c) => total + Math.abs(count - wanted[c]!), 0);
      expect(apart).toBeLessThanOrEqual(near + 1);
      if (loss) expect(effect.lossSum / samples).toBeCloseTo(expected.loss, 3);
    }
  });
});
