/** Files that people give as models and that are none which is read: told by their first bytes, with what to do instead. */
import { LesionError } from "../core/errors.ts";

/** The formats that are read, for messages. */
export const SUPPORTED =
  "ONNX (.onnx), Keras (.keras, .h5), TensorFlow.js Layers (model.json), safetensors with an architecture (.safetensors)";

interface OtherContent {
  readonly start: string;
  readonly code: "unsupported" | "bad-file";
  readonly what: string;
  readonly fix: string;
}

const FROM_PYTORCH = "Load it in PyTorch and write it with torch.onnx.export.";

const OTHER_CONTENTS: readonly OtherContent[] = [
  { start: "\x80\x02", code: "unsupported", what: "a Python pickle (PyTorch)", fix: FROM_PYTORCH },
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

/** Throws LesionError where the bytes of `file` are those of a format that is known and not read. */
export function refuseOtherFormats(bytes: Uint8Array, file: string): void {
  const other = OTHER_CONTENTS.find(({ start }) => startsWith(bytes, start));
  if (other === undefined) return;
  throw new LesionError(other.code, `"${file}" is ${other.what}; the formats read are: ${SUPPORTED}`, {
    where: file,
    fix: other.fix,
  });
}

/** Whether the bytes begin with the characters of `start`, one byte each. */
export function startsWith(bytes: Uint8Array, start: string): boolean {
  return [...start].every((character, i) => bytes[i] === character.charCodeAt(0));
}
