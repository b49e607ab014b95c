#!/usr/bin/env node
// Starts the built command line. A checkout that was never built is told what to type instead of a module error.
import { existsSync } from "node:fs";

const built = new URL("../dist/cli/lesion.js", import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  console.error("error: Lesion has not been built here: dist/cli/lesion.js is missing");
  console.error("  fix:   Type: npm ci && npm run build");
  process.exitCode = 2;
}
