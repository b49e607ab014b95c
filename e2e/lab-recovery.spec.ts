/**
 * Recovery as the built lab shows it, with an engine that computes nothing and streams made-up records: what is drawn, that
 * selections reach every chart, that nothing moves while records stream in, and that many of them do not hold the page up.
 */
import { resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "playwright/test";
import { build } from "vite";

let worker = "";
test.beforeAll(async () => {
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
  worker = output.output[0].code;
});

const EPOCHS = 5;

async function open(page: Page, name: string): Promise<void> {
  await page.route(/\/assets\/engine\.worker-[^/]*\.js$/, (route) =>
    route.fulfill({
      body: worker,
      contentType: "text/javascript",
      headers: { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin" },
    }),
  );
  await page.goto("./");
  await page.getByLabel("Train the damaged networks again").check();
  await page.getByLabel("Recovery epochs").fill(String(EPOCHS));
  await page.getByText("Study document", { exact: true }).click();
  const editor = page.getByLabel("Study document, JSON");
  await editor.fill((await editor.inputValue()).replace('"digits-mlp"', JSON.stringify(name)));
}

async function run(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.locator(".progress-text")).toHaveText("Done", { timeout: 120_000 });
}

const recovery = (page: Page) => page.getByRole("region", { name: "Recovery" });

test("recovery is off until it is asked for, and the document says what was asked for", async ({ page }) => {
  await open(page, "few");
  const document = JSON.parse(await page.getByLabel("Study document, JSON").inputValue());
  expect(document.recover).toMatchObject({ epochs: EPOCHS, arms: ["all", "after", "layer", "control"] });
  await page.getByLabel("control: intact, trained as long").uncheck();
  await page.getByLabel("Replace by").selectOption("noise");
  await expect(page.getByText(/a network cannot keep while it recovers/)).toBeVisible();
  await expect(page.getByLabel("Replace by")).toHaveValue("zero");
  await page.getByLabel("Train the damaged networks again").uncheck();
  expect(JSON.parse(await page.getByLabel("Study document, JSON").inputValue()).recover).toBeNull();
});

test("another network is built, with the sweeps that fit it", async ({ page }) => {
  await open(page, "few");
  await page.getByLabel("Network", { exact: true }).selectOption("convolutional");
  await expect(page.getByText(/conv 8 .* max pool .* conv 16 .* max pool .* dense 10/).first()).toBeVisible();
  await expect(page.getByText("Each pair of conv_0")).toBeVisible();
  await expect(page.getByRole("button", { name: "Run", exact: true })).toBeEnabled();
});

test("training shows the test data, and a selection reaches every chart of recovery", async ({ page }) => {
  await open(page, "few");
  await run(page);
  await expect(page.getByText(/epoch 5 of 5: loss .* of the test samples/)).toBeVisible();
  const panel = recovery(page);
  await expect(panel.getByRole("heading", { name: /Damaged and recovered: dense_/ })).toBeVisible();
  await expect(panel.getByText("lost most; select another in any chart")).toBeVisible();
  const correlations = panel.getByRole("row", { name: /all layers 30/ });
  await expect(correlations).toContainText(/\[.*, .*\]/);

  await page.getByRole("button", { name: /^Switched off/ }).click();
  await page.locator("tr.row").nth(7).click();
  await expect(panel.getByRole("heading", { name: "Damaged and recovered: dense_0: 7", exact: true })).toBeVisible();
  await expect(panel.getByText("dense_0: 7 stands out; hover to read epochs")).toBeVisible();

  const scatter = panel.getByRole("slider", { name: /^Regained against lost/ });
  await scatter.focus();
  await page.keyboard.press("ArrowRight");
  await expect(scatter).toHaveAttribute("aria-valuetext", /dense_0: 1, all layers: lost .* regained/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/row=1\b/);
  await expect(panel.getByRole("heading", { name: "Damaged and recovered: dense_0: 1", exact: true })).toBeVisible();

  const curves = panel.getByRole("slider", { name: /^Accuracy by epoch/ });
  await curves.focus();
  await page.keyboard.press("ArrowRight");
  await expect(curves).toHaveAttribute("aria-valuetext", /^epoch 1, median \[quartiles\]: all layers .* control/);
});

test("nothing moves while recovery streams in", async ({ page }) => {
  await open(page, "all of them");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Without each pair of dense_0" })).toBeVisible();
  const boxes = () =>
    recovery(page)
      .locator(".chart")
      .evaluateAll((charts) => charts.map((chart) => [chart.clientWidth, chart.clientHeight]));
  const before = await boxes();
  await expect(page.locator(".progress-text")).toHaveText("Done", { timeout: 120_000 });
  expect(await boxes()).toEqual(before);
  await expect(recovery(page).getByText(/median and middle half/)).toBeVisible();
});

test("100,000 records are taken in a few at a time, and the page answers meanwhile", async ({ page }) => {
  await open(page, "many 5600");
  const networks = recovery(page).getByText(/^[\d,]+ networks$/);
  // What the page itself has shown, however seldom a busy machine lets the test look.
  await page.evaluate(() => {
    const shown = new Set<string>();
    Object.assign(globalThis, { shown });
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const text = target.parentElement?.textContent ?? "";
        if (/^[\d,]+ networks$/.test(text)) shown.add(text);
      }
    }).observe(document.body, { subtree: true, characterData: true });
  });
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.locator(".progress-text")).toHaveText("Done", { timeout: 120_000 });
  expect(await networks.textContent()).toBe("16,801 networks");
  const shown = await page.evaluate(() => [...(globalThis as unknown as { shown: Set<string> }).shown]);
  expect(shown.length).toBeGreaterThan(5);
  await expect(page.getByRole("row", { name: /all layers 5,600/ })).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await open(page, "few");
    await run(page);
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"])
      .analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)).toEqual(
      [],
    );
  });
}

test("nothing is cut off on a page 360 pixels wide", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, "few");
  await run(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});
