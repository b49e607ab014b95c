/**
 * The whole rest of a small network under many masks, in one kernel: entry, activation, last layer, outcome and counters,
 * a thread per mask and a few groups of four samples.
 */
import denseShader from "../../shaders/fused-tail.wgsl";
import listedShader from "../../shaders/fused-tail-listed.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { type TallyLayout, tallyConstants } from "./tally.ts";

/** Masks maskStart .. + masks over all samples; tally rows from `rowStart` (in words). */
export interface FusedTailShape {
  readonly masks: number;
  readonly maskStart: number;
  readonly samples: number;
  /** Samples from one unit to the next; a multiple of 4. */
  readonly stride: number;
  /** Width of the entered layer; its activation; null where it is the last layer. */
  readonly width: number;
  readonly activation: Activation | null;
  readonly layout: TallyLayout;
  readonly top5: boolean;
  readonly loss: boolean;
  /** Whether any of the masks lists more than two units. */
  readonly extra: boolean;
  readonly rowStart: number;
  /** Where the tiles begin in the list (in words), and how many there are; the listed kernel alone. */
  readonly tiles?: { readonly start: number; readonly count: number };
}

/** Groups of four samples a thread, and threads a workgroup. `listed`: visit only the samples a mask touches. */
export interface FusedTailVariant {
  readonly places: number;
  readonly workgroup: number;
  readonly listed: boolean;
}

/** Widest entered layer, and most values (width x classes), for which the fused tail is worth its registers. */
export const FUSED_TAIL_LIMITS = { classes: 32, values: 4096 } as const;

/** Variants worth measuring. A processor amortises weights over many samples; a GPU wants many threads. */
export function fusedTailVariants(isProcessor: boolean): readonly FusedTailVariant[] {
  const places = isProcessor ? [4, 2, 1] : [1, 2, 4];
  const workgroup = isProcessor ? 8 : 64;
  return [true, false].flatMap((listed) => places.map((count) => ({ places: count, workgroup, listed })));
}

/** The dispatch. */
export function planFusedTail(shape: FusedTailShape, variant: FusedTailVariant): KernelPlan {
  const { activation, layout } = shape;
  const shader = variant.listed ? listedShader : denseShader;
  const tiles = shape.tiles ?? { start: 0, count: 0 };
  return {
    shader,
    constants: {
      ...tallyConstants(layout),
      STAGES: activation ? 2 : 1,
      WIDTH: shape.width,
      PLACES: variant.places,
      WORKGROUP: variant.workgroup,
      ACTIVATION: activationNumber(activation?.kind ?? "linear"),
      EXTRA: shape.extra ? 1 : 0,
      TOP5: shape.top5 ? 1 : 0,
      LOSS: shape.loss ? 1 : 0,
    },
    parameters: {
      samples: shape.samples,
      stride4: shape.stride / 4,
      masks: shape.masks,
      maskStart: shape.maskStart,
      rowStart: shape.rowStart,
      rowWords: layout.words,
      tileStart: tiles.start,
      tiles: tiles.count,
      alpha: activation?.alpha ?? 0,
      beta: activation?.beta ?? 0,
    },
    workgroups: variant.listed
      ? grid(tiles.count)
      : [Math.ceil(shape.samples / (4 * variant.places * variant.workgroup)), shape.masks],
  };
}

/**
 * What each workgroup of the listed kernel does: mask, and the first of its groups of four samples. `list` begins with
 * where each mask's samples begin, one number more than `masks`.
 */
export function packTiles(list: Uint32Array, masks: number, { places, workgroup }: FusedTailVariant): Uint32Array {
  const tiles: number[] = [];
  for (let mask = 0; mask < masks; mask++) {
    const groups = Math.ceil((list[mask + 1]! - list[mask]!) / 4);
    for (let first = 0; first < groups; first += places * workgroup) tiles.push(mask, first);
  }
  return Uint32Array.from(tiles);
}
