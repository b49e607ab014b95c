/**
 * Where tests find real data sets and networks: a folder beside the checkout, or LESION_SHARED. A clone without it
 * passes all tests but those, each of which says why it did not run.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(process.env["LESION_SHARED"] ?? join(import.meta.dirname, "../../shared/data"));

/** Absolute path of a file or folder of the shared data, or null, with a printed reason, where it is not there. */
export function sharedData(path: string): string | null {
  const found = join(root, path);
  if (existsSync(found)) return found;
  console.warn(`skipped: ${path} is not in ${root}; set LESION_SHARED to the folder that holds it`);
  return null;
}
