/**
 * Computes sweeps over graphs: a segment's images go once through the intact network, each site of the plan is opened on what
 * that pass kept, and its masks are evaluated in batches of (image, mask) rows. Rows on which nothing moves are not computed.
 */
import { countBits, setBit } from "../core/bitset.ts";
import { readAhead } from "../data/read-ahead.ts";
import type { ChannelReplacement } from "../engine/graph/channel-replacement.ts";
import { graphActivations, graphMoments } from "../engine/graph/graph-moments.ts";
import {
  type GraphPrefix,
  type GraphTruth,
  type ImageRange,
  type ImageSource,
  openImages,
  rankTruth,
  runPrefix,
} from "../engine/graph/graph-prefix.ts";
import { type GraphSite, openGraphSite } from "../engine/graph/graph-site.ts";
import type { DeviceTensor, GraphDevice } from "../engine/graph/layer-dispatches.ts";
import { openGraph } from "../engine/graph/open-graph.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { readTally, tallyLayout } from "../kernels/tally.ts";
import { channelsOf } from "../kernels/tensor-layout.ts";
import type { AblatableLayer } from "../network/ablatable.ts";
import type { Ablation, AblationSource } from "./ablation.ts";
import { runBatches } from "./batches.ts";
import { type Effect, effectOf, intactOutcome, type Outcome } from "./effects.ts";
import { type Given, givenOf, type ReadableSegment } from "./given-statistics.ts";
import type { GraphPlan, GraphStep } from "./graph-planner.ts";
import { type MaskedImages, rowsOfMasks } from "./rows-of-masks.ts";
import type { Coefficients, OpenSegment, OptimalConstants, SweepBatch, SweepEngine } from "./sweep.ts";

export interface GraphSweep extends ImageSource {
  readonly gpu: Gpu;
  readonly plan: GraphPlan;
  readonly ablatable: readonly AblatableLayer[];
  readonly top5: boolean;
  readonly loss: boolean;
  readonly seed: number;
  /** Needed where a step replaces by `optimal`. */
  readonly optimal?: OptimalConstants | undefined;
  readonly proceed: () => Promise<boolean>;
}

/** The engine of a graph; its weights belong to `arena`. */
export async function graphEngine(arena: Arena, request: GraphSweep): Promise<SweepEngine<GraphStep>> {
  const { gpu, plan, ablatable } = request;
  const sweep = { ...request, dataset: readAhead(request.dataset) };
  const device = await openGraph(gpu, arena, plan.graph, plan.weights, plan.round);
  return {
    units: (stage) => ablatable[stage]!.units,
    seed: request.seed,
    optimal: request.optimal,
    openSegment: (own, { start, samples }, given) =>
      openSegment(sweep, device, own, { start, images: samples }, given?.on({ start, samples })),
  };
}

async function openSegment(
  sweep: GraphSweep,
  device: GraphDevice,
  arena: Arena,
  range: ImageRange,
  gathered?: Given,
): Promise<OpenSegment<GraphStep>> {
  const { gpu, plan, ablatable } = sweep;
  const { graph, output, groups } = plan;
  const classes = channelsOf(graph.shapes.get(output)!);
  const input = graph.network.inputs[0]!;
  const images = await openImages(gpu, arena, sweep, input.shape, range);
  const prefixes = new Prefixes(sweep, device, images, range);
  const logits = await prefixes.open(groups.length > 0 ? 0 : null, output);
  const truth = await rankTruth(gpu, arena, sweep, range, logits, classes);
  prefixes.free(logits);
  const intact = intactOutcome(truth, classes);
  /** Reads a layer's pre-activation, from the prefix at hand or from another pass. */
  const reading = async <T>(layer: string, read: (prefix: GraphPrefix) => Promise<T>): Promise<T> => {
    const held = prefixes.current;
    if (held?.z.has(layer)) return read(held);
    prefixes.release();
    using transient = gpu.arena.scope();
    const roots = { z: new Set([layer]), values: new Set<string>() };
    const { prefix } = await runPrefix(gpu, transient, device, images, range, roots, null);
    return await read(prefix);
  };
  const readable: ReadableSegment = {
    truths: truth.truths,
    activations: (stage, site) => readable.sampleActivations(stage, site, false),
    sampleActivations(stage, site, pooled) {
      const { layer } = ablatable[stage]!;
      const linear = site === "pre-activation";
      return reading(layer, (prefix) => graphActivations(gpu, prefix, layer, { linear, pooled }));
    },
  };
  const given = gathered ?? givenOf(readable, sweep.seed);
  return {
    ...readable,
    intact,
    proceed: sweep.proceed,
    moments(stage, site, before) {
      const { layer } = ablatable[stage]!;
      const linear = site === "pre-activation";
      return reading(layer, (prefix) => graphMoments(gpu, prefix, layer, linear, before));
    },
    async *run(step, ablations, coefficients) {
      const replaced = await replacementsOf(step, sweep, coefficients, given);
      await prefixes.open(step.group, null);
      yield* runGraphStep(step, replaced, { ...sweep, ablations, prefix: prefixes.current!, truth, intact });
    },
    [Symbol.dispose]: () => prefixes[Symbol.dispose](),
  };
}

/** The prefix of one group of sites at a time: another is computed when a site asks for it. */
class Prefixes implements Disposable {
  readonly #sweep: GraphSweep;
  readonly #device: GraphDevice;
  readonly #images: DeviceTensor;
  readonly #range: ImageRange;
  #group: number | null = null;
  #held: { readonly arena: Arena; readonly prefix: GraphPrefix } | null = null;

