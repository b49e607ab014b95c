/** Pad: more numbers around a tensor, or fewer. */
import type { PadLayer } from "../../../network/network.ts";
import { shapeText } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computedFrom, inKeptOrder } from "../features.ts";
import { makeTensor, stridesOf } from "../folding.ts";
import {
  anyInput,
  axisOf,
  hasInput,
  knownIntegers,
  numberInput,
  type Operation,
  rankOf,
  refuse,
  type Value,
} from "../operation.ts";
import type { Tensor } from "../tensor.ts";

const MODES: readonly PadLayer["mode"][] = ["constant", "edge", "reflect", "wrap"];

/** `pads` numbers before all axes, then after all axes: attributes before opset 11, inputs since. */
export function Pad(operation: Operation): Value {
  const { attributes, opset, name } = operation;
  const input = anyInput(operation, 0);
  const asked = attributes.text("mode", "constant");
  const mode = MODES.find((known) => known === asked);
  if (mode === undefined || (mode === "wrap" && opset < 19)) {
    throw refuse(operation, `pads in the mode ${JSON.stringify(asked.slice(0, 40))}`);
  }
  const value = opset < 11 ? attributes.float("value", 0) : hasInput(operation, 2) ? numberInput(operation, 2) : 0;
  const pads = padsOf(operation, rankOf(operation, input));
  if (input.kind !== "features") return paddedTensor(operation, input, pads, mode, value);
  const features = input;
  if (operation.batched && (pads[0]!.before !== 0 || pads[0]!.after !== 0)) {
    throw refuse(operation, "pads the batch (axis 0)", "Pad the axes of a sample alone.");
  }
  const kept = inKeptOrder(features, operation.batched ? pads.slice(1) : pads, { before: 0, after: 0 });
  return computedFrom(operation, features, {
    kind: "pad",
    name,
    inputs: [features.layer],
    before: kept.map(({ before }) => before),
    after: kept.map(({ after }) => after),
    mode,
    value,
  });
}

interface Pads {
  readonly before: number;
  readonly after: number;
}

/** A constant, padded while reading. */
function paddedTensor(
  operation: Operation,
  tensor: Tensor,
  pads: readonly Pads[],
  mode: PadLayer["mode"],
  value: number,
): Tensor {
  const { dims, values } = tensor;
  if (dims.includes(0)) throw refuse(operation, "pads a tensor without numbers");
  const sizes = dims.map((size, axis) => size + pads[axis]!.before + pads[axis]!.after);
  const [strides, steps] = [stridesOf(dims), stridesOf(sizes)];
  return makeTensor(operation, tensor, sizes, (i) => {
    let from = 0;
    for (let axis = 0; axis < dims.length; axis++) {
      const place = Math.floor(i / steps[axis]!) % sizes[axis]!;
      const source = sourceOf(place - pads[axis]!.before, dims[axis]!, mode);
      if (source === null) return value;
      from += source * strides[axis]!;
    }
    return values[from]!;
  });
}

/** Where the number at `place` of a padded axis is from, of `size` numbers; null for none of them. */
function sourceOf(place: number, size: number, mode: PadLayer["mode"]): number | null {
  if (place >= 0 && place < size) return place;
  const within = (period: number) => ((place % period) + period) % period;
  switch (mode) {
    case "constant":
      return null;
    case "edge":
      return place < 0 ? 0 : size - 1;
    case "wrap":
      return within(size);
    case "reflect": {
      const period = Math.max(1, 2 * (size - 1));
      return Math.min(within(period), period - within(period));
    }
  }
}

/** The padding of each of `rank` axes. */
function padsOf(operation: Operation, rank: number): Pads[] {
  const { attributes, opset, where } = operation;
  const listed = opset < 11 ? attributes.ints("pads") : knownIntegers(operation, 1);
  const named = opset >= 18 && hasInput(operation, 3) ? knownIntegers(operation, 3) : null;
  const axes = named?.map((axis) => axisOf(operation, axis, rank)) ?? Array.from({ length: rank }, (_, axis) => axis);
  if (listed?.length !== 2 * axes.length || new Set(axes).size !== axes.length) {
    throw impossible(`${where} has ${listed?.length ?? 0} pads for the axes ${shapeText(axes)}`, where);
  }
  const pads: Pads[] = Array.from({ length: rank }, () => ({ before: 0, after: 0 }));
  axes.forEach((axis, i) => {
    pads[axis] = { before: listed[i]!, after: listed[i + axes.length]! };
  });
  return pads;
}
