/** A stream of bytes as what `for await` takes: not every browser with WebGPU can iterate over a stream itself. */

/** The pieces of a stream, as they come; whoever stops before its end cancels it. */
export async function* streamPieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
