/** How much of a study a check recomputes: a reference is slow, and must end within minutes on networks of any size. */
import { layerCosts } from "../network/layer-costs.ts";
import type { Network } from "../network/network.ts";
import { simplify } from "../network/simplify.ts";

/** Multiply-accumulates that a reference may spend: a minute or so of the float64 oracle. */
const MOST_MACS = 100e9;
/** Numbers that the intact network's layers may give together: 256 MiB in float64. */
const MOST_NUMBERS = 32 * 2 ** 20;
/** Passes over the samples that are no ablation's: the network as it was read, and simplified. */
const INTACT_PASSES = 2;

export interface CheckSize {
  readonly samples: number;
  readonly ablations: number;
}

/**
 * The most of what is asked for that a reference can recompute, but at least 1 sample, and 1 ablation where any are asked
 * for: fewer samples first, then fewer ablations. An ablation counts as a whole pass.
 */
export function affordableSize(network: Network, asked: CheckSize): CheckSize {
  let macs = 0;
  let numbers = 0;
  for (const cost of layerCosts(simplify(network)).values()) {
    macs += cost.macs;
    numbers += cost.activationBytes / Float32Array.BYTES_PER_ELEMENT;
  }
  const passes = MOST_MACS / Math.max(macs, 1);
  const held = Math.floor(MOST_NUMBERS / Math.max(numbers, 1));
  const samples = Math.min(asked.samples, held, Math.floor(passes / (INTACT_PASSES + asked.ablations)));
  const taken = Math.max(1, samples);
  const ablations = Math.max(1, Math.floor(passes / taken) - INTACT_PASSES);
  return { samples: taken, ablations: Math.min(asked.ablations, ablations) };
}
