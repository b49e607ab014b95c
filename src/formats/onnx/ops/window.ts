/** Where the windows of convolutions and pooling stand: the attributes they share, for one or two axes of positions. */
import type { Window } from "../../../network/network.ts";
import { type Shape, shapeText } from "../../../network/shapes.ts";
import { NO_PADDING } from "../../../network/window.ts";
import { impossible } from "../failure.ts";
import { type Features, inOrder } from "../features.ts";
import { featuresInput, type Operation, refuse } from "../operation.ts";

/** The features as an image kept [height, width, channels]; [1, width, channels] for one axis of positions. */
export function imageInput(operation: Operation, index: number): Features {
  const features = featuresInput(operation, index);
  const { shape } = features;
  if (!operation.batched) throw refuse(operation, "reads samples along axis 0, which here is no batch");
  if (shape.length !== 2 && shape.length !== 3) {
    const fix = "Use one or two axes of positions: [batch, channels, width] or [batch, channels, height, width].";
    throw refuse(operation, `reads samples of the shape ${shapeText(shape)}, not of channels and positions`, fix);
  }
  return inOrder(operation, features, "channels-last");
}

/**
 * The window of a node with a kernel over `positions`, their sizes. One axis of positions is a row of height 1. Throws
 * LesionError("bad-model") for sizes that are no whole numbers above 0, or not one an axis.
 */
export function windowOf(operation: Operation, positions: Shape, kernel: Shape): Window {
  const { attributes } = operation;
  const axes = positions.length;
  const sizes = (name: string, given: Shape | null) => {
    const list = given ?? Array<number>(axes).fill(1);
    return pair(operation, name, list, axes, 1, 1);
  };
  const window = {
    kernel: sizes("kernel_shape", kernel),
    stride: sizes("strides", attributes.ints("strides")),
    dilation: sizes("dilations", attributes.ints("dilations")),
  };
  const listed = attributes.ints("pads") ?? Array<number>(2 * axes).fill(0);
  const automatic = attributes.text("auto_pad", "NOTSET");
  switch (automatic) {
    case "NOTSET": {
      const [top, left] = pair(operation, "pads", listed.slice(0, axes), axes, 0, 0);
      const [bottom, right] = pair(operation, "pads", listed.slice(axes), axes, 0, 0);
      return { ...window, padding: { top, left, bottom, right } };
    }
    case "VALID":
      return { ...window, padding: NO_PADDING };
    case "SAME_UPPER":
    case "SAME_LOWER": {
      const totals = (axes === 1 ? [1, ...positions] : positions).map((input, axis) => {
        const at = axis as 0 | 1;
        const [size, stride] = [(window.kernel[at] - 1) * window.dilation[at] + 1, window.stride[at]];
        return Math.max(0, (Math.ceil(input / stride) - 1) * stride + size - input);
      });
      const rounded = automatic === "SAME_UPPER" ? Math.floor : Math.ceil;
      const [top = 0, left = 0] = totals.map((total) => rounded(total / 2));
      return { ...window, padding: { top, left, bottom: totals[0]! - top, right: totals[1]! - left } };
    }
    default:
      throw refuse(operation, `has the auto_pad ${JSON.stringify(automatic.slice(0, 40))}`);
  }
}

/** Whether the node leaves its padding to be worked out; its output size is then settled, whatever `ceil_mode` says. */
export function padsAutomatically(operation: Operation): boolean {
  return operation.attributes.text("auto_pad", "NOTSET") !== "NOTSET";
}

function pair(
  operation: Operation,
  name: string,
  list: readonly number[],
  axes: number,
  least: number,
  first: number,
): readonly [number, number] {
  if (list.length !== axes || list.some((size) => !Number.isSafeInteger(size) || size < least)) {
    const { where } = operation;
    throw impossible(`${where} has the ${name} ${shapeText(list)} for ${axes} axes of positions`, where);
  }
  const [rows = first, columns = first] = axes === 1 ? [first, ...list] : list;
  return [rows, columns];
}
