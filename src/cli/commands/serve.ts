/** `lesion serve`: serves the lab to this machine until it is stopped. */
import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser } from "../browser.ts";
import type { Command } from "../command.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { LAB_FOLDER } from "../project-root.ts";
import type { Screen } from "../screen.ts";
import { startServer } from "../server.ts";

export const serve: Command = {
  name: "serve",
  takes: "",
  count: [0, 0],
  summary: "Serve the lab on this machine.",
  options: {
    port: { type: "string", value: "N", help: "The port; a free one where left out." },
    open: { type: "boolean", help: "Open the lab in a browser." },
  },
  run: async (args, screen) => {
    await using server = await startServer(LAB_FOLDER, args.integer("port", 1, 65535) ?? 0);
    screen.result(`${server.origin}/`);
    screen.log("Stop with Ctrl+C.");
    using interrupt = listenForInterrupt(() => {});
    if (args.flag("open")) await openInBrowser(`${server.origin}/`, screen);
    await new Promise((stopped) => interrupt.signal.addEventListener("abort", stopped));
    return 0;
  },
};

/** Opens an address where a person sees it: on Linux in the browser that has WebGPU, with the switches that it needs. */
async function openInBrowser(address: string, screen: Screen): Promise<void> {
  if (process.platform === "darwin") return start("open", [address], screen);
  if (process.platform === "win32") return start("cmd", ["/c", "start", "", address], screen);
  if (!process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"]) {
    return screen.log("There is no display here; open the address in a browser with WebGPU.");
  }
  const { chosen } = await findBrowser().catch(() => ({ chosen: null }));
  if (chosen === null) return start("xdg-open", [address], screen);
  const headlessOnly = ["--disable-vulkan-surface", "--disable-gpu-compositing"];
  const switches = chosen.args.filter((arg) => !arg.startsWith("--headless") && !headlessOnly.includes(arg));
  const profile = await mkdtemp(join(tmpdir(), "lesion-browser-"));
  start(
    chosen.executablePath,
    [...switches, `--user-data-dir=${profile}`, "--no-default-browser-check", address],
    screen,
  );
}

function start(program: string, args: readonly string[], screen: Screen): void {
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  child.on("error", (cause) => screen.log(`could not open a browser (${cause.message}); open the address yourself`));
  child.unref();
}
