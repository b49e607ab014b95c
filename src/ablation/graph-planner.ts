/**
 * Decides, before anything runs, how a sweep over a graph is computed: which ablations share a damaged layer and so a suffix,
 * what of the weights is kept ready, how many images are under way together, which sites share a pass of the intact network,
 * how many rows go at once, and what all of it costs. Pure, as the planner of chains is.
 */
import { wordsFor } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import { givenBytes } from "../engine/given.ts";
import type { CompiledGraph } from "../engine/graph/compiled-graph.ts";
import { entryMacsPerUnit } from "../engine/graph/entry-shape.ts";
import { type KeptRoots, keptBytes, planPrefix } from "../engine/graph/graph-prefix.ts";
import { graphSiteBytes } from "../engine/graph/graph-site-memory.ts";
import { passFloats, roundFloats } from "../engine/graph/pass.ts";
import { planSuffix, rootsOf, type Suffix, suffixOf } from "../engine/graph/suffix.ts";
import { planWeights, type WeightPlan } from "../engine/graph/weights.ts";
import { listedUnits } from "../engine/masks.ts";
import type { ReplacementOptions } from "../engine/site.ts";
import { tallyLayout } from "../kernels/tally.ts";
import { paddedChannels, tensorFloats } from "../kernels/tensor-layout.ts";
import type { AblatableLayer } from "../network/ablatable.ts";
import { sizeOf } from "../network/shapes.ts";
import type { Ablation, AblationPlace, AblationSource } from "./ablation.ts";

/** Ablations of one suffix, and in what portions they are computed. */
export interface GraphStep {
  readonly engine: "graph";
  /** Index of the first damaged layer among the ablatable ones. */
  readonly stage: number;
  readonly layer: string;
  readonly replacement: ReplacementOptions;
  readonly site: AblationPlace;
  readonly rows: Uint32Array;
  /** Indices of further masked layers, ascending. */
  readonly deeper: readonly number[];
  readonly suffix: Suffix;
  readonly entry: "delta" | "select";
  readonly tail: "layered";
  /** Whether masks of more than half of the units are among them. */
  readonly complements: boolean;
  /** Sites of one group share a pass of the intact network. */
  readonly group: number;
  readonly masksPerBatch: number;
  readonly rowsAtOnce: number;
  /** Multiply-accumulates, if every image is visited. */
  readonly macs: number;
  readonly bytes: number;
}

export interface GraphPlan {
  readonly engine: "graph";
  readonly steps: readonly GraphStep[];
  readonly graph: CompiledGraph;
  /** The layer that gives the logits. */
  readonly output: string;
  readonly weights: WeightPlan;
  /** Numbers of Winograd's intermediate tensors. */
  readonly round: { readonly inputs: number; readonly products: number };
  /** What each group's pass keeps. */
  readonly groups: readonly KeptRoots[];
  readonly ablations: number;
  readonly samples: number;
  /** Images under way together. */
  readonly samplesPerSegment: number;
  readonly macs: number;
  readonly macsWhole: number;
  readonly peakBytes: number;
  readonly budgetBytes: number;
}

export interface GraphPlanRequest {
  readonly graph: CompiledGraph;
  readonly output: string;
  readonly ablatable: readonly AblatableLayer[];
  readonly ablations: AblationSource;
  readonly skip: (row: number) => boolean;
  readonly samples: number;
  /** Bytes a sample takes on its way in. */
  readonly chunkBytesPerSample: number;
  readonly budgetBytes: number;
  readonly isProcessor: boolean;
  readonly bindingBytes: number;
}

