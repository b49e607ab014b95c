/** Test support: tar archives, entry by entry. */

/** An entry: a regular file unless `type` says another; a pax header where `pax` is given. */
export interface TarPart {
  readonly name: string;
  readonly contents?: Uint8Array;
  readonly type?: string;
  readonly prefix?: string;
}

export function writeTar(parts: readonly TarPart[]): Uint8Array {
  const blocks = parts.flatMap(({ name, contents = new Uint8Array(0), type = "0", prefix = "" }) => {
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
    put(name, 0);
    put("0000644\0", 100);
    put(`${contents.length.toString(8).padStart(11, "0")}\0`, 124);
    put(" ".repeat(8), 148);
    put(type, 156);
    put("ustar\0", 257);
    put("00", 263);
    put(prefix, 345);
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const body = new Uint8Array(Math.ceil(contents.length / 512) * 512);
    body.set(contents);
    return [header, body];
  });
  return joined([...blocks, new Uint8Array(1024)]);
}

/** A pax record: its own length, a space, key=value, a line feed. */
export function paxRecord(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  const bytes = new TextEncoder().encode(rest).length;
  let length = bytes + String(bytes).length;
  length = bytes + String(length).length;
  return new TextEncoder().encode(length + rest);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
