/** Batch norms while a network trains: by the batch's statistics, or by the running ones where they stand still. */
import { batchNormGradient } from "../../kernels/batch-norm-gradient.ts";
import { batchNormStatistics, batchNormStatisticsLayout } from "../../kernels/batch-norm-statistics.ts";
import { planScale } from "../../kernels/scale.ts";
import type { KernelSequence } from "../../kernels/sequence.ts";
import { positionsOf, vectorsOf } from "../../kernels/tensor-layout.ts";
import type { Activation, BatchNormLayer } from "../../network/network.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import type { PassMode } from "./forward.ts";
import type { GradientTargets } from "./gradient-targets.ts";
import type { Memory } from "./memory.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { TrainingPass } from "./training-pass.ts";

/** Share of a batch in the running mean and variance: PyTorch's default. */
const MOMENTUM = 0.1;

/** Whether a batch norm takes the statistics of the batch: where it trains, and is not asked to stand still. */
function takesBatch(pass: TrainingPass, { trained }: TrainingStep, mode: PassMode): boolean {
  return mode === "train" && trained && pass.layout.options.batchNorm === "train";
}

export function batchNormForward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: BatchNormLayer,
  activation: Activation,
  y: GPUBuffer,
  mode: PassMode,
): readonly Dispatch[] {
  const x = pass.tensor(step.reads[0]!).buffer;
  const { isProcessor } = pass.layout;
  const batch = { positions: pass.rows * positionsOf(step.shape), channels: layer.gamma.length, isProcessor };
  const frozen = !takesBatch(pass, step, mode);
  const sequence = batchNormStatistics({ ...batch, epsilon: layer.epsilon, momentum: MOMENTUM, frozen });
  const statistics = statisticsOf(pass, layer);
  const { offsetBytes, partBytes } = batchNormStatisticsLayout(batch);
  const part = (offset: number) => ({ buffer: statistics, offset, size: partBytes });
  return [
    ...sequenceDispatches(pass, sequence, {
      x,
      statistics,
      ...parametersOf(pass, layer),
      ...running(pass.memory, layer),
    }),
    {
      plan: planScale({ rows: pass.rowsOf(step.name), shape: step.shape, activation, affine: true }),
      buffers: { x, scale: part(offsetBytes.scale), shift: part(offsetBytes.shift), y },
    },
  ];
}

export function batchNormBackward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: BatchNormLayer,
  targets: GradientTargets,
): readonly Dispatch[] {
  const [input] = step.reads as [string];
  const { isProcessor } = pass.layout;
  const batch = { positions: pass.rows * positionsOf(step.shape), channels: layer.gamma.length, isProcessor };
  const frozen = !takesBatch(pass, step, "train");
  const common = { x: pass.tensor(input).buffer, dy: pass.gradient(step.name), statistics: statisticsOf(pass, layer) };
  const [dgamma, dbeta] = (["gamma", "beta"] as const).map((part) => pass.parameterGradient(layer.name, part)?.binding);
  const sequence = (data: boolean) =>
    batchNormGradient({ ...batch, frozen, wanted: { parameters: dgamma !== undefined, data } });
  const parameters = dgamma && dbeta ? { dgamma, dbeta } : {};
  const whole = targets.add(input, (dx) => sequenceDispatches(pass, sequence(true), { ...common, ...parameters, dx }));
  if (whole.length > 0 || !dgamma) return whole;
  return sequenceDispatches(pass, sequence(false), { ...common, ...parameters });
}

/** Running mean and variance of a batch norm. */
export function running(memory: Memory, { name, gamma }: BatchNormLayer) {
  const floats = 4 * vectorsOf(gamma.length);
  return {
    runningMean: memory.of(`running mean ${name}`, floats),
    runningVariance: memory.of(`running variance ${name}`, floats),
  };
}

function statisticsOf(pass: TrainingPass, { name, gamma }: BatchNormLayer): GPUBuffer {
  const { sizeBytes } = batchNormStatisticsLayout({ channels: gamma.length });
  return pass.memory.of(`statistics ${name}`, sizeBytes / 4);
}

function parametersOf(pass: TrainingPass, { name }: BatchNormLayer) {
  return { gamma: pass.parameter(name, "gamma")!.binding, beta: pass.parameter(name, "beta")!.binding };
}

function sequenceDispatches(
  pass: TrainingPass,
  { steps, scratch }: KernelSequence,
  buffers: Dispatch["buffers"],
): readonly Dispatch[] {
  const all: Record<string, GPUBuffer | GPUBufferBinding> = { ...buffers };
  for (const [name, bytes] of Object.entries(scratch)) all[name] = pass.scratch(`batch norm ${name}`, bytes / 4);
  return steps.map(({ plan, buffers: names }) => ({
    plan,
    buffers: Object.fromEntries(Object.entries(names).map(([binding, name]) => [binding, all[name]!])),
  }));
}
