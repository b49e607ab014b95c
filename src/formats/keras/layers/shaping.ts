/** Layers that move numbers and change none: Flatten, Reshape, Permute, ZeroPadding, Cropping. */
import { shapeText, sizeOf } from "../../../network/shapes.ts";
import { asCounted, asImage, type Call, counted, onlyInput, requireChannelsLast, type Value } from "../call.ts";
import { itemsOf, numberOf, textOf } from "../config.ts";
import { impossible } from "../failure.ts";

export const ZeroPadding2D = (call: Call): Value => padding(call, 2);
export const ZeroPadding1D = (call: Call): Value => padding(call, 1);
export const Cropping2D = (call: Call): Value => cropping(call, 2);
export const Cropping1D = (call: Call): Value => cropping(call, 1);

export function Flatten(call: Call): Value {
  requireChannelsLast(call);
  return call.emit({ kind: "flatten", name: call.name, inputs: [onlyInput(call).layer] });
}

/** To `target_shape`; one -1 takes what is left. */
export function Reshape(call: Call): Value {
  const value = onlyInput(call);
  const target = wholeNumbers(call, "target_shape");
  const size = sizeOf(value.shape);
  const known = sizeOf(target.filter((axis) => axis !== -1));
  const shape = target.map((axis) => (axis === -1 ? size / known : axis));
  const open = target.length - target.filter((axis) => axis !== -1).length;
  if (open > 1 || shape.some((axis) => !(Number.isSafeInteger(axis) && axis > 0)) || sizeOf(shape) !== size) {
    const { where } = call.config;
    throw impossible(`${where} makes ${shapeText(target)} of ${shapeText(value.shape)}`, where);
  }
  return call.emit({ kind: "reshape", name: call.name, inputs: [value.layer], shape });
}

/** Axes in another order; `dims` counts them from 1. */
export function Permute(call: Call): Value {
  const value = asCounted(call, onlyInput(call));
  const axes = wholeNumbers(call, "dims").map((axis) => axis - 1);
  return call.emit({ kind: "transpose", name: call.name, inputs: [value.layer], axes });
}

function padding(call: Call, axes: 1 | 2): Value {
  requireChannelsLast(call);
  const image = asImage(call, onlyInput(call), axes);
  const [rows, columns] = edges(call, "padding", axes);
  const value = call.emit({
    kind: "pad",
    name: call.name,
    inputs: [image.layer],
    before: [rows[0], columns[0], 0],
    after: [rows[1], columns[1], 0],
    mode: "constant",
    value: 0,
  });
  return counted(value, axes);
}

function cropping(call: Call, axes: 1 | 2): Value {
  requireChannelsLast(call);
  const image = asImage(call, onlyInput(call), axes);
  const [rows, columns] = edges(call, "cropping", axes);
  const [height = 0, width = 0, channels = 0] = image.kept;
  const sizes = [height - rows[0] - rows[1], width - columns[0] - columns[1], channels];
  if (sizes.some((size) => size < 1)) {
    const { where } = call.config;
    throw impossible(`${where} leaves ${shapeText(sizes)} of ${shapeText(image.kept)}`, where);
  }
  const value = call.emit({
    kind: "slice",
    name: call.name,
    inputs: [image.layer],
    starts: [rows[0], columns[0], 0],
    steps: [1, 1, 1],
    sizes,
  });
  return counted(value, axes);
}

type Edge = readonly [before: number, after: number];

/** How much at the edges of rows and columns: one number for all, one an axis, or a pair an axis. */
function edges(call: Call, key: string, axes: 1 | 2): readonly [rows: Edge, columns: Edge] {
  const given = call.config.raw(key) ?? 1;
  const isPair = axes === 1 && itemsOf(given)?.every((item) => numberOf(item) !== undefined) === true;
  const items = isPair ? [given] : (itemsOf(given) ?? Array.from({ length: axes }, () => given));
  const pairs = items.map((item): Edge => {
    const [before, after = before, ...more] = (itemsOf(item) ?? [item]).map(numberOf);
    if (isEdge(before) && isEdge(after) && more.length === 0) return [before, after];
    return [-1, -1];
  });
  const { where } = call.config;
  if (pairs.length !== axes || pairs.some(([before]) => before < 0)) {
    throw impossible(`${where} has the ${key} ${textOf(given)}, no numbers from 0 for its edges`, `${where}, ${key}`);
  }
  return axes === 1 ? [[0, 0], pairs[0]!] : [pairs[0]!, pairs[1]!];
}

function isEdge(size: number | undefined): size is number {
  return size !== undefined && Number.isSafeInteger(size) && size >= 0 && size <= 1 << 24;
}

/** A list of at most 8 whole numbers. */
function wholeNumbers(call: Call, key: string): number[] {
  const { where } = call.config;
  const items = itemsOf(call.config.raw(key));
  const numbers = (items ?? []).map(numberOf).filter((item) => item !== undefined && Number.isSafeInteger(item));
  if (items !== null && items.length <= 8 && items.length > 0 && numbers.length === items.length) {
    return numbers as number[];
  }
  throw impossible(`${where} has the ${key} ${textOf(call.config.raw(key))}, no list of sizes`, `${where}, ${key}`);
}