/** Rough rates, in multiply-accumulates a millisecond, that size batches; not predictions. */
const ROUGH_MACS_PER_MS = { processor: 5e6, gpu: 1e9 } as const;
/** A batch, and a pass of the intact network, take about so long: results stream, and pausing is prompt enough. */
const BATCH_MS = { processor: 1500, gpu: 150 } as const;
const MOST_MASKS = 4096;
const MOST_CLASSES = 65_536;
/** Of what the least weights leave of the budget: for weights kept ready, as much as lets one image through. */
const WEIGHT_SHARES = [0.5, 0.25, 0];
/** Of what weights leave: for what the prefix keeps. */
const KEPT_SHARE = 0.45;
/** Of what the prefix leaves: for rows. */
const ROW_SHARE = 0.8;

/** Plans a sweep. Throws `out-of-memory`, with both numbers, where not even one image fits. */
export function planGraphSweep(request: GraphPlanRequest): GraphPlan {
  const { graph, samples, budgetBytes, bindingBytes, output } = request;
  assertCountable(request);
  const least = planWeights(graph, 0, bindingBytes).bytes;
  const families = familiesOf(request);
  let needed = Number.POSITIVE_INFINITY;
  for (const share of WEIGHT_SHARES) {
    const weights = planWeights(graph, least + Math.max(0, budgetBytes - least) * share, bindingBytes);
    for (let images = mostImages(request); ; images = Math.ceil(images / 2)) {
      const plan = fitted(request, weights, families, images);
      if (plan && plan.peakBytes <= budgetBytes) return plan;
      needed = Math.min(needed, plan?.peakBytes ?? needed);
      if (images === 1) break;
    }
  }
  throw new LesionError("out-of-memory", `the study needs at least ${needed} bytes; the budget is ${budgetBytes}`, {
    where: "--memory",
    fix: `Raise the memory budget to ${Math.ceil(needed / 2 ** 20)} MiB or more.`,
    detail: { needed, budgetBytes, output, samples },
  });
}

function assertCountable({ graph, output }: GraphPlanRequest): void {
  const shape = graph.shapes.get(output)!;
  const classes = shape.at(-1) ?? 1;
  if (sizeOf(shape) !== classes || classes > MOST_CLASSES) {
    throw new LesionError(
      "unsupported",
      `the output ${output} has the shape [${shape.join(", ")}], not one number a class`,
      {
        where: output,
        fix: `Use a network that ends in one number for each of at most ${MOST_CLASSES} classes.`,
      },
    );
  }
}

/** Ablations with the same suffix. */
interface Family {
  readonly stage: number;
  readonly replacement: ReplacementOptions;
  readonly site: AblationPlace;
  readonly deeper: readonly number[];
  readonly rows: number[];
  readonly suffix: Suffix;
  readonly complements: boolean;
  /** Multiply-accumulates of one sample through all masks. */
  readonly macsPerSample: number;
}

/** Families, deep sites first: their suffix is short. */
function familiesOf({ graph, output, ablatable, ablations, skip }: GraphPlanRequest): Family[] {
  const families = new Map<string, Family & { complements: boolean; macsPerSample: number }>();
  const texts = new Map<ReplacementOptions, string>();
  const suffixes = new Map<string, { readonly suffix: Suffix; readonly entered: number; readonly after: number }>();
  for (let row = 0; row < ablations.count; row++) {
    if (skip(row)) continue;
    const { sites, replacement, site = "post-activation" }: Ablation = ablations.at(row);
    const [first, ...further] = sites;
    const stage = first!.layerIndex;
    const deeper = further.map(({ layerIndex }) => layerIndex);
    const text = texts.get(replacement) ?? JSON.stringify(replacement);
    texts.set(replacement, text);
    const path = `${stage} ${deeper.join(",")}`;
    const known = suffixes.get(path) ?? suffixWithCosts(graph, ablatable, stage, deeper, output);
    suffixes.set(path, known);
    const key = `${path} ${site} ${text}`;
    const family = families.get(key) ?? {
      stage,
      replacement,
      site,
      deeper,
      rows: [],
      suffix: known.suffix,
      complements: false,
      macsPerSample: 0,
    };
    families.set(key, family);
    const { units } = ablatable[stage]!;
    family.rows.push(row);
    family.complements ||= 2 * first!.units.length > units;
    family.macsPerSample += listedUnits(first!.units.length, units) * known.entered + known.after;
  }
  return [...families.values()].sort((a, b) => b.stage - a.stage);
}

