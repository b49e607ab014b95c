/**
 * What the graph reads: the shape of one sample without the batch axis, and the order of an image's axes. ONNX counts an
 * image [batch, channels, height, width]; Lesion keeps it [height, width, channels].
 */
import { TensorProto_DataType as Type, type ValueInfoProto } from "onnx-buf";
import type { NetworkInput } from "../../network/network.ts";
import { shapeText, sizeOf } from "../../network/shapes.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import type { Features } from "./operation.ts";

/** Largest sample that is taken for meant: 2^24 numbers, an image of 2048 x 2048 x 4. */
const MAX_SAMPLE = 1 << 24;
const MAX_AXES = 8;
const FLOATS: readonly number[] = [Type.FLOAT, Type.FLOAT16, Type.DOUBLE];

/** An input of the graph, for the network and for the nodes that read it. */
export interface GraphInput {
  readonly input: NetworkInput;
  readonly features: Features;
  /** Size of the batch axis, or null where it is open. */
  readonly batch: number | null;
}

/**
 * Throws LesionError("unsupported") for what is no batch of float samples of one size, and LesionError("bad-model") for a
 * size that cannot be.
 */
export function readGraphInput(info: ValueInfoProto): GraphInput {
  const { name } = info;
  const where = `input ${quote(name)}`;
  const type = info.type?.value;
  if (type?.case !== "tensorType" || !FLOATS.includes(type.value.elemType)) {
    const found = type?.case === "tensorType" ? (Type[type.value.elemType] ?? "of an unknown type") : "no tensor";
    throw unsupported(`${where} is ${found}`, where, "Export the model with a float tensor as its input.");
  }
  const axes = type.value.shape?.dim ?? [];
  const sizes = axes.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : null));
  const text = shapeText(axes.map(({ value }) => (value.case === undefined ? "?" : String(value.value).slice(0, 40))));
  const [batch = null, ...rest] = sizes;
  const shape = rest.filter((size) => size !== null);
  if (shape.length === 0 || shape.length !== rest.length || shape.length > MAX_AXES) {
    const fix = "Export it with the shape [batch, ...] in which every size but the batch is a number.";
    throw unsupported(`${where} has the shape ${text}, not a batch of samples of one size`, where, fix);
  }
  const size = sizeOf(shape);
  if (shape.some((axis) => axis < 1) || size > MAX_SAMPLE) {
    throw impossible(
      `${where} has the shape ${text}: a sample of ${size} numbers, 1 to ${MAX_SAMPLE} are possible`,
      where,
    );
  }
  const isImage = hasChannelsFirst(shape, axes.map(({ denotation }) => denotation).slice(1));
  const [channels = 1, ...space] = shape;
  const kept = isImage ? [...space, channels] : shape;
  const channelsLast = isImage && channels > 1 ? { channels, positions: size / channels } : null;
  return {
    input: { name, shape: kept },
    features: { kind: "features", layer: name, shape, kept, channelsLast },
    batch,
  };
}

/**
 * Whether three axes are [channels, height, width]: as their denotations say, or else where the first is shorter than the
 * last (as in [3, 32, 32], unlike [32, 32, 3]).
 */
function hasChannelsFirst(shape: readonly number[], denotations: readonly string[]): boolean {
  if (shape.length !== 3) return false;
  const denoted = denotations.indexOf("DATA_CHANNEL");
  return denoted >= 0 ? denoted === 0 : shape[0]! < shape[2]!;
}
