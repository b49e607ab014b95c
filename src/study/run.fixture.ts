/** Runs of studies for tests, without a worker: what comes out, and a run that goes on from what another left. */
import type { Gpu } from "../gpu/device.ts";
import type { BitRows, EndRecord, LesionRecord, Progress, RecoveryRecord } from "./records.ts";
import { runStudy } from "./run.ts";
import type { RunInput } from "./run-interface.ts";

/** All that a run gave. */
export interface Given {
  readonly records: readonly LesionRecord[];
  readonly artifacts: ReadonlyMap<string, Uint8Array>;
  /** Correctness bits by row. */
  readonly bits: ReadonlyMap<number, Uint32Array>;
  /** Correctness bits of the intact network, and how many records came before them. */
  readonly baselineBits: { readonly words: Uint32Array; readonly after: number } | null;
  readonly warnings: readonly string[];
  readonly phases: readonly Progress["phase"][];
  readonly end: EndRecord | null;
  readonly error: unknown;
}

/** What a run of a study that names no files is given. */
export function runInput(study: unknown): RunInput {
  const bytesOf = () => Promise.reject(new Error("the study names no file"));
  return {
    study,
    files: { available: [], bytesOf },
    memoryBytes: null,
    journal: [],
    trained: null,
    checkpoints: { names: [], bytesOf },
    shard: null,
    tuning: {},
  };
}

/** Runs a study that names no files. It goes on from `before`, and is cancelled once `until` says so. */
export async function run(
  gpu: Gpu,
  study: unknown,
  {
    before,
    until = () => false,
    open = async () => gpu,
    ...input
  }: Partial<RunInput> & {
    /** Gives the device anew where it was lost. */
    readonly open?: () => Promise<Gpu>;
    readonly before?: Pick<Given, "records" | "artifacts"> & Partial<Pick<Given, "bits">>;
    readonly until?: (given: Pick<Given, "records" | "phases">) => boolean;
  } = {},
): Promise<Given> {
  const records: LesionRecord[] = [];
  const artifacts = new Map<string, Uint8Array>();
  const bits = new Map<number, Uint32Array>();
  let baselineBits: Given["baselineBits"] = null;
  const warnings: string[] = [];
  const phases: Progress["phase"][] = [];
  const trained = before?.artifacts.get("trained.onnx");
  const untrained = before?.artifacts.get("untrained.onnx");
  const output = {
    records(news: readonly LesionRecord[], found: BitRows | null) {
      records.push(...news);
      for (const [place, row] of found?.rows.entries() ?? []) {
        bits.set(row, found!.words.slice(place * found!.wordsPerRow, (place + 1) * found!.wordsPerRow));
      }
    },
    baselineBits(words: Uint32Array) {
      baselineBits = { words, after: records.length };
    },
    progress: ({ phase }: Progress) => void (phases.at(-1) === phase || phases.push(phase)),
    artifact: (name: string, bytes: Uint8Array) => void artifacts.set(name, bytes),
    warning: (message: string) => void warnings.push(message),
  };
  const given = { records, artifacts, bits, warnings, phases };
  const names = [...(before?.artifacts.keys() ?? [])];
  const bytesOf = async (name: string) => before!.artifacts.get(name)!;
  const whole: RunInput = {
    ...runInput(study),
    journal: (before?.records ?? []).filter(({ type }) => type !== "end"),
    trained: trained && untrained ? { trained, untrained } : null,
    checkpoints: { names: names.filter((name) => name.startsWith("checkpoint-")), bytesOf },
    networks: { names: names.filter((name) => name.endsWith(".onnx")), bytesOf },
    journalBits: async () => (before?.bits ? bitRowsOf(before.bits) : null),
    ...input,
  };
  try {
    const end = await runStudy(whole, output, { open }, async () => !until(given));
    return { ...given, baselineBits, end, error: null };
  } catch (error) {
    return { ...given, baselineBits, end: null, error };
  }
}

/** Rows of bits as one piece; null where there are none. */
function bitRowsOf(bits: ReadonlyMap<number, Uint32Array>): BitRows | null {
  const [first] = bits.values();
  if (!first) return null;
  const words = new Uint32Array(bits.size * first.length);
  for (const [place, row] of [...bits.values()].entries()) words.set(row, place * first.length);
  return { rows: [...bits.keys()], wordsPerRow: first.length, words };
}

/** What two runs, one going on from the other, gave together. */
export function joined(first: Given, second: Given): Given {
  return {
    ...second,
    records: [...first.records.filter(({ type }) => type !== "end"), ...second.records],
    artifacts: new Map([...first.artifacts, ...second.artifacts]),
    bits: new Map([...first.bits, ...second.bits]),
  };
}

/** The recoveries among records, without what the clock says, by name of their network and epoch. */
export function recoveriesOf(records: readonly LesionRecord[]): readonly RecoveryRecord[] {
  const key = ({ row, arm, epoch }: RecoveryRecord) => `${row} ${arm} ${epoch}`;
  return records
    .filter((record) => record.type === "recovery")
    .map((record) => ({ ...record, ms: 0 }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The epochs of training among records, without what the clock says. */
export function epochsOf(records: readonly LesionRecord[]) {
  return records.filter((record) => record.type === "train").map((record) => ({ ...record, ms: 0 }));
}
