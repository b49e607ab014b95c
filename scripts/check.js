/**
 * Everything that is checked before a change is taken: format and lint, types, the size of what the browser loads first,
 * and the tests (import direction among them).
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const root = resolve(import.meta.dirname, "..");

/** Largest gzipped size, in KiB, of the scripts and styles that the lab is shown with; and of the command line. */
const FIRST_LOAD_KIB = 100;
const COMMAND_LINE_KIB = 80;

function run(script, ...args) {
  console.log(`\n> ${basename(script)} ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: "inherit" });
  return status === 0;
}

const gzippedKib = (file) => gzipSync(readFileSync(file)).length / 1024;

/** Scripts and styles of the page and of the lab that it starts, with all that these import, but not what they load later. */
function firstLoad(lab) {
  const manifest = JSON.parse(readFileSync(join(lab, ".vite/manifest.json"), "utf8"));
  const files = new Set();
  const add = (name) => {
    const { file, css = [], imports = [] } = manifest[name];
    if (files.has(file)) return;
    for (const each of [file, ...css]) files.add(each);
    for (const each of imports) add(each);
  };
  add("index.html");
  add("src/ui/start-lab.tsx");
  return [...files].map((file) => join(lab, file));
}

function withinBudget(name, files, limitKib) {
  const kib = files.filter((file) => existsSync(file)).reduce((total, file) => total + gzippedKib(file), 0);
  console.log(`${name}: ${kib.toFixed(1)} KiB gzipped of ${limitKib} KiB`);
  return kib > 0 && kib <= limitKib;
}

function budgets() {
  console.log("\n> bundle budgets");
  const cli = join(root, "dist/cli");
  const scripts = readdirSync(cli).map((file) => join(cli, file));
  const lab = withinBudget("the lab's first load", firstLoad(join(root, "dist/lab")), FIRST_LOAD_KIB);
  return withinBudget("the command line", scripts, COMMAND_LINE_KIB) && lab;
}

const steps = {
  build: () =>
    run("node_modules/vite/bin/vite.js", "build") &&
    run("node_modules/vite/bin/vite.js", "build", "--config", "vite.cli.config.ts"),
  "format and lint": () => run("node_modules/@biomejs/biome/bin/biome", "ci", "."),
  types: () => run("node_modules/typescript/bin/tsc", "-p", "."),
  budgets,
  tests: () => run("scripts/test.js"),
};
const failed = [];
for (const [name, step] of Object.entries(steps)) {
  if (!step()) failed.push(name);
  if (failed.includes("build")) break;
}
console.log(failed.length === 0 ? "\nall checks passed" : `\nfailed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
