/**
 * Decides, before anything runs, how a sweep is computed: which ablations share a damaged layer, how that layer's
 * successor is entered, how the rest is computed, how many masks and samples go together, and what all of it costs.
 * Pure: the same plan is printed by `lesion plan`, executed by the runner, and tested without a GPU.
 */
import { wordsFor } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import { chainBytes, chainMacs } from "../engine/device-chain.ts";
import { fitsFusedTail } from "../engine/fused-tail.ts";
import { layeredTailBytes } from "../engine/layered-tail.ts";
import { prefixBytes } from "../engine/prefix.ts";
import { type ReplacementOptions, siteBytes } from "../engine/site.ts";
import type { DenseChain } from "../network/dense-chain.ts";

/** One ablation; structurally a study's Ablation. */
export interface Ablation {
  readonly sweep: number;
  readonly index: number;
  readonly row: number;
  readonly sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[];
  readonly replacement: ReplacementOptions;
}

/** Ablations that can be made one at a time. */
export interface AblationSource {
  readonly count: number;
  at(row: number): Ablation;
}

/** Ablations that are computed together: same first damaged stage, same replacement, same entry. */
export interface PlanStep {
  readonly stage: number;
  readonly replacement: ReplacementOptions;
  /** `delta`: subtract what the masked units gave. `masked-gemm`: multiply the damaged layer anew. */
  readonly entry: "delta" | "masked-gemm";
  /** `fused`: the whole rest in one kernel. `layered`: layer by layer. */
  readonly tail: "fused" | "layered";
  /** Rows of the study, small masks first, so that pairs find their single units done. */
  readonly rows: Uint32Array;
  /** Stages masked besides `stage`, all further down. */
  readonly deeper: readonly number[];
  readonly masksPerBatch: number;
  /** Rows (masks x samples) at once in a layered tail. */
  readonly rowsAtOnce: number;
  /** Multiply-accumulates, if every sample is visited. */
  readonly macs: number;
  readonly bytes: number;
}

export interface SweepPlan {
  readonly steps: readonly PlanStep[];
  readonly ablations: number;
  readonly samples: number;
  /** Samples in memory at once; fewer than `samples` where they do not all fit. */
  readonly samplesPerSegment: number;
  /** Samples of one pass through the prefix. */
  readonly chunk: number;
  readonly macs: number;
  /** What evaluating the whole network for every ablation would take. */
  readonly macsWhole: number;
  readonly peakBytes: number;
  readonly budgetBytes: number;
}

export interface PlanRequest {
  readonly chain: DenseChain;
  readonly ablations: AblationSource;
  /** Rows that need no computing: done before, or another shard's. */
  readonly skip: (row: number) => boolean;
  readonly samples: number;
  /** Bytes a sample takes on its way in (src/engine/prefix.ts, chunkBytes). */
  readonly chunkBytesPerSample: number;
  readonly budgetBytes: number;
  readonly isProcessor: boolean;
  /** Largest storage binding, in bytes. */
  readonly bindingBytes: number;
}

/** Rough rates, in multiply-accumulates a millisecond, that size batches; not predictions. */
const ROUGH_MACS_PER_MS = { processor: 1e6, gpu: 1e9 } as const;
/** A batch takes about so long: results stream, pausing is prompt, and the GPU still draws the screen. */
const BATCH_MS = 80;
const MOST_MASKS = 4096;
/** Masks of up to this share of a layer are entered by subtraction. */
const DELTA_SHARE = 1 / 8;

/** Plans a sweep. Throws `out-of-memory`, with both numbers, where not even 64 samples fit. */
export function planSweep(request: PlanRequest): SweepPlan {
  const { chain, samples, budgetBytes } = request;
  const widths = chain.stages.map((stage) => stage.outFeatures);
  const fixedBytes = chainBytes(chain);
  const groups = groupRows(request);
  const siteBytesAt = (stage: number, count: number) => siteBytes(widths[stage]!, widths[stage + 1]!, count);
  const stagesUsed = new Set(groups.map(({ stage }) => stage));
  const keptBytes = (count: number) =>
    prefixBytes(widths, count) + Math.max(0, ...[...stagesUsed].map((stage) => siteBytesAt(stage, count)));
  const chunkOf = (count: number) => Math.min(Math.ceil(count / 64) * 64, request.isProcessor ? 10_048 : 65_536);
  // A quarter of what the model leaves is kept for batches; the rest holds the prefix of as many samples as fit.
  const roomBytes = (budgetBytes - fixedBytes) * 0.75;
  let samplesPerSegment = samples;
  while (samplesPerSegment > 64 && keptBytes(samplesPerSegment) > roomBytes * 0.8) {
    samplesPerSegment = Math.ceil(samplesPerSegment / 2 / 64) * 64;
  }
  let chunk = chunkOf(samplesPerSegment);
  const chunkBytes = () => chunk * request.chunkBytesPerSample;
  while (
    chunk > 64 &&
    (keptBytes(samplesPerSegment) + chunkBytes() > roomBytes || chunkBytes() > request.bindingBytes)
  ) {
    chunk = Math.ceil(chunk / 2 / 64) * 64;
  }
  if (keptBytes(samplesPerSegment) + chunkBytes() > roomBytes) {
    const needed = Math.ceil((keptBytes(64) + 64 * request.chunkBytesPerSample) / 0.75 + fixedBytes);
    throw new LesionError("out-of-memory", `the study needs at least ${needed} bytes; the budget is ${budgetBytes}`, {
      where: "--memory",
      fix: `Raise the memory budget to ${Math.ceil(needed / 2 ** 20)} MiB or more.`,
      detail: { needed, budgetBytes },
    });
  }
  const tallyWords = 2 * widths.at(-1)! + 4 + 2 * wordsFor(samplesPerSegment);
  const batchBytes = Math.min((budgetBytes - fixedBytes) * 0.25, request.bindingBytes);
  const steps = groups.map((group) => sized(group, request, samplesPerSegment, tallyWords, batchBytes));
  const ablations = steps.reduce((sum, step) => sum + step.rows.length, 0);
  const stepBytes = steps.reduce((most, step) => Math.max(most, step.bytes), 0);
  return {
    steps,
    ablations,
    samples,
    samplesPerSegment,
    chunk,
    macs: steps.reduce((sum, step) => sum + step.macs, 0),
    macsWhole: ablations * samples * chainMacs(chain),
    peakBytes: fixedBytes + prefixBytes(widths, samplesPerSegment) + Math.max(chunkBytes(), stepBytes),
    budgetBytes,
  };
}

