/** Products of each two units of a layer over samples and positions: what correlations of units are computed from. */
import type { Gpu } from "../../gpu/device.ts";
import { planSumParts } from "../../kernels/sum-parts.ts";
import { positionsOf, vectorsOf } from "../../kernels/tensor-layout.ts";
import { planTransposedGemm, transposedGemmSplits } from "../../kernels/transposed-gemm.ts";
import type { CompiledGraph } from "../graph/compiled-graph.ts";
import { profileTap } from "./activation-profile.ts";
import { always, type ProbeSource, type Proceed, unitsOf } from "./source.ts";
import { profileMacs, runTaps, type Tap } from "./taps.ts";

/** Of post-activations. */
export interface UnitProducts {
  readonly layer: string;
  readonly units: number;
  /** Samples times positions. */
  readonly count: number;
  /** [units] */
  readonly sums: Float64Array;
  /** [units, units], symmetric: the sum of a_u a_v. */
  readonly products: Float64Array;
}

/** Sums in f32 within a batch, in parts of at most this many positions; batches in float64. */
const LONGEST_PART = 4096;

/**
 * Products of the units of ablatable layers, in one pass of the samples; null where `proceed` ended it. Throws `bad-study`
 * for a layer that is not ablatable, and as `runTaps` does.
 */
export async function unitProducts(
  gpu: Gpu,
  source: ProbeSource,
  layers: readonly string[],
  proceed: Proceed = always,
): Promise<readonly UnitProducts[] | null> {
  const profiles = layers.map((layer) => profileTap(gpu, source, layer));
  const taps = layers.map((layer) => productsTap(gpu, source, layer));
  if (!(await runTaps(gpu, source, [...profiles, ...taps], proceed))) return null;
  return taps.map(({ layer, products }, i) => {
    const { units, samples, positions, sums } = profiles[i]!.profile;
    return { layer, units, count: samples * positions, sums, products };
  });
}

/** Multiply-accumulates of `unitProducts`. */
export function unitProductsMacs(
  { graph, samples }: Pick<ProbeSource, "graph" | "samples">,
  layers: readonly string[],
): number {
  const own = layers.reduce((sum, layer) => sum + productMacs(graph, layer), 0);
  return profileMacs({ graph, samples }, layers) + samples * own;
}

/** Of one sample. */
function productMacs(graph: CompiledGraph, layer: string): number {
  return unitsOf(graph, layer) ** 2 * positionsOf(graph.shapes.get(layer)!);
}

/** A tap that adds up a^T a, a: [rows positions, units], as batches come. */
export function productsTap(
  { isProcessor }: Pick<Gpu, "isProcessor">,
  { graph }: ProbeSource,
  layer: string,
): Tap & { readonly products: Float64Array } {
  const units = unitsOf(graph, layer);
  const positions = positionsOf(graph.shapes.get(layer)!);
  const vectors = vectorsOf(units);
  const width = 4 * vectors;
  const products = new Float64Array(units * units);
  const shapeOf = (rows: number) => {
    const sizes = { batches: 1, depth: rows * positions, rows4: vectors, columns4: vectors };
    const splits = Math.max(transposedGemmSplits(isProcessor, sizes), Math.ceil(sizes.depth / LONGEST_PART));
    return { ...sizes, splits };
  };
  return {
    layer,
    products,
    macs: productMacs(graph, layer),
    resultFloats: () => width * width,
    // Fewer rows may be split into more parts.
    scratchFloats: (most) =>
      width * width * Array.from({ length: most }, (_, i) => shapeOf(i + 1).splits).reduce((a, b) => Math.max(a, b)),
    dispatches(a, { result, scratch }, rows) {
      const shape = shapeOf(rows);
      return [
        { plan: planTransposedGemm(isProcessor, shape), buffers: { a, b: a, c: scratch } },
        { plan: planSumParts({ parts: shape.splits, count4: vectors * width }), buffers: { x: scratch, y: result } },
      ];
    },
    take(values) {
      for (let row = 0; row < units; row++) {
        for (let column = 0; column < units; column++) {
          const at = row * units + column;
          products[at] = products[at]! + values[row * width + column]!;
        }
      }
    },
  };
}
