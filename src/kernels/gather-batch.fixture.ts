/** Test support: the random changes of images, drawn as shaders/gather-images.wgsl draws them. */
import type { GatherAugmentation } from "./gather-batch.ts";
import { pcg } from "./hash.fixture.ts";

/** How a sample is changed: pixel (y, x) is what was at (y + dy, x' + dx), x' being x or, mirrored, width - 1 - x. */
export function augmentationOf({ flip, shift, seed, epoch }: GatherAugmentation, sample: number) {
  const drawn = pcg(pcg(pcg(seed) + epoch) + sample);
  const moved = (word: number) => (((word & 0xffff) * (2 * shift + 1)) >>> 16) - shift;
  return { mirrored: flip && drawn >>> 31 === 1, dx: moved(drawn), dy: moved(pcg(drawn)) };
}
