/** The gradients of a dense layer: by its weights, by its bias, and by its input. */
import { planProduct } from "../../kernels/product.ts";
import { positionsOf, vectorsOf } from "../../kernels/tensor-layout.ts";
import { planTransposeWeights } from "../../kernels/transpose-weights.ts";
import { transposedGemmSplits } from "../../kernels/transposed-gemm.ts";
import type { DenseLayer, Weight } from "../../network/network.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { pairing } from "./forward.ts";
import type { GradientTargets } from "./gradient-targets.ts";
import { channelSums, weightGradient } from "./parameter-gradients.ts";
import { sparseWeightGradient } from "./sparse-dense.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { TrainingPass } from "./training-pass.ts";

export function denseBackward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: DenseLayer<Weight>,
  targets: GradientTargets,
): readonly Dispatch[] {
  const [input] = step.reads as [string];
  const { isProcessor, training } = pass.layout;
  const x = pass.tensor(input);
  const dy = pass.gradient(step.name);
  const [in4, out4] = [vectorsOf(layer.inFeatures), vectorsOf(layer.outFeatures)];
  const rows = pass.rows * positionsOf(x.shape);
  const { batches, aStride } = pairing(pass, step.name, input);
  const dispatches: Dispatch[] = [];
  const dw = pass.parameterGradient(layer.name, "weight");
  if (dw) {
    const sizes = { batches, depth: rows, rows4: in4, columns4: out4, ...aStride };
    const splits = training.sideBySide ? 1 : transposedGemmSplits(isProcessor, sizes);
    dispatches.push(
      ...(sparseWeightGradient(pass, step, layer, dw) ?? weightGradient(pass, { ...sizes, splits }, x.buffer, dy, dw)),
    );
  }
  const db = pass.parameterGradient(layer.name, "bias");
  if (db) dispatches.push(...channelSums(pass, step, null, [db]));
  const weight = pass.parameter(layer.name, "weight")!;
  const back = targets.add(input, (dx) => {
    const transposed = pass.scratch("transposed weights", batches * 16 * in4 * out4);
    const product = { batches, rows, columns4: in4, depth4: out4 };
    // Frozen weights are there once, for all networks.
    const networks = weight.stride4 === 0 ? 1 : batches;
    const bStride = networks < batches ? { bStride4: 0 } : {};
    return [
      {
        plan: planTransposeWeights({ networks, taps: 1, in4, out4, networkStride4: weight.stride4 }),
        buffers: { weight: weight.binding, transposed },
      },
      {
        plan: planProduct(isProcessor, { ...product, ...bStride }, {}),
        buffers: { a: dy, b: transposed, bias: transposed, c: dx },
      },
    ];
  });
  return [...dispatches, ...back];
}
