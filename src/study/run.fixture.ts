/** Runs of studies for tests, without a worker: what comes out, and a run that goes on from what another left. */
import type { Gpu } from "../gpu/device.ts";
import type { EndRecord, LesionRecord, Progress, RecoveryRecord } from "./records.ts";
import { runStudy } from "./run.ts";
import type { RunInput } from "./run-interface.ts";

/** All that a run gave. */
export interface Given {
  readonly records: readonly LesionRecord[];
  readonly artifacts: ReadonlyMap<string, Uint8Array>;
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
    readonly before?: Pick<Given, "records" | "artifacts">;
    readonly until?: (given: Pick<Given, "records">) => boolean;
  } = {},
): Promise<Given> {
  const records: LesionRecord[] = [];
  const artifacts = new Map<string, Uint8Array>();
  const warnings: string[] = [];
  const phases: Progress["phase"][] = [];
  const trained = before?.artifacts.get("trained.onnx");
  const untrained = before?.artifacts.get("untrained.onnx");
  const output = {
    records: (news: readonly LesionRecord[]) => void records.push(...news),
    baselineBits: () => {},
    progress: ({ phase }: Progress) => void (phases.at(-1) === phase || phases.push(phase)),
    artifact: (name: string, bytes: Uint8Array) => void artifacts.set(name, bytes),
    warning: (message: string) => void warnings.push(message),
  };
  const given = { records, artifacts, warnings, phases };
  const whole: RunInput = {
    ...runInput(study),
    journal: (before?.records ?? []).filter(({ type }) => type !== "end"),
    trained: trained && untrained ? { trained, untrained } : null,
    checkpoints: {
      names: [...(before?.artifacts.keys() ?? [])].filter((name) => name.startsWith("checkpoint-")),
      bytesOf: async (name) => before!.artifacts.get(name)!,
    },
    ...input,
  };
  try {
    const end = await runStudy(whole, output, { open }, async () => !until(given));
    return { ...given, end, error: null };
  } catch (error) {
    return { ...given, end: null, error };
  }
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
