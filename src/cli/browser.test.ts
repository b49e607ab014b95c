import { describe, expect, test } from "vitest";
import { chooseBrowser } from "./browser.ts";
import { candidates, type Machine } from "./browser-paths.ts";
import type { Probe } from "./browser-probe.ts";

function machine(platform: NodeJS.Platform, env: Record<string, string>, files: readonly string[]): Machine {
  return {
    platform,
    env,
    isExecutable: (path) => files.includes(path),
    realPath: (path) => path.replace(/^\/bin\//, "/usr/bin/"),
  };
}
const paths = (on: Machine) => candidates(on, "/cache/chromium/chrome").map(({ executablePath }) => executablePath);

describe("candidates", () => {
  test("on Linux come from Playwright, then the PATH, each file once", () => {
    const files = ["/cache/chromium/chrome", "/usr/bin/chromium", "/bin/chromium", "/opt/google/chrome/chrome"];
    expect(paths(machine("linux", { PATH: "/bin:/usr/bin" }, files))).toEqual([
      "/cache/chromium/chrome",
      "/bin/chromium",
      "/opt/google/chrome/chrome",
    ]);
  });

  test("on macOS come from both application folders", () => {
    const chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    const edge = "/Users/a/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge";
    expect(paths(machine("darwin", { HOME: "/Users/a" }, [edge, chrome]))).toEqual([chrome, edge]);
  });

  test("on Windows come from the program folders", () => {
    const edge = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe";
    expect(paths(machine("win32", { "PROGRAMFILES(X86)": "C:\\Program Files (x86)" }, [edge]))).toEqual([edge]);
  });

  test("are none on a machine without", () => {
    expect(paths(machine("linux", {}, []))).toEqual([]);
  });
});

describe("chooseBrowser", () => {
  const found = ["a", "b"].map((executablePath) => ({ executablePath, origin: "installed" }));
  const sets = { vulkan: ["--vulkan"], swiftshader: ["--swiftshader"] };
  const answer = (fallback: boolean): Probe => ({
    version: "1",
    adapter: { vendor: "", architecture: "", device: "", description: "", fallback, features: [], limits: {} },
    jobMs: 1,
  });
  /** Answers as `table` says: "gpu", "fallback", or fails with the text. Keys: path and last switch. */
  const probe = (table: Record<string, string>) => async (path: string, args: readonly string[]) => {
    const verdict = table[`${path} ${args.at(-1)}`] ?? "does not start";
    if (verdict !== "gpu" && verdict !== "fallback") throw new Error(verdict);
    return answer(verdict === "fallback");
  };

  test("takes the first with a GPU, also after one with a fallback", async () => {
    const search = await chooseBrowser(found, sets, probe({ "a --swiftshader": "fallback", "b --vulkan": "gpu" }));
    expect(search.chosen).toMatchObject({ executablePath: "b", adapter: { fallback: false } });
    expect(search.rejected).toMatchObject([{ executablePath: "a", switches: "vulkan", reason: "does not start" }]);
  });

  test("takes the first fallback where there is no GPU", async () => {
    const search = await chooseBrowser(found, sets, probe({ "a --vulkan": "fallback", "b --swiftshader": "fallback" }));
    expect(search.chosen).toMatchObject({ executablePath: "a", args: expect.arrayContaining(["--vulkan"]) });
  });

  test("says of each why it was not taken where none has WebGPU", async () => {
    const search = await chooseBrowser(found, sets, probe({ "b --swiftshader": "WebGPU gives no adapter" }));
    expect(search.chosen).toBeNull();
    expect(search.rejected.map(({ reason }) => reason)).toEqual([
      "does not start",
      "does not start",
      "does not start",
      "WebGPU gives no adapter",
    ]);
  });
});
