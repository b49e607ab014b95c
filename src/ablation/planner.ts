/**
 * Decides, before anything runs, how a sweep is computed: which ablations share a damaged layer, how that layer's
 * successor is entered, how the rest is computed, how many masks and samples go together, and what all of it costs.
 * Pure: the same plan is printed by `lesion plan`, executed by the runner, and tested without a GPU.
 */
import { LesionError } from "../core/errors.ts";
import { chainBytes, chainMacs } from "../engine/device-chain.ts";
import { givenBytes } from "../engine/given.ts";
import { layeredTailBytes } from "../engine/layered-tail.ts";
import { prefixBytes } from "../engine/prefix.ts";
import { siteBytes } from "../engine/site.ts";
import { tallyLayout } from "../kernels/tally.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { AblationSource } from "./ablation.ts";
import { type Group, groupAblations } from "./grouping.ts";

export type { Ablation, AblationSource } from "./ablation.ts";

/** Ablations that are computed together, and in what portions. */
export interface PlanStep extends Omit<Group, "macsPerSample"> {
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
/** Labels and ranks are kept in 16 bits. */
const MOST_CLASSES = 65_536;
/** Kernels take a unit of a damaged layer as a workgroup's number along an axis. */
const MOST_UNITS = 65_535;
/** Segments begin at multiples of so many samples, so that their bits lie in whole words. */
const SEGMENT_GRAIN = 64;
/** Of what the model leaves of the budget: for batches; the rest holds the prefix. */
const BATCH_SHARE = 0.25;
/** Of the prefix's share: what is kept of all samples; the rest is for a chunk on its way in. */
const KEPT_SHARE = 0.8;

/**
 * Plans a sweep. Throws `out-of-memory`, with both numbers, where not even 64 samples fit, and `unsupported` for layers
 * beyond what the kernels count.
 */
export function planSweep(request: PlanRequest): SweepPlan {
  const { chain, samples, budgetBytes, bindingBytes } = request;
  const widths = chain.stages.map((stage) => stage.outFeatures);
  const fixedBytes = chainBytes(chain);
  const groups = groupAblations(chain, request.ablations, request.skip);
  assertCountable(request, groups);
  const { samplesPerSegment, chunk } = portions(request, groups, fixedBytes);
  const batchBytes = Math.min((budgetBytes - fixedBytes) * BATCH_SHARE, bindingBytes);
  const steps = groups.map((group) => sized(group, request, samplesPerSegment, batchBytes));
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
    peakBytes:
      fixedBytes + prefixBytes(widths, samplesPerSegment) + Math.max(chunk * request.chunkBytesPerSample, stepBytes),
    budgetBytes,
  };
}

function assertCountable({ chain, bindingBytes }: PlanRequest, groups: readonly Group[]): void {
  const refuse = (layer: string, message: string, fix: string) => {
    throw new LesionError("unsupported", `the layer ${layer} ${message}`, { where: layer, fix });
  };
  const last = chain.stages.at(-1)!;
  if (last.outFeatures > MOST_CLASSES) {
    refuse(last.name, `tells ${last.outFeatures} classes apart, at most ${MOST_CLASSES} are`, "Use fewer classes.");
  }
  for (const { stage, deeper } of groups) {
    for (const s of [stage, ...deeper]) {
      const { name, outFeatures } = chain.stages[s]!;
      if (outFeatures <= MOST_UNITS) continue;
      refuse(name, `has ${outFeatures} units; of a damaged layer at most ${MOST_UNITS} are`, "Damage other layers.");
    }
  }
  for (const { name, weight } of chain.stages) {
    if (weight.byteLength <= bindingBytes) continue;
    const message = `has ${weight.byteLength} bytes of weights; this adapter reads ${bindingBytes} at once`;
    refuse(name, message, "Use another adapter.");
  }
}

