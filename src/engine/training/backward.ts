/**
 * What a training step's way back comes down to on the device: for each step of the forward pass, last first, the gradients
 * of its parameters and of what it read.
 */
import { LesionError } from "../../core/errors.ts";
import { planActivationGradient, slopeFromOutput } from "../../kernels/activation-gradient.ts";
import { planBinaryGradient } from "../../kernels/binary-gradient.ts";
import { planGlobalPoolGradient } from "../../kernels/global-pool-gradient.ts";
import { planLrnGradient } from "../../kernels/lrn-gradient.ts";
import type { KernelPlan } from "../../kernels/plan.ts";
import { planPool2dGradient } from "../../kernels/pool2d-gradient.ts";
import { planReshape } from "../../kernels/rearrange.ts";
import { planConcatGradient, planPadGradient, planTransposeGradient } from "../../kernels/rearrange-gradient.ts";
import { planScale } from "../../kernels/scale.ts";
import { planSliceGradient } from "../../kernels/slice-gradient.ts";
import { vectorsOf } from "../../kernels/tensor-layout.ts";
import { type BinaryLayer, LINEAR, type ScaleLayer } from "../../network/network.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { batchNormBackward } from "./batch-norm.ts";
import { convBackward } from "./conv-backward.ts";
import { denseBackward } from "./dense-backward.ts";
import { keepsPreActivation } from "./forward.ts";
import { GradientTargets } from "./gradient-targets.ts";
import { channelSums } from "./parameter-gradients.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { TrainingPass } from "./training-pass.ts";

/**
 * The dispatches of the whole way back, from the gradient at the logits. `before` adds dispatches ahead of a step's own: the
 * gradient at its result is complete there, and lies in `pass.gradient` until that step is done.
 */
export function backwardDispatches(
  pass: TrainingPass,
  before: (step: TrainingStep) => readonly Dispatch[] = () => [],
): readonly Dispatch[] {
  const targets = new GradientTargets(pass);
  const moving = pass.layout.training.steps.filter(({ moves }) => moves);
  return moving
    .toReversed()
    .flatMap((step) => [...before(step), ...gate(pass, step), ...stepBackward(pass, step, targets)]);
}

/** dy becomes the gradient before the activation, and nothing where channels are held. */
function gate(pass: TrainingPass, step: TrainingStep): readonly Dispatch[] {
  const { activation, held, shape, name, layer } = step;
  const own = layer?.kind === "activation" && !slopeFromOutput(activation) ? LINEAR : activation;
  if (own.kind === "linear" && !held) return [];
  const of = keepsPreActivation(step) ? "input" : "output";
  const z = of === "input" ? pass.before(step) : pass.tensor(name).buffer;
  const bits = held ? pass.held(step).bits : z;
  const plan = planActivationGradient({
    rows: pass.rowsOf(name),
    rowsPerNetwork: pass.rows,
    shape,
    activation: own,
    of,
    held,
  });
  return [{ plan, buffers: { z, held: bits, dy: pass.gradient(name) } }];
}

function stepBackward(pass: TrainingPass, step: TrainingStep, targets: GradientTargets): readonly Dispatch[] {
  const { layer, reads, name, shape } = step;
  const [input = ""] = reads;
  const rows = pass.rowsOf(name);
  const dy = pass.gradient(name);
  const x = () => pass.tensor(input);
  const one = (plan: KernelPlan, buffers: Dispatch["buffers"] = {}) =>
    targets.add(input, (dx) => [{ plan, buffers: { ...buffers, dy, dx } }]);
  /** Rearrangements call what they read x, and what they write y. */
  const moved = (plan: () => KernelPlan) => targets.add(input, (dx) => [{ plan: plan(), buffers: { x: dy, y: dx } }]);
  switch (layer?.kind) {
    case undefined:
    case "constant":
      return [];
    case "dense":
      return denseBackward(pass, step, layer, targets);
    case "conv2d":
      return convBackward(pass, step, layer, targets);
    case "batch-norm":
      return batchNormBackward(pass, step, layer, targets);
    case "scale":
      return scaleBackward(pass, step, layer, targets);
    case "pool2d": {
      const [height = 1, width = 1, channels = 1] = x().shape;
      const [outHeight = 1, outWidth = 1] = shape;
      const plan = planPool2dGradient({ ...layer, rows, height, width, channels, outHeight, outWidth });
      return one(plan, { x: x().buffer });
    }
    case "global-pool":
      return one(planGlobalPoolGradient(rows, x().shape, layer.pool), { x: x().buffer });
    case "lrn":
      return one(planLrnGradient(rows, x().shape, layer), { x: x().buffer });
    case "binary":
      return binaryBackward(pass, step, layer, targets);
    case "concat": {
      let begin = 0;
      return reads.flatMap((name) => {
        const inputShape = pass.shape(name);
        const at = { rows, outShape: shape, inputShape, axis: layer.axis, begin };
        begin += inputShape[layer.axis]!;
        return targets.add(name, (dx) => [{ plan: planConcatGradient(at), buffers: { x: dy, y: dx } }]);
      });
    }
    case "transpose":
      return moved(() => planTransposeGradient(rows, x().shape, layer));
    case "pad":
      return moved(() => planPadGradient(rows, x().shape, layer));
    case "slice":
      return one(planSliceGradient(rows, x().shape, layer));
    case "activation":
      return activationBackward(pass, step, targets);
    case "identity":
    case "flatten":
    case "reshape":
      if (pass.sharesGradient(input, name)) return [];
      return step.view ? copyOf(pass, name, input, targets) : moved(() => planReshape(rows, shape, x().shape));
    case "softmax":
    case "bias":
      throw new LesionError("unsupported", `the layer ${layer.name} (${layer.kind}) has no gradient here`, {
        where: `layer "${layer.name}"`,
        fix: "Use a network with a softmax at its end only.",
      });
  }
}

