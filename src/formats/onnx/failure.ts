/** The errors that every part of the ONNX reader throws, so that all of them name their place in the same way. */
import { LesionError } from "../../core/errors.ts";

const LONGEST_NAME = 80;

/** A name from a file, quoted for a message; a damaged file can hold names of megabytes, so it is cut. */
export function quote(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name);
}

/** LesionError("bad-file"): the bytes are no intact ONNX file. */
export function damaged(message: string, where: string, more: { offset?: number; cause?: unknown } = {}): LesionError {
  return new LesionError("bad-file", `the ONNX file is damaged: ${message}`, {
    where,
    fix: "Get the file again, or export the model again, and compare the sizes of both copies.",
    ...(more.offset === undefined ? {} : { detail: { offset: more.offset } }),
    ...(more.cause === undefined ? {} : { cause: more.cause }),
  });
}

/** LesionError("bad-model"): the file is intact, and what it says cannot be. */
export function impossible(message: string, where: string, detail?: Readonly<Record<string, unknown>>): LesionError {
  return new LesionError("bad-model", message, {
    where,
    fix: "Check the model with onnx.checker and export it again.",
    ...(detail === undefined ? {} : { detail }),
  });
}

/** LesionError("unsupported"): the model is valid, and asks for what Lesion does not do. */
export function unsupported(
  message: string,
  where: string,
  fix: string,
  detail?: Readonly<Record<string, unknown>>,
): LesionError {
  return new LesionError("unsupported", message, { where, fix, ...(detail === undefined ? {} : { detail }) });
}
