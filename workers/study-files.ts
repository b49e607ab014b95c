/** Files as they cross to a worker, read: a Blob's own bytes, or what an address gives. */
import { LesionError } from "../src/core/errors.ts";
import { streamPieces } from "../src/core/stream-pieces.ts";
import { listed } from "../src/data/paths.ts";
import type { StudyFiles } from "../src/study/open-study.ts";
import type { FileSource, Files } from "./protocol.ts";

/** The bytes of a file. Throws `not-found` where its address gives none. */
export async function bytesOf(source: FileSource, name: string): Promise<Uint8Array> {
  const body = source instanceof Blob ? source : await fetched(source.url, name);
  return new Uint8Array(await body.arrayBuffer());
}

/** The bytes of a file in pieces, for one that is larger than what is made of it. Throws `not-found`. */
export async function* piecesOf(source: FileSource, name: string): AsyncGenerator<Uint8Array> {
  const stream = source instanceof Blob ? source.stream() : (await fetched(source.url, name)).body;
  if (stream) yield* streamPieces(stream);
}

async function fetched(url: string, name: string): Promise<Response> {
  const response = await fetch(url).catch((cause) => {
    throw new LesionError("not-found", `${name} could not be fetched`, {
      where: name,
      fix: "Check the address.",
      cause,
    });
  });
  if (response.ok) return response;
  throw new LesionError("not-found", `${name} was not found (status ${response.status})`, {
    where: name,
    fix: "Check the path in the study; it is relative to the study's file.",
  });
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
