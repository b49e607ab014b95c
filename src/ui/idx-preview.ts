/**
 * The first images of an IDX file, for a glance at what was dropped and at samples on a map. Reads no further than it shows;
 * whether the file is sound is for the run's own reader to say.
 */

const SHOWN = 10;
const HEADER_BYTES = 16;
const UNSIGNED_BYTES_3D = 0x00000803;

/** Images as bytes: [count, rows, columns]. */
export interface Samples {
  readonly rows: number;
  readonly columns: number;
  readonly pixels: Uint8Array;
  readonly count: number;
}

/** The first `most` images of an IDX file of bytes, plain or gzip; null where it is none, or has odd dimensions. */
export async function firstSamples(file: Blob, most = SHOWN): Promise<Samples | null> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const zipped = first === 0x1f && second === 0x8b;
  const stream = zipped ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  const header = await firstBytes(stream, HEADER_BYTES + most * 1024);
  if (header.length < HEADER_BYTES) return null;
  const view = new DataView(header.buffer);
  const [magic, total, rows, columns] = [0, 4, 8, 12].map((offset) => view.getUint32(offset)) as [
    number,
    number,
    number,
    number,
  ];
  const size = rows * columns;
  if (magic !== UNSIGNED_BYTES_3D || size < 1 || size > 1024) return null;
  const count = Math.min(most, total, Math.floor((header.length - HEADER_BYTES) / size));
  return { rows, columns, count, pixels: header.subarray(HEADER_BYTES, HEADER_BYTES + count * size) };
}

async function firstBytes(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(most);
  const reader = stream.getReader();
  let length = 0;
  try {
    while (length < most) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, most - length);
      bytes.set(part, length);
      length += part.length;
    }
  } finally {
    await reader.cancel();
  }
  return bytes.slice(0, length);
}

/** One image as dark ink on light ground, [rows, columns] of 32-bit pixels in ImageData's byte order. */
export function inkPixels({ rows, columns, pixels }: Samples, index: number): Uint32Array<ArrayBuffer> {
  const size = rows * columns;
  return Uint32Array.from(pixels.subarray(index * size, (index + 1) * size), (stored) => {
    const value = 255 - stored;
    return ((255 << 24) | (value << 16) | (value << 8) | value) >>> 0;
  });
}
