/**
 * Reads a model of any known format, from one file or several. The format is told by the bytes first, by the name's
 * extension second; files that belong to the model are found beside it.
 */
import { errorOf, LesionError, reportOf } from "../core/errors.ts";
import type { Network } from "../network/network.ts";
import { isObject, type Json } from "./keras/config.ts";
import { isModel } from "./keras/topology.ts";
import { besides, companion, type ModelFiles } from "./model-files.ts";
import { externalFiles, readOnnx } from "./onnx/read.ts";
import { refuseOtherFormats, SUPPORTED, startsWith } from "./other-formats.ts";
import { readSafetensors } from "./safetensors.ts";
import { isTfjsModel, readTfjsLayers } from "./tfjs-layers.ts";

export type { ModelFiles } from "./model-files.ts";

/** What a folder of a TensorFlow.js model has in it. */
const MODEL_JSON = "model.json";
/** An architecture that goes with any safetensors file beside it. */
const ARCHITECTURE_JSON = "architecture.json";
const ARCHITECTURE_FORMAT = "lesion-architecture";

/**
 * The network of the model `name`: the path of a file, or of a folder with a model.json. The network is named as the file
 * without folders and extension, a model.json as its folder. Throws LesionError: "not-found" for a file that is not there,
 * "bad-file" for an empty or damaged one, "unsupported" for a format that is not read, and as the format's reader does.
 */
export async function readModel(name: string, files: ModelFiles): Promise<Network> {
  const path = pathOf(name, files);
  const file = fileOf(path);
  const bytes = await files.bytesOf(path);
  if (bytes.length === 0) {
    throw new LesionError("bad-file", `"${file}" has 0 bytes`, {
      where: file,
      fix: "The download or export was cut off; get the file again.",
    });
  }
  refuseOtherFormats(bytes, file);
  return inFile(file, () => readFormat(bytes, path, files));
}

async function readFormat(bytes: Uint8Array, path: string, files: ModelFiles): Promise<Network> {
  const file = fileOf(path);
  const stem = file.replace(/\.[^.]+$/, "");
  // HDF5 is a library of megabytes, loaded for its files alone.
  if (startsWith(bytes, "\x89HDF")) return (await import("./keras/h5.ts")).readKerasH5(bytes, stem);
  if (startsWith(bytes, "PK\x03\x04")) return (await import("./keras/archive.ts")).readKerasArchive(bytes, stem);
  if (isSafetensors(bytes)) return readSafetensors(bytes, await architectureFor(path, files), stem);
  if (/^(\xef\xbb\xbf)?\s*\{/.test(String.fromCharCode(...bytes.subarray(0, 64)))) return readJson(bytes, path, files);
  // An ONNX file has no signature, but writers put its first field, the IR version, first: tag 8.
  const isOnnx = /\.onnx$/i.test(file);
  if (!isOnnx && bytes[0] !== 0x08) {
    throw new LesionError("unsupported", `"${file}" is of no known format; the formats read are: ${SUPPORTED}`, {
      fix: "Export the model as ONNX, for instance with torch.onnx.export or tf2onnx.",
    });
  }
  const external = new Map<string, Uint8Array>();
  const fix = "Put it beside the model under that name, or save the model as one file: onnx.save(model, path).";
  for (const needed of externalFiles(bytes)) external.set(needed, await companion(files, path, needed, fix));
  return readOnnx(bytes, isOnnx ? stem : file, { external });
}

/** A TensorFlow.js model, or an architecture with the safetensors file it is for. */
async function readJson(bytes: Uint8Array, path: string, files: ModelFiles): Promise<Network> {
  const json = jsonOf(bytes, fileOf(path));
  if (isTfjsModel(json))
    return readTfjsLayers(json, path, files, folderOf(path) ?? fileOf(path).replace(/\.json$/i, ""));
  if (json["format"] === ARCHITECTURE_FORMAT) return readArchitecture(json, path, files);
  if (isModel(json["class_name"])) {
    throw new LesionError("unsupported", "it is a Keras configuration without weights", {
      fix: 'Save the whole model in Keras: model.save("model.keras").',
    });
  }
  throw new LesionError("unsupported", `the JSON is no model; the formats read are: ${SUPPORTED}`, {
    fix: 'A model.json has "modelTopology" (TensorFlow.js); an architecture has "format": "lesion-architecture".',
  });
}

async function readArchitecture(json: Json, path: string, files: ModelFiles): Promise<Network> {
  const stem = fileOf(path).replace(/\.json$/i, "");
  const named = json["tensors"];
  const tensors = typeof named === "string" ? named : `${stem.replace(/\.architecture$/i, "")}.safetensors`;
  const fix = 'Put the safetensors file beside the architecture, and name it in "tensors".';
  const bytes = await companion(files, path, tensors, fix);
  return readSafetensors(bytes, json, stem);
}

/** The architecture beside a safetensors file: under its name, or the one of the folder. */
async function architectureFor(path: string, files: ModelFiles): Promise<unknown> {
  const stem = fileOf(path).replace(/\.[^.]+$/, "");
  const names = [`${stem}.json`, `${stem}.architecture.json`, ARCHITECTURE_JSON];
  const found = names.find((name) => files.available.includes(besides(path, name)));
  if (found === undefined) {
    throw new LesionError("not-found", "a safetensors file has weights alone, and its architecture was not given", {
      fix: `Put an architecture beside it, named ${names.join(" or ")}; docs/file-formats.md describes it.`,
    });
  }
  return jsonOf(await files.bytesOf(besides(path, found)), found);
}

/** safetensors: the length of a JSON header in 8 bytes, then the header. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > 8 && bytes[8] === 0x7b && bytes[6] === 0 && bytes[7] === 0;
}

function jsonOf(bytes: Uint8Array, file: string): Json {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isObject(json)) return json;
  } catch (cause) {
    throw new LesionError("bad-file", `"${file}" is no intact JSON: ${(cause as Error).message}`, {
      where: file,
      fix: "Get the file again, and compare the sizes of both copies.",
      cause,
    });
  }
  throw new LesionError("unsupported", `"${file}" is JSON, and no model`, {
    where: file,
    fix: `The formats read are: ${SUPPORTED}.`,
  });
}

/** The file that is meant: a folder stands for the model.json in it. */
function pathOf(name: string, { available }: ModelFiles): string {
  if (available.includes(name)) return name;
  const within = `${name.replace(/\/+$/, "")}/${MODEL_JSON}`;
  return available.includes(within) ? within : name;
}

function fileOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** The folder's own name, or null where the path has none. */
function folderOf(path: string): string | null {
  const folder = path.split(/[\\/]/).at(-2) ?? "";
  return folder === "" || folder === "." || folder === ".." ? null : folder;
}

/** What `read` gives; its LesionErrors name the file before the place in it. */
async function inFile<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof LesionError)) throw error;
    const { where } = error;
    throw errorOf({ ...reportOf(error), where: where === undefined || where === file ? file : `${file}, ${where}` });
  }
}
