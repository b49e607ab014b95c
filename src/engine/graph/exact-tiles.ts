/**
 * Which Winograd tiles are exact enough for a network's own weights, measured: F(4, 3) has 5 to 10 times the rounding error of
 * the direct sum, which is nothing for most filters and could be too much for some. A patch of normal noise goes through both.
 */
import { random } from "../../core/random.ts";
import type { Gpu } from "../../gpu/device.ts";
import { packBias, packConvWeight } from "../../kernels/pack-weights.ts";
import { paddedChannels } from "../../kernels/tensor-layout.ts";
import { planWinogradFilter, type WinogradTile, winogradSizes } from "../../kernels/winograd.ts";
import type { Conv2dLayer, Network } from "../../network/network.ts";
import { inferShapes } from "../../network/shapes.ts";
import { simplify } from "../../network/simplify.ts";
import { floatsOf } from "../../network/weight.ts";
import type { WidestTiles } from "./compiled-graph.ts";
import { chooseMethod, convDispatches, convShapeOf, winogradRound } from "./convolution.ts";
import { ready } from "./dispatch.ts";

/** Largest difference from the direct sum, over the root mean square of the patch's outputs. */
const TOLERANCE = 1e-4;
/** Outputs of the patch along each axis: a whole tile of F(4, 3), and edges of others. */
const PATCH = 5;

/** The widest exact tile of each convolution that would take F(4, 3). */
export async function exactTiles(gpu: Gpu, network: Network): Promise<WidestTiles> {
  const simple = simplify(network);
  const shapes = inferShapes(simple);
  const inputs = new Map(simple.inputs.map(({ name, shape }) => [name, shape]));
  const widest = new Map<string, WinogradTile | 0>();
  for (const layer of simple.layers) {
    if (layer.kind !== "conv2d") continue;
    const input = shapes.get(layer.inputs[0]!) ?? inputs.get(layer.inputs[0]!)!;
    const method = chooseMethod(convShapeOf(layer, input, shapes.get(layer.name)!, 1));
    if (method.kind !== "winograd" || method.tile !== 4) continue;
    if ((await errorOf(gpu, layer, 4)) > TOLERANCE) widest.set(layer.name, 2);
  }
  return widest;
}

/** Error of a Winograd tile on a patch of noise, against the direct sum. */
export async function errorOf(gpu: Gpu, layer: Conv2dLayer, tile: WinogradTile): Promise<number> {
  using arena = gpu.arena.scope();
  const { inChannels, outChannels } = layer;
  const padding = { top: 1, left: 1, bottom: 1, right: 1 };
  const size = [PATCH, PATCH, outChannels];
  const shape = convShapeOf({ ...layer, padding }, [PATCH, PATCH, inChannels], size, 1);
  const draw = random(1, `winograd ${layer.name}`);
  const x = arena.upload(
    "patch",
    Float32Array.from({ length: PATCH ** 2 * paddedChannels(inChannels) }, () => draw.normal()),
  );
  const weight = arena.upload("weights", packConvWeight(floatsOf(layer.weight), layer));
  const bias = arena.upload("bias", packBias(null, outChannels));
  const round = winogradRound(shape, tile, gpu.isProcessor);
  const u = arena.storage("transformed filters", winogradSizes(shape, tile).filterFloats * 4);
  const outBytes = PATCH ** 2 * paddedChannels(outChannels) * 4;
  const results = [0, 1].map((i) => arena.storage(`result ${i}`, outBytes));
  const buffers = {
    x,
    bias,
    inputs: arena.storage("transformed inputs", round.inputFloats * 4),
    products: arena.storage("products", round.productFloats * 4),
  };
  const dispatches = [
    { plan: planWinogradFilter(shape, tile), buffers: { weight, u } },
    ...convDispatches(
      gpu.isProcessor,
      shape,
      { kind: "winograd", tile },
      { ...buffers, weight: u, y: results[0]! },
      {},
    ),
    ...convDispatches(gpu.isProcessor, shape, { kind: "implicit" }, { ...buffers, weight, y: results[1]! }, {}),
  ];
  (await ready(gpu, dispatches))();
  const [transformed, direct] = (await gpu.read(...results.map((buffer) => ({ buffer, sizeBytes: outBytes })))).map(
    (bytes) => new Float32Array(bytes),
  ) as [Float32Array, Float32Array];
  let largest = 0;
  let squares = 0;
  direct.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value - transformed[i]!));
    squares += value * value;
  });
  return largest / Math.sqrt(squares / direct.length || 1);
}
