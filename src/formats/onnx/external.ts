/**
 * Tensors kept in files beside the model: large models are saved so, because a protobuf file ends at 2 GiB. A file may name
 * only its neighbours, and only bytes that are there.
 */
import { type ModelProto, type TensorProto, TensorProto_DataLocation } from "onnx-buf";
import { LesionError } from "../../core/errors.ts";
import { damaged, impossible, quote } from "./failure.ts";
import { parseModel } from "./wire.ts";

/** The bytes of files beside the model, by the names that `externalFiles` gives. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Names of the files that the model in `bytes` keeps its tensors in, relative to its folder. Throws LesionError: "bad-file"
 * for damage, "bad-model" for a name that leads out of that folder.
 */
export function externalFiles(bytes: Uint8Array): string[] {
  const tensors = tensorsOf(parseModel(bytes)).filter(isExternal);
  return [...new Set(tensors.map((tensor) => locationOf(tensor, `tensor ${quote(tensor.name)}`)))];
}

function tensorsOf({ graph }: ModelProto): TensorProto[] {
  if (graph === undefined) return [];
  const held = graph.node.flatMap((node) =>
    node.attribute.flatMap(({ t, tensors }) => (t ? [t, ...tensors] : tensors)),
  );
  return [...graph.initializer, ...held];
}

/** Whether the tensor's numbers are in another file. */
export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0;
}

/**
 * The numbers of such a tensor, as `raw_data` would hold them. Throws LesionError: "not-found" where its file is not given,
 * "bad-model" where its name leads elsewhere, "bad-file" where the file is shorter than the tensor says.
 */
export function externalData(tensor: TensorProto, external: ExternalFiles, where: string): Uint8Array {
  const location = locationOf(tensor, where);
  const bytes = external.get(location);
  if (bytes === undefined) {
    throw new LesionError("not-found", `${where} is kept in another file, ${quote(location)}, which is not here`, {
      where,
      fix: `Put ${quote(location)} beside the model, or save it as one file: onnx.save(model, path).`,
    });
  }
  const offset = numberOf(tensor, "offset", where) ?? 0;
  const length = numberOf(tensor, "length", where) ?? bytes.length - offset;
  if (offset + length > bytes.length || length < 0) {
    const range = `${length} bytes from byte ${offset} of ${quote(location)}`;
    throw damaged(`${where} is kept in ${range}, which has ${bytes.length} bytes`, where, { offset });
  }
  return bytes.subarray(offset, offset + length);
}

function locationOf(tensor: TensorProto, where: string): string {
  const location = entryOf(tensor, "location") ?? "";
  const parts = location.split("/").filter((part) => part !== ".");
  const isNeighbour = !/^[a-z]:|[\\\0]/i.test(location) && !parts.some((part) => part === "" || part === "..");
  if (isNeighbour && parts.length > 0) return parts.join("/");
  throw impossible(`${where} is kept in ${quote(location)}, which is no file in the model's folder`, where);
}

function numberOf(tensor: TensorProto, key: string, where: string): number | null {
  const text = entryOf(tensor, key);
  if (text === undefined) return null;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw impossible(`${where} has the ${key} ${quote(text)}`, where);
  return value;
}

function entryOf(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.find((entry) => entry.key === key)?.value;
}
