/**
 * A run on disk. Appended records and their bits are on the disk before the engine goes on, bits before the record that
 * speaks of them, so that whatever ends the process, the journal is the truth. The folder is made with the first record:
 * a run that fails on its input leaves nothing behind.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BitRows, RunEvent } from "../../workers/protocol.ts";
import { LesionError } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import { assertSameStudy, bitsBytes, journalPieces, recordKey, resolved } from "../study/journal.ts";
import { type Journal, readJournal } from "../study/read-journal.ts";
import type { EndRecord, LesionRecord } from "../study/records.ts";
import { parseStudyText } from "../study/schema.ts";
import type { Study } from "../study/study.ts";
import { type HeadlessPage, type PageRequest, shared } from "./headless-page.ts";
import type { StudyOnDisk } from "./study-files.ts";
import { type FileBody, type FilePart, writeWhole } from "./write-whole.ts";

const JOURNAL = "results.ndjson";
const BITS = "bits.bin";
const BASELINE_BITS = "baseline-bits.bin";
const STUDY = "study.json";
const LOCK = "lock";
const IS_CHECKPOINT = /^checkpoint-.+\.safetensors$/;

/** The journal of a run that was written earlier, read in pieces. Throws `not-found`, `bad-file`. */
export async function readRun(folder: string, pieceBytes = 2 ** 20): Promise<Journal> {
  const path = join(folder, JOURNAL);
  return readJournal(createReadStream(path, { highWaterMark: pieceBytes })).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof LesionError) throw cause;
    if (cause.code !== "ENOENT") {
      throw new LesionError("bad-file", `${path} cannot be read: ${cause.message}`, { where: path, cause });
    }
    throw new LesionError("not-found", `${folder} holds no run: ${JOURNAL} is missing`, {
      where: path,
      fix: "Give the folder that `lesion run --out` wrote.",
      cause,
    });
  });
}

/** A run being written. Owns the journal's file handles and the folder's lock. */
export class RunDirectory implements AsyncDisposable {
  readonly folder: string;
  readonly #disk: StudyOnDisk;
  /** Every record in the order in which it was written, by this process and, where they still counted, by earlier ones. */
  readonly #journaled: LesionRecord[];
  readonly #known = new Set<string | null>();
  #open: { readonly journal: FileHandle; readonly bits: FileHandle } | null = null;

  private constructor(folder: string, study: StudyOnDisk, records: LesionRecord[]) {
    this.folder = folder;
    this.#disk = study;
    this.#journaled = records;
    for (const record of records) this.#known.add(recordKey(record));
  }

  /**
   * Prepares to write a study's run into `folder`; writes nothing yet but the removal of a torn last line. Throws `usage`
   * where the folder is in use or not empty and `resume` is false, `bad-study` where it holds a run of another study.
   */
  static async prepare(folder: string, study: StudyOnDisk, resume: boolean): Promise<RunDirectory> {
    const present = await readdir(folder).catch((cause: NodeJS.ErrnoException): string[] => {
      if (cause.code === "ENOENT") return [];
      throw new LesionError("usage", `cannot write to ${folder}: ${cause.message}`, {
        fix: "Choose another --out.",
        cause,
      });
    });
    if (present.length > 0 && !resume) {
      throw new LesionError("usage", `${folder} is not empty (${present.length} entries), and nothing is overwritten`, {
        where: "--out",
        fix: "Choose another --out, or go on with the run in it: --resume",
      });
    }
    if (present.includes(LOCK)) await assertUnlocked(folder);
    if (present.includes(STUDY)) await assertStudy(folder, study);
    if (!present.includes(JOURNAL)) return new RunDirectory(folder, study, []);
    const { records, validBytes } = await readRun(folder);
    await truncate(join(folder, JOURNAL), validBytes);
    return new RunDirectory(folder, study, records);
  }

