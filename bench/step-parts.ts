/**
 * Where the time of one training step goes: each of its dispatches by itself, in order, summed by kernel. Waiting after each
 * adds to what is short where the adapter has no clock of its own, so the parts take longer than the step.
 */

import { random } from "../src/core/random.ts";
import { prepare } from "../src/engine/prepare.ts";
import { deviceSamples } from "../src/engine/samples.ts";
import { backgroundOf } from "../src/engine/training/background.ts";
import { DeviceMemory } from "../src/engine/training/memory.ts";
import { stepDispatches } from "../src/engine/training/steps.ts";
import { limitsOf } from "../src/engine/training/trainer.ts";
import type { TrainerSetup } from "../src/engine/training/trainer-interface.ts";
import { TrainingPass } from "../src/engine/training/training-pass.ts";
import { planTraining } from "../src/engine/training/training-plan.ts";
import type { Gpu } from "../src/gpu/device.ts";

/** The dispatches of one kernel in one part of a step. */
export interface StepPart {
  readonly part: "forward" | "backward" | "optimizer";
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
}

/** Deviation of the parameters that stand in for a network's. */
const DEVIATION = 0.05;
const OPTIMIZERS = ["sgd-step", "adam-step"];
const LAST_OF_FORWARD = "tally-losses";

/**
 * The parts of a step of all copies on the first batch, the longest first. Parameters are noise, and where units are held,
 * none are: it takes as long.
 */
export async function timeStepParts(gpu: Gpu, setup: TrainerSetup): Promise<readonly StepPart[]> {
  using arena = gpu.arena.scope();
  const { layout, sizes } = planTraining(limitsOf(gpu), setup, gpu.isProcessor ? await backgroundOf(setup.data) : null);
  const memory = new DeviceMemory(arena, sizes);
  const draw = random(1, "parameters");
  const floats = layout.copies * layout.training.layout.trainedFloats;
  arena.write(
    memory.of("parameters", floats),
    Float32Array.from({ length: floats }, () => draw.normal() * DEVIATION),
  );
  const rows = layout.capacity;
  const { dataset, transform } = setup.data;
  const source = deviceSamples(arena, dataset, transform, rows);
  await source.load(0, rows);
  const samples = {
    samples: rows,
    labels: arena.upload("labels", Uint32Array.from(dataset.labels.subarray(0, rows))),
    order: arena.upload(
      "order",
      Uint32Array.from({ length: rows }, (_, i) => i),
    ),
    source,
    cache: new Map<string, GPUBuffer>(),
  };
  const place = { start: 0, epoch: 0, step: 0, stepsAnEpoch: 1 };
  const found = new Map<string, StepPart>();
  let part: StepPart["part"] = "forward";
  for (const { planAt, buffers } of stepDispatches(new TrainingPass(layout, memory, rows), samples, "train", 1)) {
    const plan = planAt(place);
    const kernel = plan.shader.name;
    if (OPTIMIZERS.includes(kernel)) part = "optimizer";
    const prepared = await prepare(gpu, plan, buffers);
    const ms = await gpu.time(() => prepared.record());
    const before = found.get(`${part} ${kernel}`) ?? { dispatches: 0, ms: 0 };
    found.set(`${part} ${kernel}`, { part, kernel, dispatches: before.dispatches + 1, ms: before.ms + ms });
    if (kernel === LAST_OF_FORWARD) part = "backward";
  }
  return [...found.values()].sort((a, b) => b.ms - a.ms);
}

/** Milliseconds of each part, and a line for each of its longest kernels. */
export function partLines(parts: readonly StepPart[]): string[] {
  return (["forward", "backward", "optimizer"] as const).flatMap((part) => {
    const own = parts.filter((each) => each.part === part);
    const ms = own.reduce((sum, each) => sum + each.ms, 0);
    return [
      `    ${part.padEnd(36)} ${ms.toPrecision(3)} ms`,
      ...own
        .filter((each) => each.ms >= ms / 20)
        .map(({ kernel, dispatches, ms }) => `      ${`${kernel}, ${dispatches}`.padEnd(34)} ${ms.toPrecision(3)} ms`),
    ];
  });
}