type Group = Pick<PlanStep, "stage" | "replacement" | "entry" | "tail"> & {
  readonly deeper: Set<number>;
  readonly rows: { readonly row: number; readonly units: number }[];
  macsPerSample: number;
};

/** Ablations by first damaged stage, replacement and entry; deep stages first, because their suffix is short. */
function groupRows({ chain, ablations, skip }: PlanRequest): Group[] {
  const groups = new Map<string, Group>();
  for (let row = 0; row < ablations.count; row++) {
    if (skip(row)) continue;
    const { sites, replacement } = ablations.at(row);
    const first = sites[0]!;
    const stage = first.layerIndex;
    const deeper = sites.slice(1).map((site) => site.layerIndex);
    const tail = deeper.length === 0 && fitsFusedTail(chain, stage) ? "fused" : "layered";
    const depth = chain.stages[stage]!.outFeatures;
    const entry = tail === "fused" || first.units.length <= Math.max(2, depth * DELTA_SHARE) ? "delta" : "masked-gemm";
    const key = JSON.stringify([stage, replacement, entry, tail]);
    let group = groups.get(key);
    if (!group) {
      group = { stage, replacement, entry, tail, deeper: new Set(), rows: [], macsPerSample: 0 };
      groups.set(key, group);
    }
    for (const further of deeper) group.deeper.add(further);
    const units = sites.reduce((sum, site) => sum + site.units.length, 0);
    group.rows.push({ row, units });
    group.macsPerSample += entryMacs(chain, stage, entry, first.units.length) + suffixMacs(chain, stage);
  }
  return [...groups.values()].sort((a, b) => b.stage - a.stage);
}

/** Multiply-accumulates of one sample to enter the stage after `stage`. */
export function entryMacs(chain: DenseChain, stage: number, entry: PlanStep["entry"], units: number): number {
  const { inFeatures, outFeatures } = chain.stages[stage + 1]!;
  return (entry === "delta" ? units : inFeatures) * outFeatures;
}

/** Multiply-accumulates of one sample through all that comes after the entered stage. */
export function suffixMacs(chain: DenseChain, stage: number): number {
  return chain.stages.slice(stage + 2).reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
}

function sized(group: Group, request: PlanRequest, samples: number, tallyWords: number, batchBytes: number): PlanStep {
  const { chain, isProcessor } = request;
  const { stage, replacement, entry, tail } = group;
  const count = group.rows.length;
  const macsPerMask = (group.macsPerSample / count) * samples;
  const rate = isProcessor ? ROUGH_MACS_PER_MS.processor : ROUGH_MACS_PER_MS.gpu;
  const byTime = Math.max(1, Math.floor((BATCH_MS * rate) / macsPerMask));
  // Two batches are under way at once.
  const byMemory = Math.max(1, Math.floor((batchBytes * 0.4) / (2 * tallyWords * 4)));
  const masksPerBatch = Math.min(count, MOST_MASKS, byTime, byMemory);
  const widths = chain.stages.slice(stage + 1).map(({ outFeatures }) => outFeatures);
  const rowBytes = layeredTailBytes(widths, 1);
  const rowsAtOnce = Math.max(
    64,
    Math.min(
      masksPerBatch * samples,
      Math.floor((batchBytes * 0.5) / rowBytes),
      Math.floor((BATCH_MS * rate * samples) / macsPerMask),
    ),
  );
  const rows = Uint32Array.from(
    group.rows.sort((a, b) => a.units - b.units || a.row - b.row),
    ({ row }) => row,
  );
  return {
    stage,
    replacement,
    entry,
    tail,
    rows,
    deeper: [...group.deeper].sort((a, b) => a - b),
    masksPerBatch,
    rowsAtOnce,
    macs: group.macsPerSample * request.samples,
    bytes:
      siteBytes(chain.stages[stage]!.outFeatures, widths[0]!, samples) +
      masksPerBatch * tallyWords * 4 * (tail === "fused" ? 2 : 1) +
      (tail === "fused" ? 0 : rowsAtOnce * rowBytes),
  };
}
