/**
 * Gets a browser onto a machine that has none with WebGPU: Playwright's Chromium; where that cannot be downloaded or does
 * not start and the machine is Debian or Ubuntu with root, the system's packages. What the installers print is shown.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type BrowserChoice, findBrowser, noBrowser } from "./browser.ts";

/** A download that prints nothing for this long is taken for dead. */
const SILENCE_MS = 90_000;

type Log = (line: string) => void;

/**
 * A browser with WebGPU: a found one, else an installed one. `log` gets lines for people. Throws `no-browser` with the
 * commands to type where none can be had; never installs anything when a person named the browser.
 */
export async function findOrInstallBrowser(log: Log, explicit?: string): Promise<BrowserChoice> {
  const found = await findBrowser(explicit);
  if (found.chosen !== null) return found.chosen;
  if (explicit !== undefined || process.env["LESION_BROWSER"]) throw noBrowser(found.rejected);
  log("No browser with WebGPU was found; installing Chromium (once).");
  return installBrowser(log);
}

/** Installs a browser, by the first of the ways that ends with a working WebGPU. Throws `no-browser`. */
async function installBrowser(log: Log): Promise<BrowserChoice> {
  const playwright = join(dirname(createRequire(import.meta.url).resolve("playwright/package.json")), "cli.js");
  const root = existsSync("/etc/debian_version") && process.getuid?.() === 0;
  const ways: readonly (readonly (readonly string[])[])[] = [
    [[process.execPath, playwright, "install", "--no-shell", "chromium"]],
    ...(root
      ? [
          [[process.execPath, playwright, "install-deps", "chromium"]],
          [
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
          ],
        ]
      : []),
  ];
  for (const way of ways) {
    // System libraries alone help only where Playwright's own Chromium is there and did not start.
    if (way[0]!.includes("install-deps") && !existsSync((await import("playwright")).chromium.executablePath()))
      continue;
    let done = true;
    for (const command of way) done &&= await runVisibly(command, log);
    const { chosen } = done ? await findBrowser(undefined, true) : { chosen: null };
    if (chosen !== null) return chosen;
  }
  throw noBrowser((await findBrowser(undefined, true)).rejected);
}

/** Runs a command, passing its output on; true where it ended well. Ends it after SILENCE_MS without output. */
function runVisibly(command: readonly string[], log: Log): Promise<boolean> {
  const [program, ...args] = command;
  log(`$ ${command.join(" ")}`);
  return new Promise((done) => {
    const child = spawn(program!, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    const giveUp = () => {
      log(`  no progress for ${SILENCE_MS / 1000} s; giving up on this way`);
      child.kill("SIGKILL");
    };
    let timer = setTimeout(giveUp, SILENCE_MS);
    const pass = (chunk: Buffer) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
      for (const line of chunk.toString().split(/[\r\n]+/)) if (line.trim() !== "") log(`  ${line.trimEnd()}`);
    };
    child.stdout.on("data", pass);
    child.stderr.on("data", pass);
    const end = (ended: boolean) => {
      clearTimeout(timer);
      done(ended);
    };
    child.on("error", (cause) => {
      log(`  ${cause.message}`);
      end(false);
    });
    child.on("exit", (code) => end(code === 0));
  });
}
