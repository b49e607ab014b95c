/** The errors that every part of the Keras readers throws, so that all of them name their place in the same way. */
import { LesionError } from "../../core/errors.ts";

const LONGEST_NAME = 80;

/** A name from a file, quoted for a message, and cut where a damaged file has it run on. */
export function quote(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name);
}

/** LesionError("bad-file"): the bytes are no intact file of their format. */
export function damaged(message: string, where: string, cause?: unknown): LesionError {
  return new LesionError("bad-file", message, {
    where,
    fix: "Get the file again, or save the model again, and compare the sizes of both copies.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** LesionError("bad-model"): the file is intact, and what it says cannot be. */
export function impossible(message: string, where: string): LesionError {
  return new LesionError("bad-model", message, { where, fix: "Load the model in Keras and save it again." });
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
