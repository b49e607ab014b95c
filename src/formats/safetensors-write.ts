/**
 * Named arrays as a safetensors file (Hugging Face, format 1), and back: the weights of a network that was trained, and
 * the state that a training goes on from. Unlike weights that are read from elsewhere, values here may be NaN or
 * infinite: a network that diverged is kept as it is.
 */
import { LesionError } from "../core/errors.ts";
import { metadataOfSafeTensors, readSafeTensors, type SafeTensor } from "./safetensors-file.ts";

/** An array of floats, or of unsigned whole numbers. */
export type NamedTensor =
  | { readonly name: string; readonly dtype: "F32"; readonly shape: readonly number[]; readonly values: Float32Array }
  | { readonly name: string; readonly dtype: "U32"; readonly shape: readonly number[]; readonly values: Uint32Array };

const METADATA = "__metadata__";
/** Of the header, so that the tensors begin at a multiple of it. */
const ALIGNMENT = 8;

/**
 * A safetensors file. Tensors lie in the order of the reference implementation: floats first, then by name in UTF-16
 * units, so that the same tensors give the same bytes in whatever order they come. Throws LesionError("internal") for a
 * shape that does not fit the values, and for a name that is given twice or is the format's own.
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(byTypeAndName);
  const entries = Object.keys(metadata).length === 0 ? [] : [[METADATA, metadata] as const];
  let end = 0;
  const places = ordered.map((tensor, index) => {
    if (tensor.name === METADATA || ordered[index - 1]?.name === tensor.name || !fits(tensor)) throw unsound(tensor);
    const begin = end;
    end += tensor.values.byteLength;
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  const members = [...entries, ...places].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  const headerBytes = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(8 + headerBytes + end).fill(0x20, 8 + header.length, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, 8);
  let at = 8 + headerBytes;
  for (const { values } of ordered) {
    // Machines with WebGPU are little-endian, as the format is.
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}

/**
 * The tensors of a file, in the file's order, and its metadata. Throws LesionError("bad-file") where the file is damaged,
 * "unsupported" for elements that are neither F32 nor U32.
 */
export function readSafetensors(file: Uint8Array): {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const tensors = Array.from(readSafeTensors(file).values(), (tensor) => [tensor.name, valuesOf(tensor)] as const);
  return { tensors: new Map(tensors), metadata: metadataOfSafeTensors(file) };
}

function valuesOf({ name, dtype, dims: shape, bytes, offset }: SafeTensor): NamedTensor {
  // A copy begins at a multiple of 8, which a tensor in a file need not.
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case "F32":
      return { name, dtype, shape, values: new Float32Array(buffer) };
    case "U32":
      return { name, dtype, shape, values: new Uint32Array(buffer) };
    default:
      throw new LesionError("unsupported", `tensor "${name}" has elements of type ${dtype}, wanted F32 or U32`, {
        where: `tensor "${name}", byte ${offset}`,
        fix: "Name a file that Lesion wrote.",
      });
  }
}

/** Types in the reference implementation's order, the greatest first; names ascend. */
function byTypeAndName(a: NamedTensor, b: NamedTensor): number {
  if (a.dtype !== b.dtype) return a.dtype === "F32" ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

const fits = ({ shape, values }: NamedTensor) => shape.reduce((product, size) => product * size, 1) === values.length;

function unsound({ name, shape, values }: NamedTensor): LesionError {
  const what = `tensor "${name}" of shape [${shape.join(", ")}] and ${values.length} values cannot be written`;
  return new LesionError("internal", `${what}: its name is taken, or its shape is another`, {
    where: `tensor "${name}"`,
  });
}
