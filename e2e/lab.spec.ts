/**
 * The lab as a person uses it, in the built product: run, steer, look, sort, save, recover. The study is the default one,
 * made small enough for a processor that stands in for a GPU.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "playwright/test";
import { longestTaskMs } from "./main-thread.ts";
import { sharedData } from "./shared-data.ts";

interface StudySize {
  readonly samples: number;
  readonly sweeps: readonly object[];
}

const UNITS = { ablate: "each-unit", layers: "all" };
const PAIRS = { ablate: "pairs", layers: [0] };
const SMALL: StudySize = { samples: 500, sweeps: [UNITS, PAIRS] };
/** Long enough to be paused: 9,600 random sets beside the units and pairs. */
const LONG: StudySize = {
  samples: 4000,
  sweeps: [
    UNITS,
    PAIRS,
    { ablate: "fraction", layers: "all", fractions: [0.1, 0.3, 0.5, 0.7], draws: 1200, choose: "random" },
  ],
};

function studyOf({ samples, sweeps }: StudySize) {
  return {
    version: 1,
    name: "small",
    model: {
      build: {
        input: 784,
        layers: [
          { units: 20, activation: "relu" },
          { units: 10, activation: "relu" },
          { units: 10, activation: "linear" },
        ],
      },
      train: { epochs: 1, batch: 128, limit: 3000, optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 } },
    },
    data: { set: "digits", split: "test", limit: samples },
    sweeps,
  };
}

async function open(page: Page, size: StudySize): Promise<void> {
  await page.goto("./");
  await page.getByText("Study document", { exact: true }).click();
  await page.getByLabel("Study document, JSON").fill(JSON.stringify(studyOf(size)));
}

const state = (page: Page, text: string) =>
  expect(page.locator(".progress-text")).toHaveText(text, { timeout: 120_000 });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

test("one click: the network is trained, rows arrive, and everything can be looked at and saved", async ({ page }) => {
  await open(page, SMALL);
  await button(page, "Run").click();
  await state(page, "Done");
  await expect(page.getByText("220 rows")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Without each unit of dense_0" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Without each pair of dense_0" })).toBeVisible();

  const first = page.locator("tr.row").first();
  const drop = async () => Number(((await first.locator("td").nth(2).textContent()) ?? "").replace("\u2212", "-"));
  const largest = await drop();
  await page.getByRole("button", { name: /^Drop pp/ }).click();
  expect(await drop()).toBeLessThan(largest);
  await expect(page).toHaveURL(/sort=drop:asc/);

  await first.click();
  await expect(first).toHaveAttribute("aria-selected", "true");
  await expect(page).toHaveURL(/row=\d+/);

  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "CSV").click()]);
  const csv = await readFile(await download.path(), "utf8");
  expect(csv.trimEnd().split("\r\n").length).toBe(221);
  const [network] = await Promise.all([page.waitForEvent("download"), button(page, "trained.onnx").click()]);
  expect((await readFile(await network.path())).length).toBeGreaterThan(60_000);
});

test("the charts answer to the keyboard", async ({ page }) => {
  await open(page, SMALL);
  await button(page, "Run").click();
  await state(page, "Done");
  const chart = page.getByRole("slider", { name: /Without each unit of dense_0/ });
  await chart.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(chart).toHaveAttribute("aria-valuetext", /^unit 2: /);
  await page.keyboard.press("ArrowDown");
  await expect(chart).toHaveAttribute("aria-valuetext", /^unit 2, class 0: /);
  await page.keyboard.press("Enter");
  await expect(page.locator('tr[aria-selected="true"] td').first()).toContainText("dense_0: 2");
});

test("a run pauses, resumes, is cancelled, and goes on from there", async ({ page }) => {
  await open(page, LONG);
  await button(page, "Run").click();
  await expect(page.locator("tr.row").first()).toBeVisible({ timeout: 120_000 });
  await button(page, "Pause").click();
  await state(page, "Paused");
  await button(page, "Resume").click();
  await button(page, "Cancel").click();
  await state(page, "Cancelled");
  const measured = await rows(page);
  expect(measured).toBeLessThan(9820);
  await button(page, "Resume").click();
  await state(page, "Done");
  expect(await rows(page)).toBe(9820);
});

test("a worker that dies loses nothing: the run resumes from what had arrived", async ({ page }) => {
  await open(page, LONG);
  await button(page, "Run").click();
  await expect(page.locator("tr.row").first()).toBeVisible({ timeout: 120_000 });
  await page.evaluate(() => (globalThis as unknown as { lesionEngine: { kill(): void } }).lesionEngine.kill());
  await state(page, "Interrupted");
  await expect(page.locator(".notice.error")).toBeVisible();
  const before = await rows(page);
  await button(page, "Resume").click();
  await state(page, "Done");
  expect(before).toBeLessThan(9820);
  expect(await rows(page)).toBe(9820);
});

