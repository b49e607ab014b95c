/** `lesion run`: runs a study document and keeps every result in a folder, from which it can go on after any interruption. */
import { LesionError } from "../../core/errors.ts";
import { type Expectation, evaluateExpectation, parseExpectation } from "../../study/expect.ts";
import { assertExpected } from "../../study/measurable.ts";
import type { EndRecord, LesionRecord, RunRecord } from "../../study/records.ts";
import { type RunResults, resultsOf } from "../../study/results.ts";
import { type Arguments, type Option, usage } from "../arguments.ts";
import { type Command, type ExitCode, memoryBytes, SHARED_OPTIONS } from "../command.ts";
import { engineOptions } from "../engine.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { recoveryLines } from "../recovery-table.ts";
import { jsonReporter, textReporter } from "../reporter.ts";
import { endLine, resultLines } from "../results-table.ts";
import { RunDirectory } from "../run-directory.ts";
import { runStudy } from "../run-study.ts";
import type { Screen } from "../screen.ts";
import { readStudy, type StudyOnDisk } from "../study-files.ts";
import { trainedLines } from "../training-table.ts";
import { grouped } from "../units-of-measure.ts";

/** Options of every command that runs a study. */
export const RUN_OPTIONS = {
  ...SHARED_OPTIONS,
  out: { type: "string", value: "DIR", help: "The folder for the results; new or empty." },
  resume: { type: "boolean", help: "Go on with the run that is in the folder." },
  all: { type: "boolean", help: "Show every ablation in the table." },
  expect: {
    type: "string",
    multiple: true,
    value: "EXPR",
    help: 'Fail with exit code 4 unless it holds: "baseline.correct >= 9462", "drop(dense_0: 11) > 40".',
  },
} as const satisfies Readonly<Record<string, Option>>;

export const run: Command = {
  name: "run",
  takes: "STUDY.json",
  count: [1, 1],
  summary: "Run a study and write its results to a folder.",
  options: {
    ...RUN_OPTIONS,
    shard: { type: "string", value: "I/N", help: "Only the I-th of N parts of the ablations, I from 1." },
  },
  run: async (args, screen) => {
    const folder = args.text("out");
    if (folder === undefined) throw usage(run, "`lesion run` needs --out DIR, the folder for the results");
    return carryOut(await readStudy(args.names[0]!), folder, args, screen);
  },
};

/** Runs a study into a folder with the options of RUN_OPTIONS, shows it, and judges its expectations. */
export async function carryOut(study: StudyOnDisk, folder: string, args: Arguments, screen: Screen): Promise<ExitCode> {
  const expectations = args.texts("expect").map(parseExpectation);
  const json = args.flag("json");
  const { end, records } = await runInto(study, folder, args, screen, args.flag("resume"), expectations);
  if (end.state === "cancelled") {
    screen.log(`interrupted; results so far are in ${folder}, go on with --resume`);
    return 130;
  }
  if (end.error !== undefined) screen.log(`the run failed: ${end.error.message}`);
  const results = resultsOf(records, folder);
  if (!json) {
    const all = args.flag("all");
    const { width } = screen;
    const parts = [trainedLines(results), resultLines(results, all, width), recoveryLines(results, all, width)];
    const shown = parts.filter((lines) => lines.length > 0);
    for (const line of ["", ...shown.flatMap((lines) => [...lines, ""]), endLine(end)]) screen.result(line);
    const analysed = results.analyses.some(({ name }) => name !== "recovery");
    if (analysed) screen.result(`what the analyses found: npx lesion report ${folder}`);
    screen.result(`results are in ${folder}`);
  }
  if (end.state === "failed" || results.failures.length > 0) return 1;
  return judge(expectations, results, screen, json) ? 0 : 4;
}

/**
 * Runs a study into a folder, or goes on with the run that is there where `resume` says so; shows how far it is. Throws
 * `usage` for expectations that the study cannot come to, before anything is computed.
 */
