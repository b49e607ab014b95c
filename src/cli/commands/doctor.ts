/** `lesion doctor`: prints everything that decides whether and how fast Lesion works on this machine. */
import { statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { type BrowserSearch, findBrowser, noBrowser } from "../browser.ts";
import { type Command, SHARED_OPTIONS } from "../command.ts";
import { adapterName } from "../reporter.ts";
import type { Screen } from "../screen.ts";
import { bytes, duration } from "../units-of-measure.ts";

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
];

export const doctor: Command = {
  name: "doctor",
  takes: "",
  count: [0, 0],
  summary: "Print what Lesion finds on this machine: browsers, GPU, limits, disk.",
  options: { browser: SHARED_OPTIONS.browser, json: SHARED_OPTIONS.json },
  run: async (args, screen) => {
    const search = await findBrowser(args.text("browser"), true);
    const disk = await statfs(".").catch(() => null);
    const machine = {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      diskFreeBytes: disk === null ? null : disk.bavail * disk.bsize,
    };
    if (args.flag("json")) screen.result(JSON.stringify({ ...machine, ...search }, null, 2));
    else {
      screen.result(
        `node      ${machine.node} on ${machine.platform}, ${machine.cores} cores, ${bytes(machine.memoryBytes)}`,
      );
      if (machine.diskFreeBytes !== null) screen.result(`disk      ${bytes(machine.diskFreeBytes)} free here`);
      printSearch(search, screen);
    }
    if (search.chosen === null) throw noBrowser(search.rejected);
    return 0;
  },
};

function printSearch({ chosen, rejected }: BrowserSearch, screen: Screen): void {
  for (const { executablePath, origin, switches, reason } of rejected) {
    screen.result(`not taken ${executablePath} (${origin}, switches: ${switches}): ${reason}`);
  }
  if (chosen === null) return;
  const { adapter } = chosen;
  screen.result(`browser   ${chosen.executablePath} (${chosen.origin}), version ${chosen.version}`);
  screen.result(`switches  ${chosen.args.join(" ")}`);
  screen.result(`adapter   ${adapterName(adapter)}`);
  if (adapter.fallback) {
    screen.result(
      `          ${screen.paint("yellow", "a processor stands in for a GPU (SwiftShader): right, but much slower")}`,
    );
  }
  screen.result(`features  ${adapter.features.join(" ")}`);
  for (const limit of LIMITS) screen.result(`limit     ${limit} ${adapter.limits[limit] ?? "unknown"}`);
  screen.result(`a small GPU job (268 million multiply-adds) takes ${duration(chosen.jobMs)}`);
}
