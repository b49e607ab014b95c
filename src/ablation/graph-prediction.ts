/**
 * Predicts what a sweep over a graph will take on this adapter: every layer is timed once by itself, on a few rows of zeros,
 * and the plan says how often each is computed. Images on which nothing moves are not foreseen: a prediction is what it takes
 * where every unit is alive.
 */
import type { CompiledGraph } from "../engine/graph/compiled-graph.ts";
import { ready } from "../engine/graph/dispatch.ts";
import { entryMacsPerUnit } from "../engine/graph/entry-shape.ts";
import { activationDispatches, layerDispatches } from "../engine/graph/layer-dispatches.ts";
import { openGraph } from "../engine/graph/open-graph.ts";
import { roundFloats } from "../engine/graph/pass.ts";
import { listedUnits } from "../engine/masks.ts";
import type { Gpu } from "../gpu/device.ts";
import { tensorFloats } from "../kernels/tensor-layout.ts";
import type { AblatableLayer } from "../network/ablatable.ts";
import { type Layer, LINEAR } from "../network/network.ts";
import type { AblationSource } from "./ablation.ts";
import type { GraphPlan, GraphStep } from "./graph-planner.ts";

/** Rows on which layers are timed: enough to fill a device, where that does not take long. */
const TIMED_ROWS = 4;
const LONG_MACS = 1e9;
const LONG_MS = 30;
/** Passes over a tensor that entering a layer comes to, beside its multiplications; and opening a site. */
const ENTRY_PASSES = 2;
const OPENING_PASSES = 8;

/** Milliseconds of a layer, and of writing its result once, for one row. */
interface LayerMs {
  readonly computing: number;
  readonly writing: number;
}

/** What a plan will take, in milliseconds. */
export interface PredictedTime {
  /** The intact network once on all samples. */
  readonly passMs: number;
  /** All of the plan, its passes over the intact network included. */
  readonly ms: number;
}

/** What the plan will take; null where there is nothing to do. Stops early, with null, where `proceed` says so. */
export async function predictGraph(
  gpu: Gpu,
  plan: GraphPlan,
  ablatable: readonly AblatableLayer[],
  ablations: AblationSource,
  proceed: () => Promise<boolean>,
): Promise<PredictedTime | null> {
  if (plan.steps.length === 0) return null;
  const times = await timeLayers(gpu, plan, proceed);
  if (!times) return null;
  const { graph, samples, samplesPerSegment, groups } = plan;
  const prefixMs = graph.network.layers.reduce((sum, { name }) => sum + (times.get(name)?.computing ?? 0), 0);
  const segments = Math.ceil(samples / samplesPerSegment);
  const perRow = plan.steps.map((step) => stepMs(graph, step, ablatable, ablations, times));
  const passMs = samples * prefixMs;
  const stepsMs = samples * perRow.reduce((sum, ms) => sum + ms, 0) + segments * plan.steps.length;
  return { passMs, ms: passMs * groups.length + stepsMs };
}

/** Milliseconds of one image through all of a step's masks, its share of the opening included. */
function stepMs(
  graph: CompiledGraph,
  { suffix, rows, stage }: GraphStep,
  ablatable: readonly AblatableLayer[],
  ablations: AblationSource,
  times: ReadonlyMap<string, LayerMs>,
): number {
  const timeOf = (name: string) => times.get(name) ?? { computing: 0, writing: 0 };
  const after = suffix.steps.reduce((sum, { layer }) => sum + (layer ? timeOf(layer.name).computing : 0), 0);
  const writing = [...suffix.entries.keys()].reduce((sum, name) => sum + ENTRY_PASSES * timeOf(name).writing, 0);
  const perUnit = [...suffix.entries.values()].reduce((sum, entry) => {
    const { macs } = graph.costs.get(entry.layer.name)!;
    return sum + (timeOf(entry.layer.name).computing / macs) * entryMacsPerUnit(graph, entry);
  }, 0);
  const { units } = ablatable[stage]!;
  const every = Math.max(1, Math.floor(rows.length / 64));
  let listed = 0;
  let counted = 0;
  for (let i = 0; i < rows.length; i += every) {
    listed += listedUnits(ablations.at(rows[i]!).sites[0]!.units.length, units);
    counted++;
  }
  const opening = OPENING_PASSES * timeOf(suffix.first.name).writing;
  return opening + rows.length * (after + writing + perUnit * (listed / counted));
}

/** Each layer's time for one row, by its name; null where it was stopped. */
async function timeLayers(
  gpu: Gpu,
  { graph, weights, round }: GraphPlan,
  proceed: () => Promise<boolean>,
): Promise<ReadonlyMap<string, LayerMs> | null> {
  const { network, shapes, macs } = graph;
  const rows = gpu.isProcessor && macs > LONG_MACS ? 1 : TIMED_ROWS;
  using arena = gpu.arena.scope();
  const own = roundFloats(graph, network.layers, rows, gpu.isProcessor);
  const fitting = { inputs: Math.max(round.inputs, own.inputs), products: Math.max(round.products, own.products) };
  const device = await openGraph(gpu, arena, graph, weights, fitting);
  const widest = Math.max(...[...shapes.values()].map((shape) => tensorFloats(rows, shape)));
  const [from, to] = [arena.storage("read", widest * 4), arena.storage("written", widest * 4)];
  const times = new Map<string, LayerMs>();
  const timed = async (dispatches: Parameters<typeof ready>[1]) => {
    if (dispatches.length === 0) return 0;
    const record = await ready(gpu, dispatches);
    const first = await gpu.time(record);
    // What a first run does once only matters where the run itself is short.
    return (first > LONG_MS ? first : await gpu.time(record)) / rows;
  };
  for (const layer of network.layers) {
    if (!(await proceed())) return null;
    const operands = layer.inputs.map((name) => ({ buffer: from, shape: shapes.get(name)!, rows: "own" as const }));
    const computing = await timed(layerDispatches(device, layer, operands, to, rows));
    times.set(layer.name, { computing, writing: await timed(copyOf(graph, layer, from, to, rows)) });
  }
  return times;
}

function copyOf(graph: CompiledGraph, { name }: Layer, from: GPUBuffer, to: GPUBuffer, rows: number) {
  return activationDispatches(from, graph.shapes.get(name)!, LINEAR, to, rows);
}
