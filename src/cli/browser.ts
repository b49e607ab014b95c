/**
 * Finds a browser with WebGPU and the switches under which it has it: a real GPU where there is one, SwiftShader (the
 * processor) elsewhere. The verdict is kept in the user's cache folder, so that only the first start pays for the search.
 */
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { LesionError } from "../core/errors.ts";
import { type Candidate, candidates, thisMachine } from "./browser-paths.ts";
import { type Probe, probeBrowser, QUIET_SWITCHES } from "./browser-probe.ts";

/** A browser that has WebGPU, with the switches under which it has it. */
export interface BrowserChoice extends Candidate, Probe {
  readonly args: readonly string[];
}

/** A browser, or a set of switches for it, that was not taken, and why. */
export interface Rejection extends Candidate {
  readonly switches: string;
  readonly reason: string;
}

export interface BrowserSearch {
  readonly chosen: BrowserChoice | null;
  readonly rejected: readonly Rejection[];
}

type Probing = (executablePath: string, args: readonly string[]) => Promise<Probe>;

const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/** Headless Chrome on Linux reaches a GPU's WebGPU only through Vulkan without a surface. */
const VULKAN = [
  "--enable-unsafe-webgpu",
  "--use-angle=vulkan",
  "--enable-features=Vulkan",
  "--disable-vulkan-surface",
  // Without a display Chromium 156 gives no adapter while it composites on the GPU.
  "--disable-gpu-compositing",
];

/**
 * What Playwright and vitest need to start the browser. `explicit` is a path that a person gave. Throws `no-browser`,
 * with the reason of every browser that was not taken, where none has WebGPU.
 */
export async function browserLaunch(explicit?: string): Promise<{ executablePath: string; args: string[] }> {
  const { chosen, rejected } = await findBrowser(explicit);
  if (chosen === null) throw noBrowser(rejected);
  return { executablePath: chosen.executablePath, args: [...chosen.args] };
}

/** Looks through the browsers of this machine. `fresh` looks again although an earlier verdict is known. */
export async function findBrowser(explicit?: string, fresh = false): Promise<BrowserSearch> {
  const given = explicit ?? (process.env["LESION_BROWSER"] || undefined);
  const origin = explicit === undefined ? "LESION_BROWSER" : "--browser";
  if (given !== undefined && !thisMachine.isExecutable(given)) {
    throw new LesionError("no-browser", `${origin} names "${given}", which is no program`, {
      where: given,
      fix: "Give the path of a Chrome, Chromium or Edge executable.",
    });
  }
  const found =
    given === undefined
      ? candidates(thisMachine, (await import("playwright")).chromium.executablePath())
      : [{ executablePath: given, origin }];
  const key = verdictKey(found);
  const known = fresh ? null : readVerdict(key);
  if (known !== null) return { chosen: known, rejected: [] };
  const search = await chooseBrowser(found, switchSets(given !== undefined), probeBrowser);
  if (search.chosen !== null) writeVerdict(key, search.chosen);
  return search;
}

/** The first candidate with a real GPU; where none has one, the first with a fallback adapter. */
export async function chooseBrowser(
  found: readonly Candidate[],
  sets: Readonly<Record<string, readonly string[]>>,
  probe: Probing,
): Promise<BrowserSearch> {
  const rejected: Rejection[] = [];
  let fallback: BrowserChoice | null = null;
  for (const candidate of found) {
    for (const [switches, set] of Object.entries(sets)) {
      if (switches === "swiftshader" && fallback !== null) continue;
      const args = [...QUIET_SWITCHES, ...sandboxSwitches(), ...set];
      try {
        const choice = { ...candidate, args, ...(await probe(candidate.executablePath, args)) };
        if (!choice.adapter.fallback) return { chosen: choice, rejected };
        fallback ??= choice;
        if (switches !== "swiftshader")
          rejected.push({ ...candidate, switches, reason: "has no GPU but the processor" });
      } catch (cause) {
        rejected.push({ ...candidate, switches, reason: firstLine(cause) });
      }
    }
    const onlyFallback = Object.keys(sets).every((switches) => switches === "swiftshader");
    if (onlyFallback && fallback !== null) break;
  }
  return { chosen: fallback, rejected };
}

