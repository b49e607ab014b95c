/** The gradient of a slice: what it took, forwards or backwards, gets dy, and the rest of the input 0. */
import shader from "../../shaders/slice-gradient.wgsl";
import { LesionError } from "../core/errors.ts";
import type { SliceLayer } from "../network/network.ts";
import { type Shape, shapeText, sizeOf } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, paddedChannels, tensorFloats } from "./tensor-layout.ts";

/** An axis of the slice's input, and where along it the slice reads. */
interface SlicedAxis {
  readonly extent: number;
  readonly start: number;
  readonly step: number;
  readonly size: number;
  /** Floats between neighbours of dy. */
  readonly stride: number;
}

const MOST_AXES = 5;
const SINGLE: SlicedAxis = { extent: 1, start: 0, step: 1, size: 1, stride: 0 };

/**
 * dy: [rows, ...layer.sizes], dx: [rows, ...inputShape]. Throws LesionError("unsupported") where more than five axes remain
 * that cannot be fused, rows among them and channels not.
 */
export function planSliceGradient(
  rows: number,
  inputShape: Shape,
  { starts, steps, sizes }: Pick<SliceLayer, "starts" | "steps" | "sizes">,
): KernelPlan {
  const last = inputShape.length - 1;
  const channels = channelsOf(inputShape);
  const width = paddedChannels(channelsOf(sizes));
  const sliced = inputShape.map((extent, axis): SlicedAxis => {
    const stride = sizeOf(sizes.slice(axis + 1, last)) * width;
    return { extent, start: starts[axis]!, step: steps[axis]!, size: sizes[axis]!, stride };
  });
  const channel = sliced.at(-1) ?? SINGLE;
  const rowAxis = { ...SINGLE, extent: rows, size: rows, stride: tensorFloats(1, sizes) };
  const axes = [rowAxis, ...sliced.slice(0, -1)].reduceRight<readonly SlicedAxis[]>(fuse, []);
  if (axes.length > MOST_AXES) {
    throw new LesionError("unsupported", `slice-gradient: ${shapeText(sizes)} of ${shapeText(inputShape)}`, {
      fix: `At most ${MOST_AXES} axes beside the channels, rows among them, are sliced at once.`,
    });
  }
  const outermost = axes.at(-1) ?? SINGLE;
  const inner = Array.from({ length: MOST_AXES - 1 }, (_, i) => (i < axes.length - 1 ? axes[i]! : SINGLE));
  const count = tensorFloats(rows, inputShape) / 4;
  return {
    shader,
    constants: { AXES: Math.max(1, axes.length) },
    parameters: {
      count,
      channels,
      startC: channel.start,
      stepC: channel.step,
      sizeC: channel.size,
      ...Object.fromEntries(inner.map(({ extent }, i) => [`extent${i}`, extent])),
      ...Object.fromEntries(
        [...inner, outermost].flatMap(({ start, step, size, stride }, i) => [
          [`start${i}`, start],
          [`step${i}`, step],
          [`size${i}`, size],
          [`stride${i}`, stride],
        ]),
      ),
    },
    workgroups: grid(Math.ceil(count / shader.constants.WORKGROUP)),
  };
}

/** Adds an axis outside of those before it (innermost first): one with the last of them where both are taken whole. */
function fuse(axes: readonly SlicedAxis[], axis: SlicedAxis): readonly SlicedAxis[] {
  if (axis.extent === 1) return axes;
  const inner = axes.at(-1);
  if (!inner || !isWhole(inner) || !isWhole(axis)) return [...axes, axis];
  return [...axes.slice(0, -1), { ...inner, extent: inner.extent * axis.extent, size: inner.size * axis.size }];
}

function isWhole({ extent, step, size }: SlicedAxis): boolean {
  return step === 1 && size === extent;
}
