/** Reads a model file of any known format. The format is told by the bytes first, by the name's extension second. */
import { errorOf, LesionError, reportOf } from "../core/errors.ts";
import type { Network } from "../network/network.ts";
import { readOnnx } from "./onnx/read.ts";

const SUPPORTED = "ONNX (.onnx)";

/**
 * The network in a model file. `name` is the file's name; without folders and extension it becomes the network's. Throws
 * LesionError: "bad-file" for an empty or damaged file, "unsupported" for a format that is not read, and as the format's
 * reader does.
 */
export function readModel(bytes: Uint8Array, name: string): Network {
  const file = name.split(/[\\/]/).at(-1) ?? name;
  if (bytes.length === 0) {
    throw new LesionError("bad-file", `"${file}" has 0 bytes`, {
      where: file,
      fix: "The download or export was cut off; get the file again.",
    });
  }
  const other = OTHER_CONTENTS.find(({ start }) => startsWith(bytes, start)) ?? otherContent(bytes);
  if (other !== null) {
    throw new LesionError(other.code, `"${file}" is ${other.what}; the formats read are: ${SUPPORTED}`, {
      where: file,
      fix: other.fix,
    });
  }
  const extension = /\.([^.]+)$/.exec(file)?.[1]?.toLowerCase();
  // An ONNX file has no signature, but writers put its first field, the IR version, first: tag 8.
  if (extension !== "onnx" && bytes[0] !== 0x08) {
    throw new LesionError("unsupported", `"${file}" is of no known format; the formats read are: ${SUPPORTED}`, {
      where: file,
      fix: "Export the model as ONNX, for instance with torch.onnx.export or tf2onnx.",
    });
  }
  return inFile(file, () => readOnnx(bytes, extension === "onnx" ? file.slice(0, -".onnx".length) : file));
}

/** What `read` gives; its LesionErrors name the file before the place in it. */
function inFile<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LesionError)) throw error;
    throw errorOf({ ...reportOf(error), where: error.where === undefined ? file : `${file}, ${error.where}` });
  }
}

interface OtherContent {
  readonly code: "unsupported" | "bad-file";
  readonly what: string;
  readonly fix: string;
}

const FROM_KERAS = "Convert it to ONNX with tf2onnx.";
const FROM_PYTORCH = "Load it in PyTorch and write it with torch.onnx.export.";

const OTHER_CONTENTS: readonly (OtherContent & { readonly start: string })[] = [
  { start: "\x89HDF", code: "unsupported", what: "an HDF5 file (Keras)", fix: FROM_KERAS },
  { start: "PK\x03\x04", code: "unsupported", what: "a zip archive (PyTorch, Keras or npz)", fix: FROM_PYTORCH },
  { start: "\x80\x02", code: "unsupported", what: "a Python pickle (PyTorch)", fix: FROM_PYTORCH },
  { start: "{", code: "unsupported", what: "a JSON file (TensorFlow.js)", fix: FROM_KERAS },
  { start: "GGUF", code: "unsupported", what: "a GGUF file", fix: "Use the original model, exported as ONNX." },
  { start: "\x93NUMPY", code: "unsupported", what: "a NumPy array", fix: "Give it as data, and a model as ONNX." },
  { start: "\x1f\x8b", code: "unsupported", what: "compressed with gzip", fix: "Unpack it first (gunzip)." },
  {
    start: "version https://git-lfs",
    code: "bad-file",
    what: "a Git LFS pointer",
    fix: "Fetch the file: git lfs pull.",
  },
  { start: "<", code: "bad-file", what: "a web page", fix: "Download the file itself, not the page about it." },
];

/** safetensors: the length of a JSON header in 8 bytes, then the header. */
function otherContent(bytes: Uint8Array): OtherContent | null {
  if (bytes.length < 9 || bytes[8] !== 0x7b || bytes[6] !== 0 || bytes[7] !== 0) return null;
  return { code: "unsupported", what: "a safetensors file", fix: FROM_PYTORCH };
}

/** Whether the bytes begin with the characters of `start`, one byte each. */
function startsWith(bytes: Uint8Array, start: string): boolean {
  return [...start].every((character, i) => bytes[i] === character.charCodeAt(0));
}
