/** Files on their way from the page to whoever serves it: over HTTP, in parts, each kept before the next is sent. */
import { LesionError } from "../src/core/errors.ts";

/** The page of Chromium 156 crashes on a request body of 256 MiB, and cannot send a blob of 600 MiB. */
const PART_BYTES = 16 * 2 ** 20;

/**
 * PUTs a file to an address, with a Content-Range where it takes several requests. Resolves once all of it is kept; throws
 * `cannot-write` where it is not.
 */
export async function handOver(address: string, name: string, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start === 0 || start < bytes.length; start += PART_BYTES) {
    const part = bytes.slice(start, start + PART_BYTES);
    const range = `bytes ${start}-${start + part.length - 1}/${bytes.length}`;
    const response = await fetch(address, {
      method: "PUT",
      // A blob: what drives the browser would take a copy of plain bytes into its messages.
      body: new Blob([part]),
      headers: part.length === bytes.length ? {} : { "Content-Range": range },
    });
    if (response.ok) continue;
    throw new LesionError("cannot-write", `${name} was not kept (status ${response.status})`, { where: name });
  }
}
