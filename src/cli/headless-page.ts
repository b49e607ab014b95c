/**
 * The lab's page in a headless browser, as the engine of the command line. The page is a thin transport: it forwards
 * calls to its worker and hands every event back before it takes the next, so that a slow disk slows the engine down
 * instead of filling memory. Files cross over HTTP, both ways: they may be larger than a string can be.
 */
import type { Browser, Page } from "playwright";
import type {
  CheckReport,
  FileSource,
  Files,
  ModelReport,
  ModelRunOutput,
  ModelRunRequest,
  PlanReport,
  RunEvent,
  RunRequest,
} from "../../workers/protocol.ts";
import { type ErrorReport, errorOf, LesionError } from "../core/errors.ts";
import { decode, encode } from "../core/json-arrays.ts";
import type { AdapterReport, EndRecord } from "../study/records.ts";
import { within } from "./browser-probe.ts";
import { type Receiver, startServer } from "./server.ts";

/** A request as the page takes it: files are addresses. */
export interface PageRequest extends Omit<RunRequest, "id" | "trained"> {
  readonly trained?: { readonly trained: FileSource; readonly untrained: FileSource };
}

/** What `globalThis.lesion` of the page answers; see workers/headless.ts. */
export interface HeadlessCalls {
  adapter(): AdapterReport;
  inspect(name: string, files: Files): ModelReport;
  plan(request: PageRequest): PlanReport;
  runModel(request: ModelRunRequest): readonly ModelRunOutput[];
  /** Files that the run gives are PUT below `artifacts`, an address of `receive`. */
  run(request: PageRequest, artifacts: string): EndRecord;
  pause(): void;
  resume(): void;
  cancel(): void;
  check(
    request: PageRequest,
    options: { samples: number; ablations: number; reference: "tfjs-webgpu" | "float64" },
  ): CheckReport;
  kill(): void;
  loseDevice(): void;
  bench(name: string, options: Readonly<Record<string, unknown>>): unknown;
}

/** The page, opened. Disposing closes browser and server. */
export interface HeadlessPage extends AsyncDisposable {
  /** Gives a file an address that the page can read. */
  share(path: string): string;
  /** Makes an address below which the page can PUT files. */
  receive(take: Receiver): string;
  /** Calls the engine. Rejects with the engine's LesionError, or `worker-died` where page or browser went away. */
  call<Name extends keyof HeadlessCalls>(
    name: Name,
    ...args: Parameters<HeadlessCalls[Name]>
  ): Promise<ReturnType<HeadlessCalls[Name]>>;
}

/** Files as the page takes them: at addresses of its own server. */
export function shared(page: Pick<HeadlessPage, "share">, files: ReadonlyMap<string, string>): Files {
  return Object.fromEntries(Array.from(files, ([name, path]) => [name, { url: page.share(path) }]));
}

export interface PageOptions {
  /** Folder of the built lab. */
  readonly labFolder: string;
  readonly browser: { readonly executablePath: string; readonly args: readonly string[] };
  /** Gets a run's events, in order, one at a time. Where it throws, the page's run fails with that error. */
  readonly onEvent?: (event: RunEvent) => void | Promise<void>;
  /** Gets what the page writes to its console as errors. */
  readonly onConsole?: (line: string) => void;
  /** How long the page may take to set its engine. */
  readonly startTimeoutMs?: number;
}

const START_TIMEOUT_MS = 60_000;

/** Serves the lab, starts the browser and opens the page. Throws `no-browser`, or `internal` where the page fails. */
export async function openHeadlessPage(options: PageOptions): Promise<HeadlessPage> {
  const server = await startServer(options.labFolder);
  let browser: Browser | null = null;
  const close = async () => {
    await within(5000, browser?.close() ?? Promise.resolve()).catch(() => {});
    await server[Symbol.asyncDispose]();
  };
  try {
    browser = await launch(options);
    const page = await browser.newPage();
    const gone = goneSignal(browser, page);
    await start(page, `${server.origin}/index.html?headless`, options);
    return {
      share: server.share,
      receive: server.receive,
      call: async (name, ...args) => {
        const asked = page.evaluate(callInPage, { name, text: JSON.stringify(args.map(encode)) });
        const answer = await Promise.race([gone, asked]).catch(diedOf);
        if (answer.error !== undefined) throw errorOf(answer.error);
        // The page's answer has the type that HeadlessCalls declares; what carries it is untyped JSON.
        return decode(answer.ok) as never;
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Opens the address and waits for the engine. */
async function start(page: Page, address: string, options: PageOptions): Promise<void> {
  const { onEvent, onConsole, startTimeoutMs: timeout = START_TIMEOUT_MS } = options;
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") onConsole?.(message.text());
  });
  await page.exposeBinding("lesionEvent", (_, event: unknown) => onEvent?.(decode(event) as RunEvent));
  try {
    await page.goto(address, { timeout });
    await page.waitForFunction(() => "lesion" in globalThis, null, { timeout });
  } catch (cause) {
    throw new LesionError("internal", `the lab's page did not start: ${failures.join("; ") || "it set no engine"}`, {
      where: address,
      fix: "Type: npm run build",
      cause,
    });
  }
}

interface Answer {
  readonly ok?: unknown;
  readonly error?: ErrorReport;
}

/** Runs in the page. Arguments come as one text: as objects, 100,000 addresses of images take Playwright a minute. */
function callInPage({ name, text }: { name: string; text: string }): Promise<Answer> {
  const engine: Record<string, (...args: unknown[]) => Promise<Answer>> = Reflect.get(globalThis, "lesion");
  return engine[name]!(...JSON.parse(text));
}

async function launch({ browser: { executablePath, args } }: PageOptions): Promise<Browser> {
  const { chromium } = await import("playwright");
  // Ctrl+C is the command line's: it finishes the batch under way first.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  try {
    return await chromium.launch({ executablePath, args: [...args], timeout: START_TIMEOUT_MS, ...signals });
  } catch (cause) {
    throw new LesionError("no-browser", `the browser did not start: ${(cause as Error).message.split("\n")[0]}`, {
      where: executablePath,
      fix: "Type: npx lesion doctor",
      cause,
    });
  }
}

/** Rejects once the page crashes or the browser ends. */
function goneSignal(browser: Browser, page: Page): Promise<never> {
  const gone = new Promise<never>((_, fail) => {
    page.on("crash", () => fail(workerDied("the browser's page crashed")));
    browser.on("disconnected", () => fail(workerDied("the browser ended")));
  });
  gone.catch(() => {});
  return gone;
}

function diedOf(cause: unknown): never {
  throw cause instanceof LesionError ? cause : workerDied(`the page went away: ${(cause as Error).message}`, cause);
}

function workerDied(message: string, cause?: unknown): LesionError {
  return new LesionError("worker-died", message, {
    fix: "Run again with --resume; nothing that was recorded is lost.",
    cause,
  });
}
