/** The engine as a command gets it: the browser is found (or installed), the lab opened in it, a live line says so. */
import { findOrInstallBrowser } from "./browser-install.ts";
import { type HeadlessPage, openHeadlessPage, type PageOptions } from "./headless-page.ts";
import { LAB_FOLDER } from "./project-root.ts";
import type { Screen } from "./screen.ts";

/** Where the lab and the browser are. Throws `no-browser`. */
export async function engineOptions(
  screen: Screen,
  browserPath: string | undefined,
): Promise<Pick<PageOptions, "labFolder" | "browser">> {
  screen.live("looking for a browser with WebGPU");
  const browser = await findOrInstallBrowser((line) => screen.log(line), browserPath);
  screen.live("starting the browser");
  return { labFolder: LAB_FOLDER, browser };
}

/** The page, opened. Throws `no-browser`, `not-found` where the lab is not built. */
export async function openEngine(
  screen: Screen,
  browserPath: string | undefined,
  onEvent?: NonNullable<PageOptions["onEvent"]>,
): Promise<HeadlessPage> {
  const options = await engineOptions(screen, browserPath);
  const page = await openHeadlessPage({
    ...options,
    ...(onEvent === undefined ? {} : { onEvent }),
    onConsole: (line) => screen.log(line),
  });
  screen.endLive();
  return page;
}
