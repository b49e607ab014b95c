/** Files as they cross to a worker, read: a Blob's own bytes, or what an address gives. */
import { LesionError } from "../src/core/errors.ts";
import { listed } from "../src/data/paths.ts";
import type { StudyFiles } from "../src/study/open-study.ts";
import type { FileSource, Files } from "./protocol.ts";

/** The bytes of a file. Throws `not-found` where its address gives none. */
export async function bytesOf(source: FileSource, name: string): Promise<Uint8Array> {
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const response = await fetch(source.url).catch((cause) => {
    throw new LesionError("not-found", `${name} could not be fetched`, {
      where: name,
      fix: "Check the address.",
      cause,
    });
  });
  if (!response.ok) {
    throw new LesionError("not-found", `${name} was not found (status ${response.status})`, {
      where: name,
      fix: "Check the path in the study; it is relative to the study's file.",
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** A study's files as it opens them. */
export function studyFiles(files: Files): StudyFiles {
  return {
    available: Object.keys(files),
    bytesOf: (path) => {
      const source = files[path];
      if (source) return bytesOf(source, path);
      throw new LesionError("not-found", `the study names ${path}, which was not given`, {
        where: path,
        fix: `Give the file; there are: ${listed(Object.keys(files))}.`,
      });
    },
  };
}
