/** Writing a file so that a reader never meets half of it. */
import { open, rename, rm, writeFile } from "node:fs/promises";
import { LesionError } from "../core/errors.ts";

/** Bytes, or pieces of them as they come. */
export type FileBody = Uint8Array | AsyncIterable<Uint8Array>;

/** Which bytes of a file a body has: from `start` up to but without `end`, of `size`. */
export interface FilePart {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/**
 * Writes a file that is either whole or absent, whenever the process ends; what was there is replaced. Given in parts, one
 * after the other, it is there after the last. Throws LesionError `internal` for a part that does not follow.
 */
export async function writeWhole(path: string, body: FileBody, part?: FilePart): Promise<void> {
  const unfinished = `${path}.part`;
  const file = await open(unfinished, part === undefined || part.start === 0 ? "w" : "a");
  try {
    await expectBytes(path, part?.start ?? 0, file);
    await writeFile(file, body);
    if (part !== undefined) await expectBytes(path, part.end, file);
    if (part !== undefined && part.end < part.size) return;
    await file.sync();
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw cause;
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

async function expectBytes(path: string, expected: number, file: Awaited<ReturnType<typeof open>>): Promise<void> {
  const { size } = await file.stat();
  if (size !== expected) throw new LesionError("internal", `${path} has ${size} bytes so far, not ${expected}`);
}