/** An activation by itself: `gate` took its slope from its result, or it is taken here from what it reads. */
function activationBackward(pass: TrainingPass, step: TrainingStep, targets: GradientTargets): readonly Dispatch[] {
  const { name, shape, activation, reads } = step;
  const [input] = reads as [string];
  if (slopeFromOutput(activation)) return copyOf(pass, name, input, targets);
  const z = pass.tensor(input).buffer;
  const rows = { rows: pass.rowsOf(name), rowsPerNetwork: pass.rows };
  const plan = planActivationGradient({ ...rows, shape, activation, of: "input", held: false });
  return [{ plan, buffers: { z, held: z, dy: pass.gradient(name) } }, ...copyOf(pass, name, input, targets)];
}

/** The gradient of a result as it is, for one of what it was made of. */
function copyOf(pass: TrainingPass, name: string, input: string, targets: GradientTargets): readonly Dispatch[] {
  const dy = pass.gradient(name);
  const plan = planScale({ rows: pass.rowsOf(name), shape: pass.shape(name), activation: LINEAR, affine: false });
  return targets.add(input, (dx) => [{ plan, buffers: { x: dy, scale: dy, shift: dy, y: dx } }]);
}

function binaryBackward(
  pass: TrainingPass,
  step: TrainingStep,
  { operator }: BinaryLayer,
  targets: GradientTargets,
): readonly Dispatch[] {
  const [a, b] = step.reads.map((name) => pass.tensor(name)) as [
    ReturnType<TrainingPass["tensor"]>,
    ReturnType<TrainingPass["tensor"]>,
  ];
  const rows = pass.rowsOf(step.name);
  const dy = pass.gradient(step.name);
  return step.reads.flatMap((name, i) => {
    const [own, other] = i === 0 ? [a, b] : [b, a];
    const isSame = own.shape.join() === step.shape.join();
    if (isSame && (operator === "add" || (operator === "subtract" && i === 0)))
      return copyOf(pass, step.name, name, targets);
    const mode = other.rows === "one" ? ("one" as const) : ("own" as const);
    const side = i === 0 ? ("a" as const) : ("b" as const);
    return targets.add(name, (dx) => [
      {
        plan: planBinaryGradient({ rows, shape: own.shape, other: { shape: other.shape, mode }, operator, side }),
        buffers: { a: a.buffer, b: b.buffer, dy, dx },
      },
    ]);
  });
}

function scaleBackward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: ScaleLayer,
  targets: GradientTargets,
): readonly Dispatch[] {
  const [input] = step.reads as [string];
  const { name, shape } = step;
  const dy = pass.gradient(name);
  const scale = pass.parameter(layer.name, "scale")!.binding;
  const plan = planScale({ rows: pass.rowsOf(name), shape, activation: LINEAR, affine: true });
  // y = dy scale + 0: the shift is a row of zeros.
  const zeros = pass.memory.of("zeros", 4 * vectorsOf(shape.at(-1) ?? 1));
  const dx = targets.add(input, (dx) => [{ plan, buffers: { x: dy, scale, shift: zeros, y: dx } }]);
  const places = (["shift", "scale"] as const).map((part) => pass.parameterGradient(layer.name, part));
  if (places.every((place) => place === null)) return dx;
  return [...channelSums(pass, step, pass.tensor(input).buffer, places), ...dx];
}