function suffixWithCosts(
  graph: CompiledGraph,
  ablatable: readonly AblatableLayer[],
  stage: number,
  deeper: readonly number[],
  output: string,
) {
  const nameOf = (index: number) => ablatable[index]!.layer;
  const suffix = suffixOf(graph, nameOf(stage), new Set(deeper.map(nameOf)), output);
  return {
    suffix,
    entered: [...suffix.entries.values()].reduce((sum, entry) => sum + entryMacsPerUnit(graph, entry), 0),
    after: suffix.steps.reduce((sum, { layer }) => sum + (layer ? graph.costs.get(layer.name)!.macs : 0), 0),
  };
}

function mostImages({ graph, samples, isProcessor }: GraphPlanRequest): number {
  const kind = isProcessor ? "processor" : "gpu";
  return Math.max(1, Math.min(samples, Math.floor((BATCH_MS[kind] * ROUGH_MACS_PER_MS[kind]) / graph.macs)));
}

/** A plan with so many images under way; null where not even one site's intact results fit. */
function fitted(
  request: GraphPlanRequest,
  weights: WeightPlan,
  families: readonly Family[],
  images: number,
): GraphPlan | null {
  const { graph, output, budgetBytes, bindingBytes, isProcessor, samples } = request;
  const classes = paddedChannels(graph.shapes.get(output)!.at(-1) ?? 1);
  const input = graph.network.inputs[0]!.shape;
  const imageBytes = tensorFloats(images, input) * 4;
  const arriving = images * request.chunkBytesPerSample;
  const room = Math.max(0, budgetBytes - weights.bytes - imageBytes);
  const groups = grouped(graph, families, images, room * KEPT_SHARE);
  const passes = (groups.length > 0 ? groups : [{ roots: NOTHING, members: [] }]).map(({ roots }) =>
    passFloats(planPrefix({ graph }, roots, output)),
  );
  const widest = Math.max(...passes.map((pass) => pass.widest));
  if (widest * images * 4 > bindingBytes && images > 1) return null;
  const prefixRound = roundFloats(graph, graph.network.layers, images, isProcessor);
  const roundBytes = (prefixRound.inputs + prefixRound.products) * 4;
  const passBytes = Math.max(...passes.map(({ row }) => row * images * 4)) + images * classes * 4;
  const truthBytes = images * 12;
  let rows = 1;
  let phase = Math.max(arriving, passBytes);
  const steps: GraphStep[] = [];
  for (const [group, { roots, members }] of groups.entries()) {
    const kept = keptBytes({ graph }, roots, images);
    phase = Math.max(phase, kept + passBytes);
    for (const family of members) {
      const left = (room - kept - roundBytes) * ROW_SHARE;
      const { step, bytes } = sized(request, family, group, images, left);
      rows = Math.max(rows, step.rowsAtOnce);
      phase = Math.max(phase, kept + bytes);
      steps.push(step);
    }
  }
  const suffixLayers = new Set(families.flatMap(({ suffix }) => suffix.steps.flatMap(({ layer }) => layer ?? [])));
  const suffixRound = roundFloats(graph, suffixLayers, rows, isProcessor);
  const round = {
    inputs: Math.max(prefixRound.inputs, suffixRound.inputs),
    products: Math.max(prefixRound.products, suffixRound.products),
  };
  const ablations = steps.reduce((sum, step) => sum + step.rows.length, 0);
  return {
    engine: "graph",
    steps,
    graph,
    output,
    weights,
    round,
    groups: groups.map(({ roots }) => roots),
    ablations,
    samples,
    samplesPerSegment: images,
    macs: steps.reduce((sum, step) => sum + step.macs, 0),
    macsWhole: ablations * samples * graph.macs,
    peakBytes: weights.bytes + (round.inputs + round.products) * 4 + imageBytes + truthBytes + phase,
    budgetBytes,
  };
}

