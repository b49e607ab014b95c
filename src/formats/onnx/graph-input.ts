/**
 * What the graph reads: the shape of one sample without the batch axis, and the order of an image's axes. ONNX counts an
 * image [batch, channels, height, width]; Lesion keeps it [height, width, channels].
 */
import { TensorProto_DataType as Type, type ValueInfoProto } from "onnx-buf";
import { MOST_NUMBERS, type Shape, shapeText, sizeOf } from "../../network/shapes.ts";
import type { Channels } from "./channels-first.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import { type Features, featuresOf, type Order } from "./features.ts";
import { MAX_RANK } from "./tensor.ts";

const FLOATS: readonly number[] = [Type.FLOAT, Type.FLOAT16, Type.DOUBLE];

/** An input of the graph. */
export interface GraphInput {
  readonly features: Features;
  /** Size of the batch axis, or null where it is open. */
  readonly batch: number | null;
}

/**
 * An input whose axis 0 is the batch; `channels` says where its nodes find its channels, if they do. Throws
 * LesionError("unsupported") for what is no batch of float samples of one size, and LesionError("bad-model") for a size
 * that cannot be.
 */
export function readGraphInput(info: ValueInfoProto, channels: Channels | undefined): GraphInput {
  const { name } = info;
  const where = `input ${quote(name)}`;
  const type = info.type?.value;
  if (type?.case !== "tensorType" || !FLOATS.includes(type.value.elemType)) {
    const found = type?.case === "tensorType" ? (Type[type.value.elemType] ?? "of an unknown type") : "no tensor";
    throw unsupported(`${where} is ${found}`, where, "Export the model with a float tensor as its input.");
  }
  const axes = type.value.shape?.dim ?? [];
  const text = shapeText(axes.map(({ value }) => (value.case === undefined ? "?" : String(value.value).slice(0, 40))));
  const [batch = null, ...rest] = sizesOfInput(info);
  const shape = rest.filter((size) => size !== null);
  if (shape.length === 0 || shape.length !== rest.length || shape.length > MAX_RANK) {
    const fix = "Export it with the shape [batch, ...] in which every size but the batch is a number.";
    throw unsupported(`${where} has the shape ${text}, not a batch of samples of one size`, where, fix);
  }
  const size = sizeOf(shape);
  if (shape.some((axis) => axis < 1) || size > MOST_NUMBERS) {
    const message = `${where} has the shape ${text}: a sample of ${size} numbers, 1 to ${MOST_NUMBERS} are possible`;
    throw impossible(message, where);
  }
  const denotations = axes.map(({ denotation }) => denotation).slice(1);
  return { features: featuresOf(name, shape, orderOf(shape, channels, denotations)), batch };
}

/** The sizes of all axes that a graph input declares, null where open; none where it declares no shape. */
export function sizesOfInput({ type }: ValueInfoProto): (number | null)[] {
  const axes = type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [];
  return axes.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : null));
}

/**
 * Channels last for images that come with their channels first: as the axes' denotations say, as nodes read them, or else
 * where of three axes the first is shorter than the last (as in [3, 32, 32], unlike [32, 32, 3]).
 */
export function orderOf(shape: Shape, channels: Channels | undefined, denotations: readonly string[]): Order {
  const denoted = denotations.indexOf("DATA_CHANNEL");
  const isFirst =
    denoted >= 0
      ? denoted === 0
      : channels !== undefined
        ? channels === "first"
        : shape.length === 3 && shape[0]! < shape[2]!;
  return isFirst ? "channels-last" : "onnx";
}
