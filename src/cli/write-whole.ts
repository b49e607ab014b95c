/** Writing a file so that a reader never meets half of it. */
import { open, rename } from "node:fs/promises";

/** Writes a file that is either whole or absent, whenever the process ends. What was there is replaced. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.part`, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}
