/** The command line's outermost layer: picks the command, prints help, and turns every outcome into an exit code. */
import { readFile } from "node:fs/promises";
import { exitCodeOf, LesionError, reportOf } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitCode } from "./command.ts";
import { bench } from "./commands/bench.ts";
import { browser } from "./commands/browser.ts";
import { check } from "./commands/check.ts";
import { compare } from "./commands/compare.ts";
import { demo } from "./commands/demo.ts";
import { doctor } from "./commands/doctor.ts";
import { exportRun } from "./commands/export.ts";
import { inspect } from "./commands/inspect.ts";
import { merge } from "./commands/merge.ts";
import { plan } from "./commands/plan.ts";
import { report } from "./commands/report.ts";
import { reproduce } from "./commands/reproduce.ts";
import { run } from "./commands/run.ts";
import { runModel } from "./commands/run-model.ts";
import { serve } from "./commands/serve.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { PACKAGE_FILE } from "./project-root.ts";
import type { Screen } from "./screen.ts";

const COMMANDS: readonly Command[] = [
  demo,
  run,
  plan,
  inspect,
  runModel,
  check,
  report,
  exportRun,
  reproduce,
  compare,
  merge,
  bench,
  serve,
  doctor,
  browser,
];

/** Runs the command line with the arguments after the program's name. Never throws; prints what went wrong. */
export async function main(args: readonly string[], screen: Screen): Promise<ExitCode> {
  try {
    return await dispatch(args, screen);
  } catch (thrown) {
    screen.endLive();
    printError(thrown, screen, args.includes("--json"));
    return exitCodeOf(thrown instanceof LesionError ? thrown.code : "internal");
  }
}

async function dispatch([name, ...rest]: readonly string[], screen: Screen): Promise<ExitCode> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    for (const line of generalHelp(COMMANDS)) screen.result(line);
    return 0;
  }
  if (name === "--version" || name === "-v") {
    screen.result(JSON.parse(await readFile(PACKAGE_FILE, "utf8")).version);
    return 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw unknownCommand(name);
  const read = readArguments(command, rest);
  if (!read.flag("help")) return command.run(read, screen);
  for (const line of commandHelp(command)) screen.result(line);
  return 0;
}

function unknownCommand(name: string): LesionError {
  const names = COMMANDS.map((command) => command.name);
  const meant = nearest(name, names);
  return new LesionError("usage", `there is no command "${name}"`, {
    fix: `${meant === null ? "" : `Did you mean "${meant}"? `}The commands are ${names.join(", ")}.`,
  });
}

function printError(thrown: unknown, screen: Screen, asJson: boolean): void {
  const report = reportOf(thrown);
  if (asJson) screen.result(JSON.stringify({ type: "error", ...report }));
  screen.log(`${screen.paint("red", "error:", "stderr")} ${report.message}`);
  if (report.where !== undefined) screen.log(`  where: ${report.where}`);
  if (report.fix !== undefined) screen.log(`  fix:   ${report.fix}`);
  if (report.code === "internal" && report.because !== undefined) screen.log(report.because);
}