export async function runInto(
  study: StudyOnDisk,
  folder: string,
  args: Arguments,
  screen: Screen,
  resume: boolean,
  expectations: readonly Expectation[] = [],
): Promise<{ readonly end: EndRecord; readonly records: readonly LesionRecord[] }> {
  const shard = shardOf(args.text("shard"));
  const memory = memoryBytes(args);
  await using directory = await RunDirectory.prepare(folder, study, resume);
  using interrupt = listenForInterrupt(() =>
    screen.log("finishing the batch under way and saving; Ctrl+C again stops at once"),
  );
  if (directory.records.length > 0) screen.log(`resuming: ${reachedText(directory)}`);
  const assertWanted = ({ layers }: RunRecord) => assertExpected(expectations, directory.study, layers);
  const head = directory.records.find((record) => record.type === "run");
  if (head) assertWanted(head);
  const reporter = args.flag("json") ? jsonReporter(screen) : textReporter(screen, directory.records);
  try {
    const end =
      finishedEnd(directory) ??
      (await runStudy({
        study,
        directory,
        page: await engineOptions(screen, args.text("browser")),
        reporter,
        signal: interrupt.signal,
        memoryBytes: memory,
        assertWanted,
        shard,
      }));
    return { end, records: directory.records };
  } finally {
    reporter.end();
  }
}

/** "training is in epoch 4 of 10", "120 of 210 ablations are done, and 30 epochs of networks that recover" */
function reachedText(directory: RunDirectory): string {
  const { records, study } = directory;
  const count = (type: LesionRecord["type"]) => records.filter((record) => record.type === type).length;
  const last = records.findLast((record) => record.type === "train");
  if (last !== undefined && count("baseline") === 0)
    return `${last.epoch} of ${last.epochs} epochs of training are done`;
  const ablations = `${grouped(count("ablation"))} of ${grouped(countOf(directory))} ablations are done`;
  if (study.recover === null) return ablations;
  // Epoch 0 is no training.
  const epochs = records.filter((record) => record.type === "recovery" && record.epoch > 0).length;
  return `${ablations}, and ${grouped(epochs)} epochs of networks that recover`;
}

/** How many ablations a run has, as its journal's head says. */
function countOf({ records }: RunDirectory): number {
  return records.find((record) => record.type === "run")?.ablations ?? 0;
}

/** The last record of a run that has nothing left to do, or null. */
function finishedEnd(directory: RunDirectory): EndRecord | null {
  const { records } = directory;
  const last = records.at(-1);
  const done = records.filter(({ type }) => type === "ablation").length;
  return last?.type === "end" && last.state === "done" && done === countOf(directory) ? last : null;
}

/** Prints how each expectation turned out; true where all hold. */
function judge(
  expectations: readonly ReturnType<typeof parseExpectation>[],
  results: RunResults,
  screen: Screen,
  json: boolean,
): boolean {
  const outcomes = expectations.map((expectation) => evaluateExpectation(expectation, results));
  for (const { text, passed, left, right } of outcomes) {
    if (json) screen.result(JSON.stringify({ type: "expectation", text, passed, left, right }));
    else
      screen.log(
        `${screen.paint(passed ? "green" : "red", passed ? "holds" : "fails", "stderr")} ${text} (${left}, ${right})`,
      );
  }
  return outcomes.every(({ passed }) => passed);
}

/** "2/4" as an index from 0. Throws `usage`. */
function shardOf(text: string | undefined): { index: number; of: number } | undefined {
  if (text === undefined) return undefined;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const index = Number(part) - 1;
  const of = Number(parts);
  if (part === undefined || index < 0 || index >= of) {
    throw new LesionError("usage", `--shard wants I/N with I from 1 to N, but was given "${text}"`, {
      where: "--shard",
      fix: "For the second of four parts, type: --shard 2/4",
    });
  }
  return { index, of };
}
