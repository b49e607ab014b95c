/** Test support: PNG files with known pixels, and the pixels of a PNG by zlib and the five filters alone. */
import { unzlibSync, zlibSync } from "fflate";
import { crc32 } from "../crc32.ts";

/** What a PNG is made of; `rows` are the packed bytes of each scanline. */
export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  /** 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha. */
  readonly colour: 0 | 2 | 3 | 4 | 6;
  readonly rows: readonly (readonly number[])[];
  /** Chunks before the pixels, such as PLTE and tRNS. */
  readonly chunks?: readonly (readonly [name: string, contents: readonly number[]])[];
}

export function writePng({ width, height, depth, colour, rows, chunks = [] }: PngParts): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colour], 8);
  const scanlines = Uint8Array.from(rows.flatMap((row) => [0, ...row]));
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", header),
    ...chunks.flatMap(([name, contents]) => chunk(name, contents)),
    ...chunk("IDAT", zlibSync(scanlines)),
    ...chunk("IEND", []),
  ]);
}

/** A colour PNG of 8 bits with pixels that depend on `seed`. */
export function colourPng(width: number, height: number, seed = 0): { bytes: Uint8Array; pixels: number[] } {
  const pixels = Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + (i % 5) * 50 + seed * 31) % 256);
  const rows = Array.from({ length: height }, (_, y) => pixels.slice(y * width * 3, (y + 1) * width * 3));
  return { bytes: writePng({ width, height, depth: 8, colour: 2, rows }), pixels };
}

function chunk(name: string, contents: Iterable<number>): number[] {
  const body = [...name].map((letter) => letter.charCodeAt(0)).concat([...contents]);
  return [...bigEndian(body.length - 4), ...body, ...bigEndian(crc32(Uint8Array.from(body)))];
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** The pixels of a colour PNG of 8 bits, not interlaced: [height, width, 3]. */
export function readColourPng(bytes: Uint8Array): { width: number; height: number; pixels: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (bytes[24] !== 8 || bytes[25] !== 2 || bytes[28] !== 0) throw new Error("not a plain colour PNG of 8 bits");
  const data: number[] = [];
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (name === "IDAT") for (const byte of bytes.subarray(at + 8, at + 8 + view.getUint32(at))) data.push(byte);
  }
  return { width, height, pixels: unfiltered(unzlibSync(Uint8Array.from(data)), width * 3, height) };
}

/** Undoes the filters of the PNG specification, section 9. */
function unfiltered(filtered: Uint8Array, rowBytes: number, height: number): Uint8Array {
  const pixels = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (rowBytes + 1)]!;
    for (let i = 0; i < rowBytes; i++) {
      const at = y * rowBytes + i;
      const left = i >= 3 ? pixels[at - 3]! : 0;
      const up = y > 0 ? pixels[at - rowBytes]! : 0;
      const corner = i >= 3 && y > 0 ? pixels[at - rowBytes - 3]! : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      pixels[at] = filtered[y * (rowBytes + 1) + 1 + i]! + predicted;
    }
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
