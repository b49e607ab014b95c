/**
 * Moving numbers: transpose, slice, pad and reshape are one kernel, told along each axis of the result where in the input
 * it reads. Axes that run on evenly are fused, and a reshape between layouts without gaps needs no kernel at all.
 */
import shader from "../../shaders/rearrange.wgsl";
import { LesionError } from "../core/errors.ts";
import type { PadLayer, SliceLayer, TransposeLayer } from "../network/network.ts";
import { type Shape, sizeOf } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, paddedChannels, positionsOf, runOf, tensorFloats, vectorsOf } from "./tensor-layout.ts";

/** An axis of the result: its number o is the number (start + step o) of an axis of the input. */
export interface RearrangedAxis {
  readonly size: number;
  /** Floats between neighbours along the input's axis, in the input's layout; without its padding where `flat`. */
  readonly stride: number;
  readonly start: number;
  readonly step: number;
  /** Numbers of the input's axis where the result reaches beyond its ends, which takes a step of 1; null: it never does. */
  readonly beyond: number | null;
}

export interface Rearrangement {
  readonly rows: number;
  readonly inShape: Shape;
  /** One for each axis of the result, the channels last; none: a single number. */
  readonly axes: readonly RearrangedAxis[];
  /** What is beyond the ends. */
  readonly fill?: Pick<PadLayer, "mode" | "value">;
  /** The input is counted without its padding. */
  readonly flat?: boolean;
}

const MODES = ["constant", "edge", "reflect", "wrap"] as const satisfies readonly PadLayer["mode"][];
const MOST_AXES = 5;
const SINGLE: RearrangedAxis = { size: 1, stride: 0, start: 0, step: 1, beyond: null };

/** Whether a tensor of either shape lies on the device as one of the other does, so that a reshape moves nothing. */
export function isSameLayout(from: Shape, to: Shape): boolean {
  const [own, other] = [channelsOf(from), channelsOf(to)];
  return sizeOf(from) === sizeOf(to) && (own === other || (own % 4 === 0 && other % 4 === 0));
}

/** Axis i of the result is axis axes[i] of x: [rows, ...shape]. */
export function planTranspose(rows: number, shape: Shape, { axes }: Pick<TransposeLayer, "axes">): KernelPlan {
  return planRearrange({ rows, inShape: shape, axes: axes.map((axis) => wholeAxis(shape, axis)) });
}

/** Every steps[i]-th number of each axis, sizes[i] of them from starts[i]. x: [rows, ...shape]. */
export function planSlice(
  rows: number,
  shape: Shape,
  { starts, steps, sizes }: Pick<SliceLayer, "starts" | "steps" | "sizes">,
): KernelPlan {
  const axes = sizes.map((size, axis) => {
    return { ...wholeAxis(shape, axis), size, start: starts[axis]!, step: steps[axis]! };
  });
  return planRearrange({ rows, inShape: shape, axes });
}

/** More or fewer numbers at the ends of each axis. x: [rows, ...shape]. As `outputShape` has found it to fit. */
export function planPad(
  rows: number,
  shape: Shape,
  layer: Pick<PadLayer, "before" | "after" | "mode" | "value">,
): KernelPlan {
  const axes = shape.map((extent, axis) => {
    const [before, after] = [layer.before[axis]!, layer.after[axis]!];
    const beyond = before > 0 || after > 0 ? extent : null;
    return { ...wholeAxis(shape, axis), size: before + extent + after, start: -before, beyond };
  });
  return planRearrange({ rows, inShape: shape, axes, fill: layer });
}

/** The numbers of x, [rows, ...from], in the shape `to`, where `isSameLayout` says that they must be moved. */
export function planReshape(rows: number, from: Shape, to: Shape): KernelPlan {
  const channels = channelsOf(to);
  const axes = [
    { ...SINGLE, size: positionsOf(to), stride: channels },
    { ...SINGLE, size: channels, stride: 1 },
  ];
  return planRearrange({ rows, inShape: from, axes, flat: true });
}

/** Throws LesionError("unsupported") where more than five axes beside the channels remain that cannot be fused. */
export function planRearrange({ rows, inShape, axes, fill, flat = false }: Rearrangement): KernelPlan {
  const channel = axes.at(-1) ?? SINGLE;
  const outers = axes.slice(0, -1).reduceRight<readonly RearrangedAxis[]>(fuse, []);
  if (outers.length > MOST_AXES) {
    throw new LesionError("unsupported", `rearrange: ${outers.length + 1} axes that cannot be fused`, {
      fix: `At most ${MOST_AXES + 1} axes are rearranged at once.`,
    });
  }
  const inRow = tensorFloats(1, inShape);
  const rowAxis = { ...SINGLE, size: rows, stride: inRow };
  const fused = outers.length === 0 && !flat;
  const used = fused ? [rowAxis] : outers;
  const at = (index: number): RearrangedAxis => used[index] ?? SINGLE;
  const named = [["C", channel] as const, ...Array.from({ length: MOST_AXES }, (_, i) => [`${i}`, at(i)] as const)];
  const run = runOf(at(0).size);
  const lines = used.slice(1).reduce((product, { size }) => product * size, fused ? 1 : rows);
  const threads = lines * Math.ceil(at(0).size / run) * vectorsOf(channel.size);
  return {
    shader,
    constants: {
      AXES: Math.max(1, used.length),
      FILL: MODES.indexOf(fill?.mode ?? "constant"),
      FLAT: flat && channelsOf(inShape) % 4 !== 0 ? 1 : 0,
      RUN: run,
      ...fromAxes(named, ([name, { beyond }]) => [[`PADDED_${name}`, beyond === null ? 0 : 1]]),
    },
    parameters: {
      rows: fused ? 1 : rows,
      inRow,
      inChannels: channelsOf(inShape),
      base: [...axes].reduce((sum, axis) => sum + (axis.beyond === null ? axis.start * axis.stride : 0), 0),
      value: fill?.value ?? 0,
      channels: channel.size,
      ...fromAxes(named, ([name, { size, stride, step, start, beyond }]) => [
        ...(name === "C" ? [] : [[`size${name}`, size] as const]),
        [`stride${name}`, stride * step],
        [`start${name}`, beyond === null ? 0 : start],
        [`extent${name}`, beyond ?? 0],
      ]),
    },
    workgroups: grid(Math.ceil(threads / shader.constants.WORKGROUP)),
  };
}

/** Axis `axis` of x: [..., ...shape], from its first number to its last. */
function wholeAxis(shape: Shape, axis: number): RearrangedAxis {
  const last = shape.length - 1;
  const stride = axis === last ? 1 : sizeOf(shape.slice(axis + 1, last)) * paddedChannels(shape[last]!);
  return { ...SINGLE, size: shape[axis]!, stride };
}

/** Adds an axis outside of those before it (innermost first), fused with the last of them where the input allows. */
function fuse(axes: readonly RearrangedAxis[], axis: RearrangedAxis): readonly RearrangedAxis[] {
  if (axis.beyond !== null) return [...axes, axis];
  if (axis.size === 1) return axes;
  const inner = axes.at(-1);
  if (inner && inner.beyond === null && axis.stride * axis.step === inner.size * inner.stride * inner.step) {
    return [...axes.slice(0, -1), { ...inner, size: inner.size * axis.size }];
  }
  return [...axes, axis];
}

type NamedAxis = readonly [name: string, axis: RearrangedAxis];

function fromAxes(axes: readonly NamedAxis[], fields: (axis: NamedAxis) => readonly (readonly [string, number])[]) {
  return Object.fromEntries(axes.flatMap(fields));
}
