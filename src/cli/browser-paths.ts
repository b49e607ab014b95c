/**
 * Where browsers are: what LESION_BROWSER names, Playwright's Chromium, and the installed Chrome, Chromium and Edge of
 * Linux, macOS and Windows. Only looks for files; whether a browser has WebGPU is found out in browser-probe.ts.
 */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A browser that is on disk. */
export interface Candidate {
  readonly executablePath: string;
  /** How it was found: "LESION_BROWSER", "--browser", "Playwright", "installed". */
  readonly origin: string;
}

/** What the search looks at; a test gives its own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isExecutable: (path: string) => boolean;
  /** The path with links resolved. */
  readonly realPath: (path: string) => string;
}

export const thisMachine: Machine = {
  platform: process.platform,
  env: process.env,
  isExecutable,
  realPath: realpathSync,
};

const LINUX_NAMES = [
  "google-chrome-stable",
  "google-chrome",
  "chromium",
  "chromium-browser",
  "microsoft-edge-stable",
  "microsoft-edge",
];
const MAC_NAMES = ["Google Chrome", "Chromium", "Microsoft Edge"];
const WINDOWS_NAMES = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/** Browsers in the order in which they are tried: Playwright's, then installed ones; each path once. */
export function candidates(machine: Machine, playwrightPath: string): readonly Candidate[] {
  const found = [
    { executablePath: playwrightPath, origin: "Playwright" },
    ...installedPaths(machine).map((executablePath) => ({ executablePath, origin: "installed" })),
  ].filter(({ executablePath }) => machine.isExecutable(executablePath));
  const real = found.map(({ executablePath }) => machine.realPath(executablePath));
  return found.filter((_, place) => real.indexOf(real[place]!) === place);
}

function installedPaths({ platform, env }: Machine): string[] {
  if (platform === "win32") {
    const roots = [env["PROGRAMFILES"], env["PROGRAMFILES(X86)"], env["LOCALAPPDATA"]].filter(
      (root) => root !== undefined,
    );
    return WINDOWS_NAMES.flatMap((name) => roots.map((root) => `${root}\\${name}`));
  }
  if (platform === "darwin") {
    const roots = ["/Applications", ...(env["HOME"] === undefined ? [] : [`${env["HOME"]}/Applications`])];
    return MAC_NAMES.flatMap((name) => roots.map((root) => `${root}/${name}.app/Contents/MacOS/${name}`));
  }
  const folders = [...(env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/snap/bin"].filter(Boolean);
  return [
    ...LINUX_NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    "/opt/google/chrome/chrome",
    "/opt/microsoft/msedge/msedge",
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
