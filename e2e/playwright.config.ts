/** Tests of the built product: the page in the browser that `lesion` itself would use, and the command line. */
import { defineConfig } from "playwright/test";
import { browserLaunch } from "../src/cli/browser.ts";

// Chosen once and inherited by the workers, which read this file again.
process.env["LESION_E2E_PORT"] ??= String(20_000 + Math.floor(Math.random() * 20_000));
const address = `http://127.0.0.1:${process.env["LESION_E2E_PORT"]}/`;

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results/e2e",
  // What tests wait for is browsers that start, and compilers of shaders, which keep one core busy.
  workers: 2,
  fullyParallel: true,
  projects: [
    { name: "together", grepInvert: /@alone/ },
    { name: "alone", grep: /@alone/, dependencies: ["together"] },
  ],
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env["CI"]),
  reporter: "list",
  use: { baseURL: address, launchOptions: await browserLaunch(), trace: "off" },
  webServer: {
    command: `node bin/lesion.js serve --port ${process.env["LESION_E2E_PORT"]}`,
    cwd: "..",
    url: address,
    reuseExistingServer: false,
  },
});
