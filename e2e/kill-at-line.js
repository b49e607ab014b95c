/**
 * Loaded into a process with `--import`: kills it in the moment in which it has written a line to stdout that the script in
 * LESION_KILL_AT holds true of. A signal from another process comes as late as a busy machine lets it; this one comes
 * between two lines.
 */
import { createContext, Script } from "node:vm";

const isTime = new Script(process.env["LESION_KILL_AT"]);
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  const taken = write(text, ...rest);
  for (const line of String(text).trimEnd().split("\n")) {
    if (isTime.runInContext(createContext({ line: JSON.parse(line) }))) process.kill(process.pid, "SIGKILL");
  }
  return taken;
};