  /** What is journaled, each thing once, as reading the journal anew would give it. */
  get records(): readonly LesionRecord[] {
    return resolved(this.#journaled);
  }

  get study(): Study {
    return this.#disk.study;
  }

  /** What a run needs to go on where this one stopped; its files are given addresses. */
  async resumption(
    page: Pick<HeadlessPage, "share">,
  ): Promise<Pick<PageRequest, "journal" | "journalBits" | "trained" | "checkpoints" | "networks">> {
    if (this.#journaled.every(({ type }) => type === "end" || type === "failure")) return {};
    const names = (await readdir(this.folder)).sort();
    const files = (some: readonly string[]) =>
      shared(page, new Map(some.map((name) => [name, join(this.folder, name)])));
    const networks = files(names.filter((name) => name.endsWith(".onnx")));
    const { "trained.onnx": trained, "untrained.onnx": untrained } = networks;
    const { [JOURNAL]: journal, [BITS]: bits } = files(names.filter((name) => name === JOURNAL || name === BITS));
    return {
      ...(journal ? { journal } : {}),
      ...(bits ? { journalBits: bits } : {}),
      ...(trained && untrained ? { trained: { trained, untrained } } : {}),
      checkpoints: files(names.filter((name) => IS_CHECKPOINT.test(name))),
      networks,
    };
  }

  /**
   * Writes what an event carries; resolves once it is on the disk. Throws `bad-study` where a resumed run is of another
   * study, model or data, `cannot-write` where the disk is full or the folder cannot be made.
   */
  async take(event: RunEvent): Promise<void> {
    return this.#write(event).catch((cause: Error) => this.#refuse(cause));
  }

  /** Keeps a file of the run, or a part of one; see `writeWhole`. Throws `cannot-write`. */
  async keep(name: string, body: FileBody, part?: FilePart): Promise<void> {
    return this.#keep(name, body, part).catch((cause: Error) => this.#refuse(cause));
  }

  #refuse(cause: Error): never {
    if (cause instanceof LesionError) throw cause;
    throw new LesionError("cannot-write", `cannot write to ${this.folder}: ${cause.message}`, {
      where: this.folder,
      fix: "Make room or choose another --out; what was written before is kept, and --resume goes on from it.",
      cause,
    });
  }

  async #keep(name: string, body: FileBody, part?: FilePart): Promise<void> {
    const path = join(this.folder, checkedName(name));
    await this.#begin();
    return writeWhole(path, body, part);
  }

  async #write(event: RunEvent): Promise<void> {
    switch (event.kind) {
      case "records":
        return this.#append(event.records, event.bits);
      case "baseline-bits":
        return this.#keep(BASELINE_BITS, bitsBytes(event.words));
      case "artifact":
        return this.#keep(event.name, event.bytes);
      case "progress":
      case "warning":
    }
  }

  /** Journals how the run ended, unless its events did. */
  async finish(end: EndRecord): Promise<void> {
    if (this.#journaled.at(-1)?.type !== "end") await this.#append([end], null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open === null) return;
    const { journal, bits } = this.#open;
    this.#open = null;
    await journal.close();
    await bits.close();
    await rm(join(this.folder, LOCK), { force: true });
  }

  async #append(records: readonly LesionRecord[], bits: BitRows | null): Promise<void> {
    const first = this.#journaled[0];
    for (const record of records) if (record.type === "run" && first?.type === "run") assertSameStudy(first, record);
    const news = records.filter((record) => {
      const key = recordKey(record);
      return key === null || !this.#known.has(key);
    });
    if (news.length === 0 && bits === null) return;
    const files = await this.#begin();
    if (bits !== null) {
      const rowBytes = 4 * bits.wordsPerRow;
      const bytes = bitsBytes(bits.words);
      for (const [place, row] of bits.rows.entries()) {
        await files.bits.write(bytes, place * rowBytes, rowBytes, row * rowBytes);
      }
      await files.bits.datasync();
    }
    if (news.length === 0) return;
    for (const piece of journalPieces(news)) await files.journal.appendFile(piece);
    await files.journal.datasync();
    for (const record of news) {
      this.#journaled.push(record);
      this.#known.add(recordKey(record));
    }
  }

  async #begin(): Promise<{ readonly journal: FileHandle; readonly bits: FileHandle }> {
    if (this.#open !== null) return this.#open;
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, LOCK), String(process.pid));
    await writeFile(join(this.folder, STUDY), this.#disk.text, { flag: "wx" }).catch(ignoreExisting);
    await writeFile(join(this.folder, BITS), "", { flag: "wx" }).catch(ignoreExisting);
    this.#open = {
      journal: await open(join(this.folder, JOURNAL), "a"),
      bits: await open(join(this.folder, BITS), "r+"),
    };
    return this.#open;
  }
}

async function assertStudy(folder: string, { study }: StudyOnDisk): Promise<void> {
  const path = join(folder, STUDY);
  const earlier = parseStudyText(await readFile(path, "utf8"), path);
  if (canonicalJson(earlier) === canonicalJson(study)) return;
  throw new LesionError("bad-study", `${folder} holds a run of another study ("${earlier.name}")`, {
    where: path,
    fix: "Resume with the study.json of that folder, or choose another --out.",
  });
}

/** A lock whose process has ended (it was killed) is no lock. */
async function assertUnlocked(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, LOCK), "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isRunning(pid)) return;
  throw new LesionError("usage", `${folder} is being written by process ${pid}`, {
    where: join(folder, LOCK),
    fix: "Wait for that run to end, or stop it.",
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

function checkedName(name: string): string {
  if (/^[\w-][\w.-]*\.[a-z0-9]+$/i.test(name)) return name;
  throw new LesionError("internal", `an artifact cannot be named "${name}"`);
}

function ignoreExisting(cause: NodeJS.ErrnoException): void {
  if (cause.code !== "EEXIST") throw cause;
}
