/** Zip and tar archives: what writers make of names and sizes, and damage, thousands of times from one seed. */
import { gzipSync, strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { random } from "../../core/random.ts";
import { openImageFiles } from "./image-files.ts";
import { paxRecord, writeTar } from "./tar.fixture.ts";
import { readTar } from "./tar.ts";
import { isZip, readZip, zipEntryBytes } from "./zip.ts";

const text = "a small text, a small text, a small text";

describe("readZip", () => {
  const zip = zipSync({
    "a/b.txt": [strToU8(text), { level: 6 }],
    "a/c.bin": [strToU8("stored"), { level: 0 }],
    "d/": [new Uint8Array(0), {}],
  });

  test("lists files and takes them out one at a time, deflated and stored", () => {
    const entries = readZip(zip, "z");
    expect(entries.map(({ name, method }) => [name, method])).toEqual([
      ["a/b.txt", 8],
      ["a/c.bin", 0],
    ]);
    expect(entries.map((entry) => new TextDecoder().decode(zipEntryBytes(zip, entry, "z")))).toEqual([text, "stored"]);
    const stored = zipEntryBytes(zip, entries[1]!, "z");
    expect(stored.buffer.byteLength).toBe(stored.length);
  });

  test("tells an entry that was changed, cut off, encrypted or packed otherwise", () => {
    const [deflated, stored] = readZip(zip, "z");
    const changed = zip.slice();
    changed[stored!.start + 30 + stored!.name.length]! ^= 1;
    expect(() => zipEntryBytes(changed, stored!, "z")).toThrow(/checksum of a\/c\.bin/);
    expect(() => zipEntryBytes(zip, { ...deflated!, sizeBytes: text.length - 1 }, "z")).toThrow(/a\/b\.txt/);
    expect(() => zipEntryBytes(zip, { ...deflated!, sizeBytes: 2 ** 31 }, "z")).toThrow(/announces 2147483648 bytes/);
    expect(() => zipEntryBytes(zip, { ...deflated!, packedBytes: 9999 }, "z")).toThrow(/is truncated/);
    expect(() => zipEntryBytes(zip, { ...deflated!, method: 14 }, "z")).toThrow(/method 14/);
    expect(() => zipEntryBytes(zip, { ...deflated!, encrypted: true }, "z")).toThrow(/is encrypted/);
    expect(() => readZip(zip.slice(0, -30), "z")).toThrow(expect.objectContaining({ code: "bad-file" }));
  });
});

describe("readTar", () => {
  const list = (bytes: Uint8Array) =>
    readTar(bytes, "t").map(({ name, start, sizeBytes }) => [
      name,
      new TextDecoder().decode(bytes.subarray(start, start + sizeBytes)),
    ]);
  const long = `${"folder/".repeat(30)}é.png`;

  test("reads ustar names with prefixes, pax and GNU names, and skips what is no file", () => {
    const bytes = writeTar([
      { name: "pax_global_header", type: "g", contents: paxRecord("comment", "x") },
      { name: "set/", type: "5" },
      { name: "b.png", prefix: "set/deep", contents: strToU8("1") },
      {
        name: "PaxHeaders/x",
        type: "x",
        contents: Uint8Array.from([...paxRecord("mtime", "1.5"), ...paxRecord("path", long)]),
      },
      { name: "short", contents: strToU8("x".repeat(513)) },
      { name: "././@LongLink", type: "L", contents: strToU8(`${long}2\0`) },
      { name: "short", contents: strToU8("3") },
      { name: "link", type: "2" },
      { name: "last", type: "\0", contents: strToU8("4") },
    ]);
    expect(list(bytes)).toEqual([
      ["set/deep/b.png", "1"],
      [long, "x".repeat(513)],
      [`${long}2`, "3"],
      ["last", "4"],
    ]);
  });

  test("tells damage by its byte", () => {
    const bytes = writeTar([
      { name: "a", contents: strToU8("1") },
      { name: "b", contents: strToU8("2") },
    ]);
    const where = (damaged: Uint8Array) => {
      try {
        readTar(damaged, "t");
      } catch (error) {
        return (error as LesionError).where;
      }
      return null;
    };
    expect(where(bytes.with(1024 + 3, 7))).toBe("t, byte 1024");
    expect(where(bytes.slice(0, 1024 + 600))).toBeNull();
    expect(where(writeTar([{ name: "a", contents: new Uint8Array(5000) }]).slice(0, 2048))).toBe("t, byte 0");
    expect(() => readTar(strToU8("no archive".repeat(99)), "t")).toThrow("t is no zip or tar archive");
    expect(() => readTar(new Uint8Array(3), "t")).toThrow("has 3 bytes");
  });
});

describe("openImageFiles", () => {
  const contents = { "set/cat/a.png": strToU8("1"), "set/dog/b.png": strToU8("2"), "__MACOSX/set/._a": strToU8("3") };
  const parts = Object.entries(contents)
    .slice(0, 2)
    .map(([name, bytes]) => ({ name, contents: bytes }));
  test.each([
    ["zip", zipSync(contents)],
    ["tar", writeTar(parts)],
    ["tar.gz", gzipSync(writeTar(parts))],
  ])("takes files out of a %s, without the folder that holds all", async (_, bytes) => {
    const files = await openImageFiles("./d/set.x", async () => bytes, ["d/set.x", "other"]);
    expect(files.names.filter((name) => name.endsWith("png"))).toEqual(["cat/a.png", "dog/b.png"]);
    expect(await files.bytesOf("dog/b.png")).toEqual(strToU8("2"));
    await expect(files.bytesOf("dog/c.png")).rejects.toMatchObject({ code: "not-found" });
  });

  test("a folder's files are those below it", async () => {
    const files = await openImageFiles("d", async (path) => strToU8(path), ["d/cat/a.png", "e/b.png", "d/.DS_Store"]);
    expect(files.names).toEqual(["cat/a.png"]);
    expect(await files.bytesOf("cat/a.png")).toEqual(strToU8("d/cat/a.png"));
    await expect(openImageFiles("f", async () => new Uint8Array(), ["d/a"])).rejects.toThrow("no images in f");
  });
});

test("damaged archives give files or a LesionError", async () => {
  const draw = random(8);
  const originals = [
    zipSync({ "a.png": strToU8(text), "b/c.png": [strToU8(text), { level: 0 }] }),
    writeTar([
      { name: "x", type: "x", contents: paxRecord("path", "y".repeat(120)) },
      { name: "a", contents: strToU8(text) },
    ]),
  ];
  let refused = 0;
  for (let n = 0; n < 3000; n++) {
    const bytes = originals[n % 2]!.slice(0, draw.below(4) === 0 ? draw.below(400) : undefined);
    for (let k = draw.below(4); k > 0 && bytes.length > 0; k--) bytes[draw.below(bytes.length)] = draw.below(256);
    try {
      if (isZip(bytes)) for (const entry of readZip(bytes, "z")) zipEntryBytes(bytes, entry, "z");
      else readTar(bytes, "t");
    } catch (error) {
      if (!(error instanceof LesionError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(500);
});
