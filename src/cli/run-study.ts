/**
 * Runs a study in the headless page and writes it down. The engine may die (a driver reset, a crashed page, a killed
 * worker): the run then starts again in a fresh browser and goes on from the journal.
 */
import type { RunEvent } from "../../workers/protocol.ts";
import { type ErrorCode, LesionError } from "../core/errors.ts";
import type { EndRecord, RunRecord } from "../study/records.ts";
import { type HeadlessPage, openHeadlessPage, type PageOptions, type PageRequest, shared } from "./headless-page.ts";
import type { Reporter } from "./reporter.ts";
import type { RunDirectory } from "./run-directory.ts";
import type { Receiver } from "./server.ts";
import type { StudyOnDisk } from "./study-files.ts";

/** How often a run is taken up again after its engine died. */
const MOST_RESTARTS = 3;
const RESTARTABLE: readonly ErrorCode[] = ["worker-died", "device-lost"];

export interface StudyRun {
  readonly study: StudyOnDisk;
  readonly directory: RunDirectory;
  readonly page: Pick<PageOptions, "labFolder" | "browser">;
  readonly reporter: Reporter;
  /** Aborted: the batch under way is finished and the run ends as "cancelled". */
  readonly signal: AbortSignal;
  readonly memoryBytes?: number | undefined;
  /** Is shown the head of the journal before anything is written, and may refuse the run by throwing. */
  readonly assertWanted?: ((head: RunRecord) => void) | undefined;
  /** 0-based. */
  readonly shard?: { readonly index: number; readonly of: number } | undefined;
}

/** Runs it, and resolves with its last record, which is journaled. Rejects with the error that ended it. */
export async function runStudy(run: StudyRun): Promise<EndRecord> {
  for (let restarts = 0; ; restarts++) {
    try {
      const end = await runOnce(run);
      await run.directory.finish(end);
      return end;
    } catch (cause) {
      const died = cause instanceof LesionError && RESTARTABLE.includes(cause.code);
      if (!died || restarts === MOST_RESTARTS || run.signal.aborted) throw cause;
      run.reporter.warning(
        `${cause.message}; going on from the journal in a new browser (restart ${restarts + 1} of ${MOST_RESTARTS})`,
      );
    }
  }
}

async function runOnce({
  study,
  directory,
  page: options,
  reporter,
  signal,
  memoryBytes,
  assertWanted,
  shard,
}: StudyRun): Promise<EndRecord> {
  // A refusal, or an error while writing (a full disk), must end the run with that error, not with what the page makes of it.
  let writing: unknown = null;
  const onEvent = async (event: RunEvent) => {
    try {
      const head = event.kind === "records" ? event.records.find((record) => record.type === "run") : undefined;
      if (head) assertWanted?.(head);
      await directory.take(event);
    } catch (cause) {
      writing ??= cause;
      throw cause;
    }
    reporter.event(event);
  };
  let kept: Promise<void> = Promise.resolve();
  const onArtifact: Receiver = (name, body, part) => {
    kept = directory.keep(name, body, part).catch((cause) => {
      // A body that breaks off is the page's failure, not the disk's.
      if (body.errored === null) writing ??= cause;
      throw cause;
    });
    return kept;
  };
  await using page = await openHeadlessPage({ ...options, onEvent, onConsole: (line) => reporter.warning(line) });
  const cancel = () => void page.call("cancel").catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    const request = {
      ...pageRequest(page, study, memoryBytes),
      ...(shard === undefined ? {} : { shard }),
      ...(await directory.resumption(page)),
    };
    // A page that has been given no run has nothing to cancel.
    if (signal.aborted) throw new LesionError("cancelled", "the run was interrupted before it began");
    return await page.call("run", request, page.receive(onArtifact));
  } catch (cause) {
    await kept.catch(() => {});
    throw writing ?? cause;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** A study as the page takes it: its files at addresses of the page's server. */
export function pageRequest(page: HeadlessPage, { study, files }: StudyOnDisk, memoryBytes?: number): PageRequest {
  return { study, files: shared(page, files), ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}
