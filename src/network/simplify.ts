/**
 * Rewrites a network into fewer layers that compute the same: identities dropped, batch norms, biases and activations moved
 * into the layer before them, transposes into weights. Files spell a layer in many ways (MatMul, Add, Relu); after this
 * pass there is one.
 */
import type { Network } from "./network.ts";
import { foldActivation, foldAffine } from "./passes/affine.ts";
import { foldConstants } from "./passes/constants.ts";
import { dropIdentity } from "./passes/identities.ts";
import { foldTransposeIntoDense, joinReshapes, joinSlices, joinTransposes } from "./passes/moves.ts";
import { foldPadding } from "./passes/padding.ts";
import { rewrite } from "./passes/rewrite.ts";

/**
 * The network in fewer layers, without those that no output needs. A dense layer or convolution takes in what follows it
 * only where it has no activation yet, is read by that alone and is no output; it keeps its name, and an output that was
 * folded away is renamed to it. No `bias` or `batch-norm` is left, nor an `identity` but where an output hands out an
 * input. Results differ by rounding alone: folded parameters are rounded to f32 once. Throws LesionError("bad-model") where shapes do not fit.
 */
export function simplify(network: Network): Network {
  return rewrite(network, [
    foldConstants,
    dropIdentity,
    joinTransposes,
    joinReshapes,
    joinSlices,
    foldAffine,
    foldActivation,
    foldPadding,
    foldTransposeIntoDense,
  ]);
}