test("dropped images become the data with their labels, and say what else they need", async ({ page }) => {
  await page.goto("./");
  const file = (name: string) => ({ name, mimeType: "", buffer: Buffer.from("file,class\n1.png,0\n") });
  await page.getByLabel("Choose data").setInputFiles([file("1.png")]);
  await expect(page.getByText(/labels\.csv with the columns file,class/)).toBeVisible();
  await page.getByLabel("Choose data").setInputFiles([file("labels.csv")]);
  await expect(page.getByText("Images, test split")).toBeVisible();
  await page.getByLabel("Crop").fill("224");
  await page.getByLabel("Crop").blur();
  await expect(page.getByLabel("Crop")).toHaveAttribute("aria-invalid", "false");
  await page.getByRole("button", { name: "use the embedded digits" }).click();
  await expect(page.getByText("Embedded digits", { exact: true })).toBeVisible();
  // Dropped folders are handed on as files named by their paths.
  expect(await page.evaluate(() => new File([], "cats/1.png").name)).toBe("cats/1.png");
});

test("a study dropped with its models and data is ready to run as it is written", async ({ page }) => {
  const [models, mnist] = [sharedData("models"), sharedData("mnist")];
  test.skip(models === null || mnist === null, "the shared data is not there");
  await page.goto("./");
  const names = ["mlp-20-10-trained.onnx", "mlp-20-10-untrained.onnx"];
  const study = resolve(import.meta.dirname, "../studies/meyes-mlp.json");
  await page.getByLabel("Choose a model").setInputFiles([study, ...names.map((name) => join(models!, name))]);
  await state(page, "Drop the IDX files of the test split: images and labels.");
  const files = ["images-idx3", "labels-idx1"].map((name) => join(mnist!, `t10k-${name}-ubyte.gz`));
  await page.getByLabel("Choose data").setInputFiles(files);
  await state(page, "Ready");
  await expect(page.getByText("before training: mlp-20-10-untrained.onnx")).toBeVisible();
  await expect(page.getByText("Each unit of all layers", { exact: true })).toBeVisible();
  await expect(page.locator(".notice")).toHaveCount(0);
  const document = JSON.parse(await page.getByLabel("Study document, JSON").inputValue());
  expect(document.model).toEqual({ file: names[0], initial: names[1], train: null });
});

test("a damaged model and a wrong study are told with a remedy, and change nothing", async ({ page }) => {
  await page.goto("./");
  await page.getByLabel("Choose a model").setInputFiles({
    name: "broken.onnx",
    mimeType: "application/octet-stream",
    buffer: Buffer.from([8, 7, 0xff, 0xff, 0xff]),
  });
  const notice = page.locator(".notice.error");
  await expect(notice).toContainText("broken.onnx");
  await expect(page.getByText("784 \u2013 20 \u2013 10 \u2013 10", { exact: true })).toBeVisible();
  await notice.getByRole("button", { name: "Dismiss this message" }).click();
  await expect(notice).toHaveCount(0);

  await page.getByText("Study document", { exact: true }).click();
  await page.getByLabel("Study document, JSON").fill('{ "version": 1, "sweps": [] }');
  await expect(page.locator("#study-problem")).toContainText("sweps");
  await expect(page.locator("#study-problem")).toContainText("sweeps");
  await expect(button(page, "Run")).toBeDisabled();
  await button(page, "Back to the last valid study").click();
  await expect(button(page, "Run")).toBeEnabled();
});

test("what is wrong with a number is past when another network is chosen", async ({ page }) => {
  await page.goto("./");
  const problem = page.getByText('"many" is not a number.');
  await page.getByLabel("Epochs", { exact: true }).fill("many");
  await page.getByLabel("Epochs", { exact: true }).blur();
  await expect(problem).toBeVisible();
  await page.getByLabel("Network", { exact: true }).selectOption("convolutional");
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveValue("2");
  await expect(problem).toHaveCount(0);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await open(page, SMALL);
    await expectAccessible(page);
    await button(page, "Run").click();
    await state(page, "Done");
    await expectAccessible(page);
  });
}

test("nothing is cut off on a page 360 pixels wide", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, SMALL);
  await button(page, "Run").click();
  await state(page, "Done");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test.describe("the main thread", { tag: "@alone" }, () => {
  // A collection of garbage may fall into any task: one unlucky one is not the lab's fault.
  test.describe.configure({ retries: 2 });

  test("is never held for more than 50 ms by the lab while a run streams in", async ({ page }) => {
    await open(page, LONG);
    const longest = await longestTaskMs(page, async () => {
      await button(page, "Run").click();
      await state(page, "Done");
    });
    expect(longest).toBeLessThanOrEqual(50);
  });
});

async function rows(page: Page): Promise<number> {
  const text = (await page.locator(".table-card header .quiet").textContent()) ?? "";
  return Number(text.replace(/\D/g, ""));
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"])
    .analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)).toEqual(
    [],
  );
}
