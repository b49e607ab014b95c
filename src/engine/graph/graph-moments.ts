/** What a layer gives, read back: means and deviations over images and positions, or the numbers themselves, image by image. */
import type { Gpu } from "../../gpu/device.ts";
import { CHANNEL_MOMENTS_BLOCK, planChannelMoments } from "../../kernels/channel-moments.ts";
import { planGlobalPool } from "../../kernels/global-pool.ts";
import { channelsOf, paddedChannels, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import { LINEAR } from "../../network/network.ts";
import { prepare } from "../prepare.ts";
import type { Moments } from "../site.ts";
import { type Dispatch, ready } from "./dispatch.ts";
import type { GraphPrefix } from "./graph-prefix.ts";
import { activationDispatches, activationOf } from "./layer-dispatches.ts";
import { readRows } from "./read-rows.ts";

/** Moments of a layer whose pre-activation the prefix keeps, added to `before`. `linear`: of the pre-activation itself. */
export async function graphMoments(
  gpu: Gpu,
  { device, z, images }: GraphPrefix,
  name: string,
  linear: boolean,
  before?: Moments,
): Promise<Moments> {
  const shape = device.graph.shapes.get(name)!;
  const units = channelsOf(shape);
  const width = paddedChannels(units);
  const positions = images * positionsOf(shape);
  const blocks = Math.ceil(positions / CHANNEL_MOMENTS_BLOCK);
  using transient = gpu.arena.scope();
  const partial = transient.storage("moments", 2 * blocks * width * 4);
  const plan = planChannelMoments(positions, units, linear ? LINEAR : activationOf(device.graph.layers.get(name)!));
  (await prepare(gpu, plan, { z: z.get(name)!, partial })).record();
  const [bytes] = await gpu.read({ buffer: partial, sizeBytes: 2 * blocks * width * 4 });
  const parts = new Float32Array(bytes!);
  const sums = before?.sums.slice() ?? new Float64Array(units);
  const squares = before?.squares.slice() ?? new Float64Array(units);
  for (let block = 0; block < blocks; block++) {
    for (let unit = 0; unit < units; unit++) {
      sums[unit] = sums[unit]! + parts[block * width + unit]!;
      squares[unit] = squares[unit]! + parts[(blocks + block) * width + unit]!;
    }
  }
  return { samples: (before?.samples ?? 0) + positions, sums, squares };
}

/**
 * Activations of a layer whose pre-activation the prefix keeps: [images, positions, units], without padding. `linear`: the
 * pre-activation itself. `pooled`: the mean over positions, [images, units].
 */
export async function graphActivations(
  gpu: Gpu,
  { device, z, images }: GraphPrefix,
  name: string,
  { linear, pooled }: { readonly linear: boolean; readonly pooled: boolean },
): Promise<Float32Array> {
  const shape = device.graph.shapes.get(name)!;
  const activation = linear ? LINEAR : activationOf(device.graph.layers.get(name)!);
  using transient = gpu.arena.scope();
  const dispatches: Dispatch[] = [];
  let buffer = z.get(name)!;
  let rows = images * positionsOf(shape);
  if (activation.kind !== "linear") {
    const y = transient.storage("activations", tensorFloats(images, shape) * 4);
    dispatches.push(...activationDispatches(buffer, shape, activation, y, images));
    buffer = y;
  }
  if (pooled && positionsOf(shape) > 1) {
    rows = images;
    const y = transient.storage("means over positions", images * paddedChannels(channelsOf(shape)) * 4);
    dispatches.push({ plan: planGlobalPool(images, shape, "average"), buffers: { x: buffer, y } });
    buffer = y;
  }
  (await ready(gpu, dispatches))();
  return readRows(gpu, buffer, rows, channelsOf(shape));
}
