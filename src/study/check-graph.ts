/** The engine's side of a check, for networks that are no dense chain: logits by graph kernels. */
import { LesionError } from "../core/errors.ts";
import { runNetwork } from "../engine/graph/run-network.ts";
import type { Gpu } from "../gpu/device.ts";
import { logitsNetwork } from "../network/logits.ts";
import type { Network } from "../network/network.ts";

/** Logits of the intact network, [samples, classes], for `inputs` [samples, ...input shape]. Throws as `runNetwork` does. */
export async function graphLogits(
  gpu: Gpu,
  network: Network,
  inputs: Float32Array,
  samples: number,
): Promise<Float32Array> {
  const whole = logitsNetwork(network);
  const name = whole.outputs[0]!;
  const results = await runNetwork(gpu, whole, new Map([[whole.inputs[0]!.name, inputs]]), samples);
  const logits = results.get(name);
  if (logits !== undefined) return logits;
  throw new LesionError("internal", `the engine gave no result for the layer "${name}"`);
}
