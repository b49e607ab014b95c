/** A thread of the decoding pool: takes encoded images, answers with samples. */
import { reportOf } from "../../core/errors.ts";
import { decodeHere } from "./decode.ts";
import type { DecodeAnswer, DecodeRequest } from "./decode-pool.ts";

self.onmessage = async ({ data: { id, bytes, name, options } }: MessageEvent<DecodeRequest>) => {
  const answer = (message: DecodeAnswer, transfer: Transferable[] = []) => self.postMessage(message, { transfer });
  try {
    const pixels = await decodeHere(bytes, name, options);
    // Decoded pixels may be a view of more; what crosses is exactly a sample.
    const values = pixels.values.slice();
    answer({ id, pixels: { ...pixels, values } }, [values.buffer]);
  } catch (error) {
    answer({ id, error: reportOf(error) });
  }
};
