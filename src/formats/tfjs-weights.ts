/**
 * The numbers of a TensorFlow.js model: a group's weights follow each other without gaps, through one file or many. Files
 * are read one at a time, and no more of them are held than the weight that is being put together needs.
 */
import { LesionError } from "../core/errors.ts";
import { halfToFloat } from "../core/half-float.ts";
import type { Weight } from "../network/network.ts";
import { type Shape, shapeText, sizeOf } from "../network/shapes.ts";
import { isObject, itemsOf, textOf } from "./keras/config.ts";
import { impossible, quote, unsupported } from "./keras/failure.ts";
import { companion, type ModelFiles } from "./model-files.ts";

/** How numbers are kept: bytes each, and what becomes of them. */
type Storage =
  | { readonly type: "float32" | "int32" | "uint8" | "bool" | "float16" }
  | { readonly type: "affine"; readonly bits: 8 | 16; readonly scale: number; readonly min: number };

/** A weight as the manifest lists it. */
export interface ManifestWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly storage: Storage;
}

/** One entry of a manifest. Throws LesionError: "bad-model" for what it cannot be, "unsupported" for other types. */
export function weightOf(entry: unknown, group: string): ManifestWeight {
  const name = isObject(entry) ? entry["name"] : null;
  if (!isObject(entry) || typeof name !== "string") throw impossible(`${group} lists ${textOf(entry)}`, group);
  const where = `weight ${quote(name)}`;
  const shape = itemsOf(entry["shape"]);
  if (!shape?.every((size): size is number => Number.isSafeInteger(size) && (size as number) >= 0)) {
    throw impossible(`${where} has the shape ${textOf(entry["shape"])}`, where);
  }
  if (!Number.isSafeInteger(sizeOf(shape) * 4)) throw impossible(`${where} has the shape ${shapeText(shape)}`, where);
  return { name, shape, storage: storageOf(entry["dtype"], entry["quantization"], where) };
}

function storageOf(dtype: unknown, quantization: unknown, where: string): Storage {
  const kept = isObject(quantization) ? quantization["dtype"] : dtype;
  if (isObject(quantization) && (kept === "uint8" || kept === "uint16")) {
    // In f32, as they are on the GPU.
    const [scale, min] = [quantization["scale"], quantization["min"]].map((item) => Math.fround(Number(item)));
    if (Number.isFinite(scale) && Number.isFinite(min)) {
      return { type: "affine", bits: kept === "uint8" ? 8 : 16, scale: scale!, min: min! };
    }
    throw impossible(`${where} is quantised by ${textOf(quantization)}`, where);
  }
  switch (kept) {
    case "float32":
    case "int32":
    case "uint8":
    case "bool":
    case "float16":
      return { type: kept };
    default: {
      const fix = "Convert the model with float32 weights, or quantise them to uint8, uint16 or float16.";
      throw unsupported(`${where} is of the type ${textOf(kept)}`, where, fix);
    }
  }
}

const BYTES = { float32: 4, int32: 4, uint8: 1, bool: 1, float16: 2 } as const;

/**
 * A group's weights, in order. Throws LesionError: "not-found" for a missing file, "bad-file" where the files hold fewer
 * bytes than the weights, or more.
 */
export async function readGroup(
  weights: readonly ManifestWeight[],
  paths: readonly string[],
  model: string,
  files: ModelFiles,
): Promise<readonly Weight[]> {
  const fix = `Give all ${paths.length} files of weights together with the model.json, or the folder they are in.`;
  let next = 0;
  let total = 0;
  let rest: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  const read: Weight[] = [];
  for (const { name, shape, storage } of weights) {
    const { bytes: bytesEach } = { bytes: storage.type === "affine" ? storage.bits / 8 : BYTES[storage.type] };
    const needed = sizeOf(shape) * bytesEach;
    const parts: Uint8Array[] = [];
    let missing = needed;
    while (missing > 0) {
      if (rest.length === 0) {
        const path = paths[next++];
        if (path === undefined) {
          throw wrongLength(
            model,
            `end after ${total} bytes, within the weight ${quote(name)}, which needs ${missing} more`,
          );
        }
        rest = await companion(files, model, path, fix);
        total += rest.length;
        continue;
      }
      const part = rest.subarray(0, missing);
      parts.push(part);
      rest = rest.subarray(part.length);
      missing -= part.length;
    }
    read.push(numbersOf(joined(parts, needed), storage));
  }
  if (rest.length > 0 || next < paths.length) {
    const more = rest.length > 0 ? `${rest.length} bytes` : `${paths.length - next} files`;
    throw wrongLength(model, `have ${more} more than the weights of its list`);
  }
  return read;
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Little-endian, as every machine that runs this. */
function numbersOf(bytes: Uint8Array<ArrayBuffer>, storage: Storage): Weight {
  switch (storage.type) {
    case "affine":
      return {
        values: storage.bits === 8 ? bytes : new Uint16Array(bytes.buffer),
        scale: storage.scale,
        min: storage.min,
      };
    case "float32":
      return new Float32Array(bytes.buffer);
    case "int32":
      return Float32Array.from(new Int32Array(bytes.buffer));
    case "uint8":
    case "bool":
      return Float32Array.from(bytes);
    case "float16":
      return Float32Array.from(new Uint16Array(bytes.buffer), halfToFloat);
  }
}

function wrongLength(model: string, what: string): LesionError {
  return new LesionError("bad-file", `the files of weights beside ${model} ${what}`, {
    where: model,
    fix: "A file was cut off, or belongs to another model; get all of them again.",
  });
}
