/** Files that a command makes where a person says: nothing is overwritten. */
import { LesionError } from "../core/errors.ts";

/** Turns what kept a file named by `--out`, opened with the flag "wx", from being written into a `usage` error. */
export function refuseNewFile(out: string, cause: NodeJS.ErrnoException): never {
  if (cause.code !== "EEXIST")
    throw new LesionError("usage", `cannot write ${out}: ${cause.message}`, { where: "--out", cause });
  throw new LesionError("usage", `${out} is there already, and nothing is overwritten`, {
    where: "--out",
    fix: "Choose another file.",
    cause,
  });
}