const NOTHING: KeptRoots = { z: new Set(), values: new Set() };

/** Sites in groups whose intact results fit together. A site that alone does not fit has a group of its own. */
function grouped(graph: CompiledGraph, families: readonly Family[], images: number, mostBytes: number) {
  const groups: { roots: KeptRoots; members: Family[] }[] = [];
  for (const family of families) {
    const roots = rootsOf(graph, family.suffix);
    const last = groups.at(-1);
    const joined = last && {
      z: new Set([...last.roots.z, ...roots.z]),
      values: new Set([...last.roots.values, ...roots.values]),
    };
    if (last && joined && keptBytes({ graph }, joined, images) <= mostBytes) {
      last.roots = joined;
      last.members.push(family);
    } else {
      groups.push({ roots: { z: roots.z, values: roots.values }, members: [family] });
    }
  }
  return groups;
}

/** How many masks make a batch, how many rows go at once, and the bytes of a site and its rows. */
function sized(
  { graph, output, samples, ablatable, isProcessor, bindingBytes }: GraphPlanRequest,
  family: Family,
  group: number,
  images: number,
  roomBytes: number,
): { readonly step: GraphStep; readonly bytes: number } {
  const { suffix, rows, macsPerSample, complements, deeper, stage, replacement, site: place } = family;
  const kind = isProcessor ? "processor" : "gpu";
  const classes = graph.shapes.get(output)!.at(-1) ?? 1;
  const { units } = ablatable[stage]!;
  const pass = passFloats(planSuffix(graph, suffix, output));
  const rowBytes = (pass.row + paddedChannels(classes)) * 4 + 8;
  const site = graphSiteBytes(graph, suffix, images, complements);
  const tallyBytes = 4 * tallyLayout(classes, images, "counts").words;
  const deeperWords = deeper.reduce((sum, index) => sum + wordsFor(ablatable[index]!.units), 0);
  // Of further masked layers: what units become on each image where that differs, else three numbers a channel.
  const deeperBytes = deeper.reduce((sum, index) => {
    const { layer, units: width } = ablatable[index]!;
    const given = givenBytes(replacement, images, graph.shapes.get(layer)!);
    return sum + (given > 0 ? given : 12 * paddedChannels(width));
  }, 0);
  const maskBytes = tallyBytes + 4 * (units + 2 + wordsFor(units) + deeperWords);
  const rowsByTime = Math.max(1, Math.floor((BATCH_MS[kind] * ROUGH_MACS_PER_MS[kind] * rows.length) / macsPerSample));
  const masksPerBatch = Math.max(
    1,
    Math.min(rows.length, MOST_MASKS, Math.floor(rowsByTime / images), Math.floor((roomBytes * 0.2) / maskBytes)),
  );
  const rowsByMemory = Math.max(
    1,
    Math.floor(Math.max(0, roomBytes - site.kept - deeperBytes - masksPerBatch * maskBytes) / rowBytes),
  );
  const rowsByBinding = Math.max(1, Math.floor(bindingBytes / (pass.widest * 4)));
  const rowsAtOnce = Math.min(masksPerBatch * images, rowsByMemory, rowsByBinding);
  const fixed = site.kept + deeperBytes + masksPerBatch * maskBytes;
  const bytes = Math.max(site.opening, fixed + rowsAtOnce * rowBytes);
  return {
    bytes,
    step: {
      engine: "graph",
      stage,
      layer: suffix.first.name,
      replacement,
      site: place,
      rows: Uint32Array.from(rows),
      deeper,
      suffix,
      entry: suffix.entries.size > 0 ? "delta" : "select",
      tail: "layered",
      complements,
      group,
      masksPerBatch,
      rowsAtOnce,
      macs: macsPerSample * samples,
      bytes,
    },
  };
}
