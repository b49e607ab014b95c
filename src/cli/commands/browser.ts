/** `lesion browser`: prints the browser that the other commands use; with --install, gets one where there is none. */
import { findBrowser, noBrowser } from "../browser.ts";
import { findOrInstallBrowser } from "../browser-install.ts";
import type { Command } from "../command.ts";
import { adapterName } from "../reporter.ts";

export const browser: Command = {
  name: "browser",
  takes: "",
  count: [0, 0],
  summary: "Print the browser that is used, or install one.",
  options: { install: { type: "boolean", help: "Install a browser with WebGPU where none is found." } },
  run: async (args, screen) => {
    const search = args.flag("install")
      ? { chosen: await findOrInstallBrowser((line) => screen.log(line)), rejected: [] }
      : await findBrowser();
    if (search.chosen === null) throw noBrowser(search.rejected);
    screen.result(search.chosen.executablePath);
    screen.log(`version ${search.chosen.version}, WebGPU on ${adapterName(search.chosen.adapter)}`);
    return 0;
  },
};
