/**
 * How damage spreads: the relative change of every layer's post-activation under one ablation, layer by layer. A batch of
 * samples goes through the intact network, whose results are kept, and then through what the damage reaches, where each
 * result is compared with the intact one as soon as it is there.
 */
import { LesionError } from "../../core/errors.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planMaskChannels } from "../../kernels/mask-channels.ts";
import { planRowDistance, rowDistanceParts } from "../../kernels/row-distance.ts";
import { channelsOf, paddedChannels, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import { ablatableOf } from "../../network/ablatable.ts";
import { descendantsOf } from "../../network/graph.ts";
import { type Layer, LINEAR } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { CompiledGraph } from "../graph/compiled-graph.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { activationOf } from "../graph/layer-dispatches.ts";
import { openPass, type PassPlan, passFloats, planPass, stepsOf } from "../graph/pass.ts";
import { packBits } from "../masks.ts";
import type { AblationPlace } from "../site.ts";
import { totalBytes } from "../training/memory.ts";
import { limitsOf } from "../training/trainer.ts";
import { ChangeSums, type LayerChange } from "./change-sums.ts";
import { openBatches, planBatches } from "./device-batches.ts";
import { always, layersUpTo, macsOf, type ProbeSource, type Proceed, unitsOf } from "./source.ts";

/** Units of an ablatable layer, and how they are replaced. */
export interface DamagedLayer {
  readonly layer: string;
  readonly units: readonly number[];
  /** Of all units of the layer, [units, 3]: x' = factor x + shift + sigma noise, as `coefficientsOf` gives them. */
  readonly coefficients: Float32Array;
  /** Whether x is the activation, or what it is taken of. */
  readonly place: AblationPlace;
  /** Decides the noise, where there is any. */
  readonly seed: number;
}

/**
 * What an ablation changes in each ablatable layer that it reaches, the damaged ones among them, in order, and at last in
 * the logits; null where `proceed` ended it. Layers are damaged once each. Throws `bad-study` for a layer or a unit that is
 * not there, `out-of-memory` where not one sample fits.
 */
export async function cascade(
  gpu: Gpu,
  source: ProbeSource,
  damage: readonly DamagedLayer[],
  proceed: Proceed = always,
): Promise<readonly LayerChange[] | null> {
  const { graph, samples } = source;
  for (const each of damage) checkUnits(graph, each);
  const plan = planCascade(graph, damage, gpu.isProcessor);
  using arena = gpu.arena.scope();
  const device = await openCascade(gpu, arena, source, plan, damage);
  const sums = plan.measured.map((name) => new ChangeSums(name, channelsOf(graph.shapes.get(name)!)));
  for (let start = 0; start < samples; start += device.rows) {
    if (!(await proceed())) return null;
    const rows = Math.min(device.rows, samples - start);
    const found = await device.run(start, rows);
    for (const [i, each] of sums.entries()) each.add(found[i]!, rows);
  }
  return sums.map((each) => each.result());
}

/** Multiply-accumulates of a cascade: the intact pass, and again what the damage reaches. */
export function cascadeMacs(
  { graph, samples }: Pick<ProbeSource, "graph" | "samples">,
  damage: readonly Pick<DamagedLayer, "layer">[],
): number {
  const { layers, reached } = layersOf(graph, damage);
  return samples * (macsOf(graph, layers) + macsOf(graph, reached));
}

/** All layers that are computed, those that the damage reaches, and the results that are compared. */
function layersOf(graph: CompiledGraph, damage: readonly Pick<DamagedLayer, "layer">[]) {
  const { network } = graph;
  const first = damage.map(({ layer }) => layer);
  const hit = new Set([...first, ...descendantsOf(network, first)]);
  const ablatable = ablatableOf(network).map(({ layer }) => layer);
  const measured = [...ablatable.filter((layer) => hit.has(layer)), network.outputs[0]!];
  const layers = layersUpTo(graph, measured);
  return { layers, reached: layers.filter(({ name }) => hit.has(name)), measured };
}

/** A cascade on paper. */
interface CascadePlan {
  readonly layers: readonly Layer[];
  /** Those that are computed again under damage. */
  readonly reached: readonly Layer[];
  readonly measured: readonly string[];
  readonly intact: PassPlan;
  readonly damaged: PassPlan;
  /** Floats that a row takes: of the intact pass's results that outlive it, and of distances. */
  readonly kept: ReadonlyMap<string, number>;
  readonly distances: ReadonlyMap<string, number>;
}

function planCascade(graph: CompiledGraph, damage: readonly DamagedLayer[], isProcessor: boolean): CascadePlan {
  const { layers, reached, measured } = layersOf(graph, damage);
  const again = new Set(reached.map(({ name }) => name));
  const isComputed = (name: string) => (graph.layers.get(name)?.kind ?? "constant") !== "constant";
  const read = reached.flatMap(({ inputs }) => inputs).filter((name) => !again.has(name) && isComputed(name));
  const kept = new Set([...measured, ...read]);
  const floats = (names: Iterable<string>, of: (shape: Shape) => number) =>
    new Map([...names].map((name) => [name, of(graph.shapes.get(name)!)]));
  return {
    layers,
    reached,
    measured,
    intact: planPass(graph, stepsOf(graph, layers), kept),
    damaged: planPass(graph, stepsOf(graph, reached), new Set(), new Set(measured)),
    kept: floats(kept, (shape) => tensorFloats(1, shape)),
    distances: floats(measured, (shape) => 2 * rowDistanceParts(isProcessor, shape)),
  };
}

/** A cascade on the device: `run` gives the distances at each measured layer, [rows, parts, 2]. */
async function openCascade(
  gpu: Gpu,
  arena: Arena,
  source: ProbeSource,
  { layers, reached, measured, intact, damaged, kept, distances }: CascadePlan,
  damage: readonly DamagedLayer[],
) {
  const { shapes } = source.graph;
  const inPasses = passFloats(intact).row + passFloats(damaged).row;
  const bytesOf = (count: number) => {
    const sizes = (of: ReadonlyMap<string, number>) => Array.from(of.values(), (floats) => 4 * count * floats);
    const { bytes, largest } = totalBytes([...sizes(kept), ...sizes(distances)]);
    return { bytes: bytes + 4 * count * inPasses, largest, read: totalBytes(sizes(distances)).bytes };
  };
  const macs = macsOf(source.graph, reached);
  const planned = planBatches(limitsOf(gpu), source, layers, { macs, bytesOf });
  const { device, rows, feed, outside } = await openBatches(gpu, arena, source, planned);
  const buffersOf = (sizes: ReadonlyMap<string, number>, what: string) =>
    new Map(Array.from(sizes, ([name, floats]) => [name, arena.storage(`${what} ${name}`, floats * rows * 4)]));
  const before = buffersOf(kept, "intact");
  const partial = buffersOf(distances, "distances at");
  const table = arena.storage("rows", rows * 8);
  const masks = new Map(damage.map((each) => [each.layer, maskOf(arena, source.graph, each, table)]));
  const distance = (name: string, b: GPUBuffer, count: number): Dispatch => ({
    plan: planRowDistance({ rows: count, shape: shapes.get(name)!, parts: distances.get(name)! / 2 }),
    buffers: { a: before.get(name)!, b, partial: partial.get(name)! },
  });
  const after = new Map(
    measured.map((name) => {
      const { linear, dispatches } = masks.get(name) ?? UNMASKED;
      const all = (b: GPUBuffer, count: number) => [...dispatches(b, count), distance(name, b, count)];
      return [name, { linear, dispatches: all }];
    }),
  );
  const passes = [
    openPass(gpu, arena, device, intact, rows, { outside, kept: before }),
    openPass(gpu, arena, device, damaged, rows, {
      outside(name) {
        const buffer = before.get(name);
        return buffer ? { buffer, shape: shapes.get(name)!, rows: "own" } : outside(name);
      },
      after,
    }),
  ];
  return {
    rows,
    async run(start: number, count: number): Promise<readonly Float32Array[]> {
      const recorded = await Promise.all(passes.map((pass) => pass.prepare(count)));
      arena.write(table, imagesFrom(start, count));
      await feed(start, count);
      for (const record of recorded) record();
      const sizeBytes = (name: string) => distances.get(name)! * count * 4;
      const found = await gpu.read(
        ...measured.map((name) => ({ buffer: partial.get(name)!, sizeBytes: sizeBytes(name) })),
      );
      return found.map((bytes) => new Float32Array(bytes));
    },
  };
}

/** What is done to a layer's result besides comparing it. */
interface LayerMask {
  readonly linear: boolean;
  readonly dispatches: (h: GPUBuffer, rows: number) => readonly Dispatch[];
}

const UNMASKED: LayerMask = { linear: false, dispatches: () => [] };

/** The dispatches that damage a layer's result in place. */
function maskOf(
  arena: Arena,
  graph: CompiledGraph,
  { layer, units, coefficients, place, seed }: DamagedLayer,
  rows: GPUBuffer,
): LayerMask {
  const shape = graph.shapes.get(layer)!;
  const channels = channelsOf(shape);
  const before = place === "pre-activation";
  const table = arena.upload(`coefficients of ${layer}`, byChannel(coefficients, channels));
  const masks = arena.upload(`mask of ${layer}`, packBits([units], channels));
  const dispatches = (h: GPUBuffer, count: number) => [
    {
      plan: planMaskChannels({
        rows: count,
        positions: positionsOf(shape),
        units: channels,
        activation: before ? activationOf(graph.layers.get(layer)!) : LINEAR,
        noise: coefficients.some((value, i) => i % 3 === 2 && value !== 0),
        seed,
        // The table names samples by their places in the set.
        sampleStart: 0,
      }),
      buffers: { masks, coefficients: table, rows, h },
    },
  ];
  return { linear: before, dispatches };
}

/** Rows of (image, mask): images from `start` on, all under the one mask. */
function imagesFrom(start: number, count: number): Uint32Array {
  return Uint32Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? start + at / 2 : 0));
}

/** [units, 3] as [3, channels padded]. */
function byChannel(coefficients: Float32Array, channels: number): Float32Array {
  const width = paddedChannels(channels);
  const turned = new Float32Array(3 * width);
  for (let at = 0; at < 3 * channels; at++) turned[(at % 3) * width + Math.floor(at / 3)] = coefficients[at]!;
  return turned;
}

function checkUnits(graph: CompiledGraph, { layer, units }: DamagedLayer): void {
  const count = unitsOf(graph, layer);
  const beyond = units.find((unit) => unit >= count);
  if (units.length > 0 && beyond === undefined) return;
  const what = beyond === undefined ? "no unit of it is named" : `unit ${beyond} is not among them`;
  throw new LesionError("bad-study", `the layer ${layer} has ${count} units; ${what}`, {
    where: `layer "${layer}"`,
    fix: `Choose units from 0 to ${count - 1}.`,
  });
}
