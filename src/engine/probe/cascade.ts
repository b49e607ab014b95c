/**
 * How damage spreads: the relative change of every layer's post-activation under an ablation, layer by layer. A batch of
 * samples goes once through the intact network, whose results are kept, and then, for each ablation, through what its damage
 * reaches, where each result is compared with the intact one as soon as it is there.
 */
import { LesionError } from "../../core/errors.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planMaskChannels } from "../../kernels/mask-channels.ts";
import { planRowDistance, rowDistanceParts } from "../../kernels/row-distance.ts";
import { channelsOf, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import { ablatableOf } from "../../network/ablatable.ts";
import { descendantsOf } from "../../network/graph.ts";
import { type Layer, LINEAR } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { byChannel, hasNoise } from "../graph/channel-replacement.ts";
import type { CompiledGraph } from "../graph/compiled-graph.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { activationOf } from "../graph/layer-dispatches.ts";
import { openPass, openSlots, type PassPlan, passFloats, planPass, stepsOf } from "../graph/pass.ts";
import { packBits } from "../masks.ts";
import type { AblationPlace } from "../site.ts";
import { totalBytes } from "../training/memory.ts";
import { limitsOf } from "../training/trainer.ts";
import { ChangeSums, type LayerChange } from "./change-sums.ts";
import { type BatchPlan, openBatches, planBatches } from "./device-batches.ts";
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

/** What an ablation changes, layer by layer. */
export type Cascade = readonly LayerChange[];

/**
 * What each of some ablations changes in each ablatable layer that it reaches, the damaged ones among them, in order, and at last
 * in the logits; null where `proceed`, asked before each damage of a batch, ended it. An ablation damages layers once each.
 * `progress` is told of samples that are done. Throws `bad-study` for a layer or a unit that is not there, `out-of-memory` where
 * not one sample fits.
 */
export async function cascade(
  gpu: Gpu,
  source: ProbeSource,
  damages: readonly (readonly DamagedLayer[])[],
  proceed: Proceed = always,
  progress: (samples: number) => void = () => {},
): Promise<readonly Cascade[] | null> {
  const { graph, samples } = source;
  for (const each of damages.flat()) checkUnits(graph, each);
  if (damages.length === 0) return [];
  const plan = planCascade(graph, damages, gpu.isProcessor);
  using arena = gpu.arena.scope();
  const device = await openCascade(gpu, arena, source, plan, damages);
  const sums = plan.damaged.map(({ measured }) =>
    measured.map((name) => new ChangeSums(name, channelsOf(graph.shapes.get(name)!))),
  );
  for (let start = 0; start < samples; start += device.rows) {
    const rows = Math.min(device.rows, samples - start);
    await device.load(start, rows);
    for (const [damage, own] of sums.entries()) {
      if (!(await proceed())) return null;
      const found = await device.run(damage, rows);
      for (const [i, each] of own.entries()) each.add(found[i]!, rows);
    }
    progress(start + rows);
  }
  return sums.map((own) => own.map((each) => each.result()));
}

/** Multiply-accumulates of a cascade: the intact pass, and again what each damage reaches. */
export function cascadeMacs(
  { graph, samples }: Pick<ProbeSource, "graph" | "samples">,
  damages: readonly (readonly Pick<DamagedLayer, "layer">[])[],
): number {
  const reaches = damages.map((damage) => reachOf(graph, damage));
  const intact = layersUpTo(graph, new Set(reaches.flatMap(({ measured }) => measured)));
  return samples * reaches.reduce((sum, { reached }) => sum + macsOf(graph, reached), macsOf(graph, intact));
}

/** The layers that a damage reaches, and the results that are compared. */
function reachOf(graph: CompiledGraph, damage: readonly Pick<DamagedLayer, "layer">[]) {
  const { network } = graph;
  const first = damage.map(({ layer }) => layer);
  const hit = new Set([...first, ...descendantsOf(network, first)]);
  const ablatable = ablatableOf(network).map(({ layer }) => layer);
  const measured = [...ablatable.filter((layer) => hit.has(layer)), network.outputs[0]!];
  return { reached: layersUpTo(graph, measured).filter(({ name }) => hit.has(name)), measured };
}

/** A cascade on paper. */
interface CascadePlan {
  /** All that are computed. */
  readonly layers: readonly Layer[];
  readonly intact: PassPlan;
  /** What each damage reaches, computed again. */
  readonly damaged: readonly (ReturnType<typeof reachOf> & { readonly pass: PassPlan })[];
  /** Floats of a row in each slot of the damaged passes, which run one after the other. */
  readonly slotFloats: readonly number[];
  /** Floats that a row takes: of the intact pass's results that outlive it, and of distances. */
  readonly kept: ReadonlyMap<string, number>;
  readonly distances: ReadonlyMap<string, number>;
}

function planCascade(
  graph: CompiledGraph,
  damages: readonly (readonly DamagedLayer[])[],
  isProcessor: boolean,
): CascadePlan {
  const damaged = damages.map((damage) => {
    const { reached, measured } = reachOf(graph, damage);
    return { reached, measured, pass: planPass(graph, stepsOf(graph, reached), new Set(), new Set(measured)) };
  });
  const measured = new Set(damaged.flatMap((each) => each.measured));
  const layers = layersUpTo(graph, measured);
  const isComputed = (name: string) => (graph.layers.get(name)?.kind ?? "constant") !== "constant";
  const read = damaged.flatMap(({ reached }) => {
    const again = new Set(reached.map(({ name }) => name));
    return reached.flatMap(({ inputs }) => inputs).filter((name) => !again.has(name) && isComputed(name));
  });
  const kept = new Set([...measured, ...read]);
  const floats = (names: Iterable<string>, of: (shape: Shape) => number) =>
    new Map([...names].map((name) => [name, of(graph.shapes.get(name)!)]));
  const slots = Math.max(...damaged.map(({ pass }) => pass.slotFloats.length));
  return {
    layers,
    intact: planPass(graph, stepsOf(graph, layers), kept),
    damaged,
    slotFloats: Array.from({ length: slots }, (_, slot) =>
      Math.max(...damaged.map(({ pass }) => pass.slotFloats[slot] ?? 0)),
    ),
    kept: floats(kept, (shape) => tensorFloats(1, shape)),
    distances: floats(measured, (shape) => 2 * rowDistanceParts(isProcessor, shape)),
  };
}

/**
 * A cascade on the device: `load` passes a batch through the intact network, `run` gives the distances of one damage at each of
 * its measured layers, [rows, parts, 2].
 */
async function openCascade(
  gpu: Gpu,
  arena: Arena,
  source: ProbeSource,
  plan: CascadePlan,
  damages: readonly (readonly DamagedLayer[])[],
) {
  const { shapes } = source.graph;
  const { kept, distances } = plan;
  const { device, rows, feed, outside } = await openBatches(gpu, arena, source, planCascadeBatches(gpu, source, plan));
  const buffersOf = (sizes: ReadonlyMap<string, number>, what: string) =>
    new Map(Array.from(sizes, ([name, floats]) => [name, arena.storage(`${what} ${name}`, floats * rows * 4)]));
  const before = buffersOf(kept, "intact");
  const partial = buffersOf(distances, "distances at");
  const slots = openSlots(arena, plan.slotFloats, rows);
  const table = arena.storage("rows", rows * 8);
  const distance = (name: string, b: GPUBuffer, count: number): Dispatch => ({
    plan: planRowDistance({ rows: count, shape: shapes.get(name)!, parts: distances.get(name)! / 2 }),
    buffers: { a: before.get(name)!, b, partial: partial.get(name)! },
  });
  const intact = openPass(gpu, arena, device, plan.intact, rows, { outside, kept: before });
  const passes = plan.damaged.map(({ measured, pass }, damage) => {
    const masks = new Map(damages[damage]!.map((each) => [each.layer, maskOf(arena, source.graph, each, table)]));
    const after = new Map(
      measured.map((name) => {
        const { linear, dispatches } = masks.get(name) ?? UNMASKED;
        const all = (b: GPUBuffer, count: number) => [...dispatches(b, count), distance(name, b, count)];
        return [name, { linear, dispatches: all }];
      }),
    );
    return openPass(gpu, arena, device, pass, rows, {
      outside(name) {
        const buffer = before.get(name);
        return buffer ? { buffer, shape: shapes.get(name)!, rows: "own" } : outside(name);
      },
      slots,
      after,
    });
  });
  return {
    rows,
    async load(start: number, count: number): Promise<void> {
      const record = await intact.prepare(count);
      arena.write(table, imagesFrom(start, count));
      await feed(start, count);
      record();
    },
    async run(damage: number, count: number): Promise<readonly Float32Array[]> {
      const record = await passes[damage]!.prepare(count);
      record();
      const sizeBytes = (name: string) => distances.get(name)! * count * 4;
      const found = await gpu.read(
        ...plan.damaged[damage]!.measured.map((name) => ({ buffer: partial.get(name)!, sizeBytes: sizeBytes(name) })),
      );
      return found.map((bytes) => new Float32Array(bytes));
    },
  };
}

/** A batch is long enough for the intact pass and the longest of the others. */
function planCascadeBatches(gpu: Gpu, source: ProbeSource, plan: CascadePlan): BatchPlan {
  const { layers, intact, damaged, kept, distances } = plan;
  const inPasses = passFloats(intact).row + plan.slotFloats.reduce((sum, floats) => sum + floats, 0);
  const bytesOf = (count: number) => {
    const sizes = (of: ReadonlyMap<string, number>) => Array.from(of.values(), (floats) => 4 * count * floats);
    const { bytes, largest } = totalBytes([...sizes(kept), ...sizes(distances)]);
    return { bytes: bytes + 4 * count * inPasses, largest, read: totalBytes(sizes(distances)).bytes };
  };
  const macs = Math.max(...damaged.map(({ reached }) => macsOf(source.graph, reached)));
  return planBatches(limitsOf(gpu), source, layers, { macs, bytesOf });
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
        noise: hasNoise({ coefficients }),
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
