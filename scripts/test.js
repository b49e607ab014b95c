/**
 * The whole test command: builds what is stale, finds or installs a browser, runs the Node and GPU tests and then the
 * tests of the built product, and ends with one line that counts them all.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { countLine, countPlaywright, countVitest, sum } from "./test-counts.js";

const root = resolve(import.meta.dirname, "..");
const results = join(root, "test-results");
const SOURCES = [
  "src",
  "workers",
  "shaders",
  "bench",
  "index.html",
  "package-lock.json",
  "vite.config.ts",
  "vite.cli.config.ts",
];
const PRODUCTS = ["dist/lab/index.html", "dist/cli/lesion.js"];

/** Runs a program of node_modules, or of the project, in this Node; true where it ended well. */
function run(script, args, env = {}) {
  const { status, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error) console.error(String(error));
  return status === 0;
}

/** Time of the last change below a path, in milliseconds; declarations that the build itself writes do not count. */
function changedAt(path) {
  if (!existsSync(path) || path.endsWith(".d.wgsl.ts")) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, changedAt(join(path, name))), 0);
}

function isStale() {
  if (PRODUCTS.some((product) => !existsSync(join(root, product)))) return true;
  const oldest = Math.min(...PRODUCTS.map((product) => statSync(join(root, product)).mtimeMs));
  return SOURCES.some((source) => changedAt(join(root, source)) > oldest);
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

function main() {
  mkdirSync(results, { recursive: true });
  const vitestFile = join(results, "vitest.json");
  const playwrightFile = join(results, "playwright.json");
  for (const file of [vitestFile, playwrightFile]) rmSync(file, { force: true });

  const vite = "node_modules/vite/bin/vite.js";
  if (isStale() && !(run(vite, ["build"]) && run(vite, ["build", "--config", "vite.cli.config.ts"]))) {
    return { ok: false, line: "0 passed, 1 failed", reason: "the build failed" };
  }
  if (!run("bin/lesion.js", ["browser", "--install"])) {
    return { ok: false, line: "0 passed, 1 failed", reason: "there is no browser with WebGPU" };
  }
  const vitestOk = run("node_modules/vitest/vitest.mjs", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${vitestFile}`,
  ]);
  const playwrightOk = run(
    "node_modules/playwright/cli.js",
    ["test", "-c", "e2e/playwright.config.ts", "--reporter=list,json"],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightFile },
  );
  const vitest = readReport(vitestFile);
  const playwright = readReport(playwrightFile);
  const counts = sum([...(vitest ? [countVitest(vitest)] : []), ...(playwright ? [countPlaywright(playwright)] : [])]);
  // A runner that ended badly, or left no report, without a test to blame is a failure of its own.
  if (counts.failed === 0 && !(vitestOk && playwrightOk && vitest && playwright)) counts.failed++;
  const gpuMissing = Boolean(process.env["CI"]) && counts.skippedGpu.length > 0;
  const reason = gpuMissing
    ? `GPU tests were skipped, which CI does not allow:\n  ${counts.skippedGpu.join("\n  ")}`
    : counts.passed === 0
      ? "no test ran"
      : null;
  return { ok: counts.failed === 0 && reason === null, line: countLine(counts), reason };
}

const { ok, line, reason } = main();
if (reason !== null) console.error(reason);
console.log(line);
process.exitCode = ok ? 0 : 1;