  constructor(sweep: GraphSweep, device: GraphDevice, images: DeviceTensor, range: ImageRange) {
    this.#sweep = sweep;
    this.#device = device;
    this.#images = images;
    this.#range = range;
  }

  /** Makes a group's prefix the current one; `output` asks for that layer's result besides. */
  async open(group: number | null, output: string): Promise<GPUBuffer>;
  async open(group: number | null, output: null): Promise<null>;
  async open(group: number | null, output: string | null): Promise<GPUBuffer | null> {
    if (output === null && group === this.#group && this.#held) return null;
    const { gpu, plan } = this.#sweep;
    this.release();
    const own = gpu.arena.scope();
    try {
      const roots = group === null ? { z: new Set<string>(), values: new Set<string>() } : plan.groups[group]!;
      const { prefix, logits } = await runPrefix(gpu, own, this.#device, this.#images, this.#range, roots, output);
      this.#held = { arena: own, prefix };
      this.#group = group;
      return logits;
    } catch (error) {
      own[Symbol.dispose]();
      throw error;
    }
  }

  free(logits: GPUBuffer): void {
    this.#held?.arena.free(logits);
  }

  get current(): GraphPrefix | null {
    return this.#held?.prefix ?? null;
  }

  /** Lets go of what is held. */
  release(): void {
    this.#held?.arena[Symbol.dispose]();
    this.#held = null;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

interface StepOptions extends GraphSweep {
  readonly ablations: AblationSource;
  readonly prefix: GraphPrefix;
  readonly truth: GraphTruth;
  readonly intact: Outcome;
}

/** How the units of a step's layers are replaced, by layer. */
async function replacementsOf(
  { stage, deeper, replacement, site }: GraphStep,
  { ablatable, seed }: GraphSweep,
  coefficients: Coefficients,
  given: Given,
): Promise<ReadonlyMap<string, ChannelReplacement>> {
  const replaced = new Map<string, ChannelReplacement>();
  for (const index of [stage, ...deeper]) {
    replaced.set(ablatable[index]!.layer, {
      coefficients: await coefficients(index, replacement, site),
      given: await given(index, replacement, site),
      before: site === "pre-activation",
      seed: seed + index,
    });
  }
  return replaced;
}

/** Runs one step on a segment. Where `proceed` says so it ends early, with the batch that was under way. */
async function* runGraphStep(
  step: GraphStep,
  replaced: ReadonlyMap<string, ChannelReplacement>,
  options: StepOptions,
): AsyncGenerator<SweepBatch> {
  const { gpu, prefix, truth, intact, plan, ablatable, top5, loss } = options;
  const { suffix, layer } = step;
  const layout = tallyLayout(intact.classCorrect.length, prefix.images, top5 ? "counts" : "nothing");
  using site = await openGraphSite(gpu, prefix, truth, suffix, {
    replacement: replaced.get(layer)!,
    deeper: new Map([...replaced].filter(([name]) => name !== layer)),
    output: plan.output,
    layout,
    loss,
    masksPerBatch: step.masksPerBatch,
    rowsAtOnce: step.rowsAtOnce,
    complements: step.complements,
  });
  const macsPerRow = step.macs / (step.rows.length * plan.samples);
  const evaluate = async (batch: readonly Touched[]): Promise<SweepBatch> => {
    const startMs = performance.now();
    const words = await site.evaluate({
      masks: batch.map(({ ablation }) => ablation.sites[0]!.units),
      deeper: deeperUnits(step, ablatable, batch),
      rows: rowsOfMasks(batch),
    });
    const ms = (performance.now() - startMs) / batch.length;
    const visits = batch.reduce((sum, { count }) => sum + count, 0);
    const effects = batch.map((touched, index): Effect => {
      const effect = effectOf(touched.ablation.row, readTally(words, index, layout), ms);
      return loss ? { ...effect, lossSum: effect.lossSum + untouchedLoss(touched, truth) } : effect;
    });
    return { effects, macs: visits * macsPerRow };
  };
  yield* runBatches({ ...options, ...step, take: (ablation) => touchedBy(ablation, site, prefix.images), evaluate });
}

/** An ablation, and the images on which it moves anything. */
interface Touched extends MaskedImages {
  readonly ablation: Ablation;
}

/** The images that any masked unit moves on, all where further layers are masked; null where there are none. */
function touchedBy(ablation: Ablation, { moved, words }: GraphSite, samples: number): Touched | null {
  const { sites } = ablation;
  const images = new Uint32Array(words);
  if (sites.length > 1) {
    for (let n = 0; n < samples; n++) setBit(images, n);
  } else {
    for (const unit of sites[0]!.units) {
      for (let word = 0; word < words; word++) images[word] = images[word]! | moved[unit * words + word]!;
    }
  }
  const count = countBits(images);
  return count > 0 ? { ablation, images, count } : null;
}

/** The intact losses of the images that were not computed. */
function untouchedLoss({ images }: Touched, { losses }: GraphTruth): number {
  let sum = 0;
  for (let n = 0; n < losses.length; n++) if (((images[n >>> 5]! >>> (n & 31)) & 1) === 0) sum += losses[n]!;
  return sum;
}

function deeperUnits(
  step: GraphStep,
  ablatable: readonly AblatableLayer[],
  batch: readonly Touched[],
): ReadonlyMap<string, readonly (readonly number[])[]> {
  const unitsAt = ({ sites }: Ablation, index: number) =>
    sites.find(({ layerIndex }) => layerIndex === index)?.units ?? [];
  return new Map(
    step.deeper.map((index) => [ablatable[index]!.layer, batch.map(({ ablation }) => unitsAt(ablation, index))]),
  );
}