/** Sets of switches to try, by name, best first. `given`: the browser may be a wrapper that brings switches of its own. */
function switchSets(given: boolean): Readonly<Record<string, readonly string[]>> {
  if (process.env["LESION_ADAPTER"] === "swiftshader") return { swiftshader: SWIFTSHADER };
  if (process.platform !== "linux") return { "its own": [], swiftshader: SWIFTSHADER };
  const own = given ? { "its own": ["--enable-unsafe-webgpu"] } : {};
  return gpuNodes().length === 0
    ? { ...own, swiftshader: SWIFTSHADER }
    : { ...own, vulkan: VULKAN, swiftshader: SWIFTSHADER };
}

/** Linux device files that a GPU driver makes; without one no switch finds a GPU. */
function gpuNodes(): readonly string[] {
  const names = (folder: string, pattern: RegExp) => {
    try {
      return readdirSync(folder).filter((name) => pattern.test(name));
    } catch {
      return [];
    }
  };
  return [...names("/dev", /^(nvidia\d+|dxg|kfd)$/), ...names("/dev/dri", /^renderD/)];
}

/** Chrome's sandbox refuses to start for root. */
function sandboxSwitches(): readonly string[] {
  return process.getuid?.() === 0 ? ["--no-sandbox"] : [];
}

/** The error of a machine on which no browser can be used; it names every one that was tried, and what to type. */
export function noBrowser(rejected: readonly Rejection[]): LesionError {
  const reasons = rejected.map(({ executablePath, switches, reason }) => `${executablePath} (${switches}): ${reason}`);
  return new LesionError(
    "no-browser",
    rejected.length === 0
      ? "no Chrome, Chromium or Edge was found"
      : `no browser here has WebGPU:\n  ${reasons.join("\n  ")}`,
    {
      fix: "Type: npx lesion browser --install (or: npx playwright install --with-deps chromium; on Debian: apt-get install chromium), or set LESION_BROWSER to the path of a Chrome, Chromium or Edge.",
      detail: { rejected },
    },
  );
}

function firstLine(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  // Playwright's first line says only that the launch failed; the browser's own words follow it.
  const telling = lines.find((line) => /error while loading|cannot open|missing dependencies|ERROR:/i.test(line));
  return (telling ?? lines[0] ?? "").trim();
}

/** The folder for what can be found again: XDG's, macOS's or Windows' own. */
function cacheFolder(): string {
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/lesion");
  if (process.platform === "win32") return join(process.env["LOCALAPPDATA"] ?? homedir(), "lesion");
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "lesion");
}

const VERDICT_FILE = "browser-1.json";

/** Changes when a browser appears, goes, or is updated, when the machine gets a GPU, or when SwiftShader is asked for. */
function verdictKey(found: readonly Candidate[]): string {
  const files = found.map(({ executablePath, origin }) => {
    const { size, mtimeMs } = statSync(realpathSync(executablePath));
    return [origin, executablePath, size, mtimeMs];
  });
  return JSON.stringify([files, gpuNodes(), process.env["LESION_ADAPTER"] ?? "", sandboxSwitches()]);
}

function readVerdict(key: string): BrowserChoice | null {
  try {
    const kept = JSON.parse(readFileSync(join(cacheFolder(), VERDICT_FILE), "utf8"));
    return kept.key === key ? kept.chosen : null;
  } catch {
    return null;
  }
}

function writeVerdict(key: string, chosen: BrowserChoice): void {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    const file = join(cacheFolder(), VERDICT_FILE);
    writeFileSync(`${file}.${process.pid}`, JSON.stringify({ key, chosen }));
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A machine without a writable home searches each time.
  }
}
