/** What every command is to the command line: its signature, one line of help, and a function to its exit code. */
import type { Arguments, Option, Signature } from "./arguments.ts";
import type { Screen } from "./screen.ts";

/** 0 done, 1 run failed, 2 bad input, 3 no usable GPU or browser, 4 a threshold failed, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

export interface Command extends Signature {
  readonly summary: string;
  /** Throws LesionError for what a person can mend; the exit code follows from it. */
  run(args: Arguments, screen: Screen): Promise<ExitCode>;
}

/** Options that several commands share, so that they read alike everywhere. */
export const SHARED_OPTIONS = {
  browser: { type: "string", value: "PATH", help: "The browser to use instead of the one that is found." },
  json: { type: "boolean", help: "Print JSON for programs." },
  memory: { type: "string", value: "MB", help: "Most GPU memory to use, in MiB." },
} as const satisfies Readonly<Record<string, Option>>;

/** --memory in bytes, or undefined. */
export function memoryBytes(args: Arguments): number | undefined {
  const mebibytes = args.integer("memory", 16, 1 << 20);
  return mebibytes === undefined ? undefined : mebibytes * 2 ** 20;
}
