/** Layers that are asked of a network together go through it together, where memory holds what is taken of them all. */
import { LesionError } from "../../core/errors.ts";

/**
 * What a probe finds of each layer, in their order: of all at once, or, where that throws `out-of-memory`, of one half and then
 * of the other.
 */
export async function layersTogether<Layer, Found>(
  layers: readonly Layer[],
  probe: (layers: readonly Layer[]) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  try {
    return await probe(layers);
  } catch (error) {
    const isTooMuch = error instanceof LesionError && error.code === "out-of-memory";
    if (!isTooMuch || layers.length < 2) throw error;
    const half = Math.ceil(layers.length / 2);
    const first = await layersTogether(layers.slice(0, half), probe);
    return [...first, ...(await layersTogether(layers.slice(half), probe))];
  }
}
