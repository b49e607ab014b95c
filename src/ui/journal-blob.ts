/** A run's journal as a file that workers read by themselves: what crosses to them is its address, however long it is. */
import { journalPieces } from "../study/journal.ts";
import type { LesionRecord } from "../study/records.ts";
import { collected } from "./save.ts";

/** The lines of records, made a few at a time, so that the page answers meanwhile. */
export async function journalBlob(records: Iterable<LesionRecord>): Promise<Blob> {
  return new Blob(await collected(pieces(records)));
}

/** As blobs the pieces are the browser's to keep. */
function* pieces(records: Iterable<LesionRecord>): Generator<Blob> {
  for (const piece of journalPieces(records)) yield new Blob([piece]);
}
