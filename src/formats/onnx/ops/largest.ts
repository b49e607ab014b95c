/** Maximum pooling of constants while reading: of integers, which no layer takes, and with the places of the maxima. */
import type { Window } from "../../../network/network.ts";
import { shapeText } from "../../../network/shapes.ts";
import { windowOutputs } from "../../../network/window.ts";
import { impossible } from "../failure.ts";
import { makeTensor, mapped } from "../folding.ts";
import { type Operation, refuse } from "../operation.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The largest number of each window of a tensor [batch, channels, ...positions], and its index in the whole tensor: the
 * first one's where there are several. Positions are counted column by column where `isColumnMajor`.
 */
export function largestOf(
  operation: Operation,
  tensor: Tensor,
  window: Window,
  ceilMode: boolean,
  isColumnMajor: boolean,
): { readonly values: Tensor; readonly indices: Tensor } {
  const [samples = 0, channels = 0, ...positions] = tensor.dims;
  if (positions.length !== 1 && positions.length !== 2) {
    throw refuse(operation, `reads ${shapeText(tensor.dims)}, not samples of channels and positions`);
  }
  const [height = 0, width = 0] = positions.length === 1 ? [1, ...positions] : positions;
  const [rows, columns] = windowOutputs(window, height, width, ceilMode);
  if (!(rows > 0 && columns > 0))
    throw impossible(`${operation.where} has no window within its input`, operation.where);
  const dims = [samples, channels, ...(positions.length === 1 ? [columns] : [rows, columns])];
  const plane = height * width;
  const [kernelRows, kernelColumns] = window.kernel;
  operation.reserve(Math.max(0, samples * channels * rows * columns) * kernelRows * kernelColumns);
  const places = makeTensor(operation, { kind: "integer" }, dims, (i) => {
    const start = Math.floor(i / (rows * columns)) * plane;
    const top = (Math.floor(i / columns) % rows) * window.stride[0] - window.padding.top;
    const left = (i % columns) * window.stride[1] - window.padding.left;
    let found = -1;
    for (let y = top, row = 0; row < kernelRows; row++, y += window.dilation[0]) {
      if (y < 0 || y >= height) continue;
      for (let x = left, column = 0; column < kernelColumns; column++, x += window.dilation[1]) {
        if (x < 0 || x >= width) continue;
        const place = start + y * width + x;
        if (found < 0 || tensor.values[place]! > tensor.values[found]!) found = place;
      }
    }
    if (found < 0) throw impossible(`${operation.where} has a window of padding alone`, operation.where);
    return found;
  });
  const inColumns = (place: number) => {
    const within = place % plane;
    return place - within + (within % width) * height + Math.floor(within / width);
  };
  return {
    values: makeTensor(operation, tensor, dims, (i) => tensor.values[places.values[i]!]!),
    indices: isColumnMajor ? mapped(operation, places, inColumns) : places,
  };
}
