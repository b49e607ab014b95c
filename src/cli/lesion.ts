/** Entry of the built command line: the process's streams and arguments in, its exit code out. */
import { main } from "./main.ts";
import { createScreen } from "./screen.ts";

// `lesion export RUN | head` closes the pipe early; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2), createScreen(process.stdout, process.stderr, process.env));
