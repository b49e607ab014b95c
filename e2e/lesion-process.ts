/** Runs the built command line as a person does: a process with arguments, two streams, signals and an exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const bin = join(import.meta.dirname, "../bin/lesion.js");

export interface Outcome {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `lesion` to its end. `onLine` sees every line of stdout as it comes, and may signal the process. */
export function lesion(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; onLine?: (line: string, child: ChildProcess) => void } = {},
): Promise<Outcome> {
  const { env = {}, cwd, onLine } = options;
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  let line = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written.stdout += text;
    const lines = (line + text).split("\n");
    line = lines.pop()!;
    for (const whole of lines) onLine?.(whole, child);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.stderr += text;
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code, ...written }));
  });
}
