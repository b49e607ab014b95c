/**
 * Where a set's images lie: in a folder, file by file, or in one zip or tar archive, which is held as it is while its
 * entries are taken out one at a time. Names are relative to the set.
 */
import { LesionError } from "../../core/errors.ts";
import { gunzip, isGzip } from "../gzip.ts";
import { isBelow, listed, plainPath } from "../paths.ts";
import { readTar } from "./tar.ts";
import { isZip, readZip, zipEntryBytes } from "./zip.ts";

/** Named files, read one at a time. */
export interface ImageFiles {
  /** The folder or archive, for errors. */
  readonly origin: string;
  /** Names relative to `origin`, with "/" between folders. */
  readonly names: readonly string[];
  /** The contents of a file, in memory of their own. Rejects with `not-found` for a name that is not there. */
  bytesOf(name: string): Promise<Uint8Array>;
}

/** Metadata that operating systems add to folders and archives. */
const NOISE = /(^|\/)(__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$)/i;

/**
 * The files of the folder or archive at `path`. Throws `not-found` where there is neither, `bad-file` and `unsupported`
 * for an archive that cannot be read.
 */
export async function openImageFiles(
  path: string | null,
  bytesOf: (path: string) => Promise<Uint8Array>,
  available: readonly string[],
): Promise<ImageFiles> {
  const archive = path === null ? undefined : available.find((file) => plainPath(file) === plainPath(path));
  if (archive !== undefined) return archiveFiles(await bytesOf(archive), archive);
  const prefix = path === null || plainPath(path) === "" ? "" : `${plainPath(path)}/`;
  const below = new Map(
    available.filter((file) => isBelow(file, path)).map((file) => [plainPath(file).slice(prefix.length), file]),
  );
  if (below.size === 0) {
    throw new LesionError("not-found", `there are no images in ${path ?? "the study's folder"}`, {
      where: "data.path",
      fix: `Give a folder, a .zip, a .tar or a .tar.gz; there are: ${listed(available)}.`,
    });
  }
  return filesOf(path ?? ".", [...below.keys()], (name) => bytesOf(below.get(name)!));
}

/** The files in the folder `folder` of others. */
export function filesBelow(files: ImageFiles, folder: string): ImageFiles {
  const prefix = `${folder}/`;
  const names = files.names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return { origin: `${files.origin}/${folder}`, names, bytesOf: (name) => files.bytesOf(prefix + name) };
}

/** The files in a zip, tar or tar.gz archive, told apart by their contents. A folder that holds all of them is left off. */
function archiveFiles(bytes: Uint8Array, archive: string): ImageFiles {
  const entries = isZip(bytes) ? zipEntries(bytes, archive) : tarEntries(bytes, archive);
  return withoutCommonFolder(filesOf(archive, [...entries.keys()], async (name) => entries.get(name)!()));
}

type Entries = ReadonlyMap<string, () => Uint8Array>;

function zipEntries(bytes: Uint8Array, archive: string): Entries {
  return new Map(
    readZip(bytes, archive).map((entry) => [plainPath(entry.name), () => zipEntryBytes(bytes, entry, archive)]),
  );
}

function tarEntries(bytes: Uint8Array, archive: string): Entries {
  const tar = isGzip(bytes) ? gunzip(bytes, archive, 1, () => announcedBytes(bytes)) : bytes;
  return new Map(
    readTar(tar, archive).map(({ name, start, sizeBytes }) => [
      plainPath(name),
      () => tar.slice(start, start + sizeBytes),
    ]),
  );
}

/** The size of a gzip file's contents, its last four bytes. */
function announcedBytes(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
}

function filesOf(origin: string, names: readonly string[], read: (name: string) => Promise<Uint8Array>): ImageFiles {
  const known = new Set(names.filter((name) => !NOISE.test(name)));
  return {
    origin,
    names: [...known],
    async bytesOf(name) {
      if (known.has(name)) return read(name);
      throw new LesionError("not-found", `there is no ${name} in ${origin}`, {
        where: `${origin}/${name}`,
        fix: `Correct the name, or add the file; there are: ${listed([...known])}.`,
      });
    },
  };
}

/** An archive of a folder holds that folder; what the folder holds is meant, unless its images lie in it by themselves. */
function withoutCommonFolder(files: ImageFiles): ImageFiles {
  const folder = files.names[0]?.split("/")[0];
  const isCommon = folder !== undefined && files.names.every((name) => name.startsWith(`${folder}/`));
  if (!isCommon) return files;
  const inner = filesBelow(files, folder);
  const isSet = inner.names.some((name) => name.includes("/") || /\.csv$/i.test(name));
  return isSet ? withoutCommonFolder({ ...inner, origin: files.origin }) : files;
}
