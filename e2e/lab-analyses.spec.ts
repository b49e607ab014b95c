/**
 * Analyses as the built lab asks for them and shows them: a small study that the engine computes, and one of 100,000 ablations
 * that a stand-in streams, during which the page must answer and keep no more than it was sent.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "playwright/test";
import { build } from "vite";
import { longestTaskMs } from "./main-thread.ts";

const small = {
  version: 1,
  name: "asked",
  model: {
    build: { input: 784, layers: [{ units: 12 }, { units: 6 }, { units: 10, activation: "linear" }] },
    train: { epochs: 1, batch: 128, limit: 2000, optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 } },
  },
  data: { set: "digits", limit: 300 },
  sweeps: [
    { ablate: "each-unit", layers: [0, 1], replacements: ["zero", "mean"] },
    { ablate: "pairs", layers: [1] },
    { ablate: "cumulative", layers: [1], draws: 3 },
  ],
  analyses: [
    "class-damage",
    "redundancy",
    { analyse: "importance", predictors: ["weight-l1", "apoz"] },
    "mann-whitney",
    "degradation",
    { analyse: "embedding", perplexity: 10, iterations: 100 },
  ],
};
const SECTIONS = [
  "Classes hit by each unit",
  "Redundancy of pairs",
  "Predicting importance",
  "Change of weights in training",
  "Graceful degradation",
  "The map of the samples",
];

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const editor = (page: Page) => page.getByLabel("Study document, JSON");
const analyses = (page: Page) => page.getByRole("region", { name: "Analyses", exact: true });

async function write(page: Page, study: (before: string) => string): Promise<void> {
  await page.goto("./");
  await page.getByText("Study document", { exact: true }).click();
  await editor(page).fill(study(await editor(page).inputValue()));
}

async function run(page: Page): Promise<void> {
  await button(page, "Run").click();
  await expect(page.locator(".progress-text")).toHaveText("Done", { timeout: 120_000 });
}

test("sections come with figures and tables, the map follows the selection, and all of it can be saved", async ({
  page,
}) => {
  await write(page, () => JSON.stringify(small));
  await run(page);
  const sections = analyses(page).getByRole("article");
  await expect(sections.getByRole("heading", { level: 3 })).toHaveText(SECTIONS);
  await expect(page.locator(".notice.error")).toHaveCount(0);
  for (const title of SECTIONS.filter((title) => title !== "The map of the samples")) {
    const section = sections.filter({ has: page.getByRole("heading", { name: title, exact: true }) });
    await expect(section.getByRole("img").first()).toHaveAccessibleName(/./);
    await expect(section.locator(".finding")).toContainText(/n = \d/);
  }
  await expect(sections.locator("table").first().getByRole("columnheader").first()).toBeVisible();
  await expect(page.getByRole("heading", { name: "Without each unit of dense_0, mean" })).toBeVisible();

  const map = page.getByRole("slider", { name: /^Samples by class, t-SNE/ });
  await map.focus();
  await page.keyboard.press("ArrowRight");
  await expect(map).toHaveAttribute("aria-valuetext", /^sample 1, class \d$/);
  await page.locator("tr.row").first().click();
  const bySelection = page.getByRole("slider", { name: /^Samples without dense_/ });
  await bySelection.focus();
  await expect(bySelection).toHaveAttribute("aria-valuetext", /^sample 0, class \d, (kept|lost|gained|wrong)$/);
  const counts = await page.locator(".sample-map .legend .quiet").allTextContents();
  expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(300);

  const [report] = await Promise.all([page.waitForEvent("download"), button(page, "Report (HTML)").click()]);
  const html = await readFile(await report.path(), "utf8");
  for (const title of [...SECTIONS, "The network and its ablations"]) expect(html).toContain(title);
  const [json] = await Promise.all([page.waitForEvent("download"), button(page, "JSON").click()]);
  const names = JSON.parse(await readFile(await json.path(), "utf8")).analyses.map(
    ({ name }: { name: string }) => name,
  );
  expect(new Set(names)).toEqual(
    new Set(["class-damage", "redundancy", "importance", "mann-whitney", "degradation", "embedding"]),
  );
});

test("sweeps and analyses are ticked, what cannot be made says why, and the document has them", async ({ page }) => {
  await write(page, (text) => text);
  const written = async () => JSON.parse(await editor(page).inputValue());
  await page.getByText("Ask of what is measured", { exact: true }).click();
  await expect(page.getByLabel(/^Degradation/)).toBeDisabled();
  await expect(page.getByLabel(/^Degradation/)).toHaveAccessibleDescription(/needs a cumulative sweep/);
  await page.getByText("More sweeps", { exact: true }).click();
  await page.getByLabel(/^More and more of all layers, least damage first/).check();
  expect((await written()).sweeps.at(-1)).toMatchObject({ ablate: "cumulative", order: "greedy-least" });
  await page.getByLabel(/^Degradation/).check();
  expect((await written()).analyses).toEqual(["degradation"]);
  // What was ticked stays, and says what it has come to lack.
  await page.getByLabel(/^More and more of all layers, least damage first/).uncheck();
  await expect(page.getByLabel(/^Degradation/)).toBeChecked();
  await page.getByLabel(/^Degradation/).uncheck();
  expect((await written()).analyses).toEqual([]);
});

test("axe finds nothing serious, light and dark, headings are in order, and a narrow page cuts nothing off", async ({
  page,
}) => {
  await write(page, () => JSON.stringify(small));
  await run(page);
  await expect(analyses(page).getByRole("article")).toHaveCount(SECTIONS.length);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"])
      .analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(
      serious.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`),
    ).toEqual([]);
  }
  const ordered = await new AxeBuilder({ page }).include(".analyses").withRules(["heading-order"]).analyze();
  expect(ordered.violations).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test.describe("100,000 ablations", { tag: "@alone" }, () => {
  // A collection of garbage may fall into any task: one unlucky one is not the lab's fault.
  test.describe.configure({ retries: 2 });

  test("and their analyses hold the page for no more than 50 ms at a time, and no memory beyond their own", async ({
    page,
  }) => {
    const worker = await standIn();
    await page.route(/\/assets\/engine\.worker-[^/]*\.js$/, (route) =>
      route.fulfill({
        body: worker,
        contentType: "text/javascript",
        headers: { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin" },
      }),
    );
    await write(page, (text) => text.replace('"digits-mlp"', '"asked 100000"'));
    const longest = await longestTaskMs(page, async () => {
      await run(page);
      await expect(page.getByText("100,000 rows")).toBeVisible();
      await expect(analyses(page).getByRole("article")).toHaveCount(4);
      await page.locator("tr.row").last().click();
    });
    expect(longest).toBeLessThanOrEqual(50);
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    // An ablation takes some 0.7 KiB, its record and its summary together.
    expect(usedSize / 2 ** 20).toBeLessThan(120);
  });
});

async function standIn(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    build: {
      write: false,
      target: "esnext",
      lib: { entry: resolve(import.meta.dirname, "fake-worker.ts"), formats: ["es"], fileName: "fake-worker" },
    },
  });
  const [output] = Array.isArray(made) ? made : [made];
  if (output === undefined || !("output" in output)) throw new TypeError("Vite built nothing");
  return output.output[0].code;
}