/** How many samples are kept at once, and how many of them come in together. */
function portions(
  { chain, samples, chunkBytesPerSample, budgetBytes, bindingBytes, isProcessor }: PlanRequest,
  groups: readonly Group[],
  fixedBytes: number,
): Pick<SweepPlan, "samplesPerSegment" | "chunk"> {
  const widths = chain.stages.map((stage) => stage.outFeatures);
  const stages = [...new Set(groups.map(({ stage }) => stage))];
  const roomBytes = (budgetBytes - fixedBytes) * (1 - BATCH_SHARE);
  const keptBytes = (count: number) =>
    prefixBytes(widths, count) +
    Math.max(0, ...stages.map((stage) => siteBytes(widths[stage]!, widths[stage + 1]!, count))) +
    Math.max(0, ...groups.map((group) => deeperBytes(group, chain, count)));
  // The entered layer is kept twice in one buffer: intact, and with all units replaced.
  const widest = Math.max(...widths, ...stages.map((stage) => 2 * widths[stage + 1]!));
  const halved = (count: number) => Math.ceil(count / 2 / SEGMENT_GRAIN) * SEGMENT_GRAIN;
  let samplesPerSegment = samples;
  while (
    samplesPerSegment > SEGMENT_GRAIN &&
    (keptBytes(samplesPerSegment) > roomBytes * KEPT_SHARE ||
      keptBytes(samplesPerSegment) + SEGMENT_GRAIN * chunkBytesPerSample > roomBytes ||
      widest * (samplesPerSegment + SEGMENT_GRAIN) * 4 > bindingBytes)
  ) {
    samplesPerSegment = halved(samplesPerSegment);
  }
  const kept = keptBytes(samplesPerSegment);
  const most = isProcessor ? 10_048 : 65_536;
  let chunk = Math.min(Math.ceil(samplesPerSegment / SEGMENT_GRAIN) * SEGMENT_GRAIN, most);
  while (
    chunk > SEGMENT_GRAIN &&
    (kept + chunk * chunkBytesPerSample > roomBytes || chunk * chunkBytesPerSample > bindingBytes)
  ) {
    chunk = halved(chunk);
  }
  if (kept + chunk * chunkBytesPerSample <= roomBytes) return { samplesPerSegment, chunk };
  const least = keptBytes(SEGMENT_GRAIN);
  const needed = Math.ceil(
    Math.max(least / KEPT_SHARE, least + SEGMENT_GRAIN * chunkBytesPerSample) / (1 - BATCH_SHARE) + fixedBytes,
  );
  throw new LesionError("out-of-memory", `the study needs at least ${needed} bytes; the budget is ${budgetBytes}`, {
    where: "--memory",
    fix: `Raise the memory budget to ${Math.ceil(needed / 2 ** 20)} MiB or more.`,
    detail: { needed, budgetBytes },
  });
}

/** What further masked stages become on `samples` samples, where that differs by sample. */
function deeperBytes({ replacement, deeper }: Group, { stages }: DenseChain, samples: number): number {
  return deeper.reduce((sum, stage) => sum + givenBytes(replacement, samples, [stages[stage]!.outFeatures]), 0);
}

/** How many of a group's masks, and how many rows of a layered tail, go together. */
function sized(group: Group, request: PlanRequest, samples: number, batchBytes: number): PlanStep {
  const { chain, isProcessor } = request;
  const { macsPerSample, ...step } = group;
  const { stage, tail, rows } = step;
  const macsPerMask = (macsPerSample / rows.length) * samples;
  const rate = isProcessor ? ROUGH_MACS_PER_MS.processor : ROUGH_MACS_PER_MS.gpu;
  const byTime = Math.max(1, Math.floor((BATCH_MS * rate) / macsPerMask));
  const tallyBytes = 4 * tallyLayout(chain.stages.at(-1)!.outFeatures, samples, "bits").words;
  // A processor visits listed samples alone: at worst all of them, in a buffer with room to grow.
  const listBytes = tail === "fused" && isProcessor ? samples * 6 : 0;
  // Two batches of a fused tail are under way at once.
  const maskBytes = (tallyBytes + listBytes) * (tail === "fused" ? 2 : 1);
  const byMemory = Math.max(1, Math.floor((batchBytes * 0.5) / maskBytes));
  const masksPerBatch = Math.min(rows.length, MOST_MASKS, byTime, byMemory);
  const widths = chain.stages.slice(stage + 1).map(({ outFeatures }) => outFeatures);
  const rowBytes = layeredTailBytes(widths, 1);
  const rowsAtOnce = Math.max(
    SEGMENT_GRAIN,
    Math.min(
      masksPerBatch * samples,
      Math.floor((batchBytes * 0.5) / rowBytes),
      Math.floor((BATCH_MS * rate * samples) / macsPerMask),
    ),
  );
  return {
    ...step,
    masksPerBatch,
    rowsAtOnce,
    macs: macsPerSample * request.samples,
    bytes:
      siteBytes(chain.stages[stage]!.outFeatures, widths[0]!, samples) +
      deeperBytes(group, chain, samples) +
      masksPerBatch * maskBytes +
      (tail === "fused" ? 0 : rowsAtOnce * rowBytes),
  };
}
