/**
 * The engine for a page without a user: what the command line drives through Playwright. Calls go in and answers come
 * out as JSON; typed arrays travel as base64 under $u8 and $u32, but files, which may be larger than a string can be,
 * over HTTP. A run's events are handed over one at a time, so that a slow disk slows the engine's stream down instead of
 * filling memory.
 */
import { type ErrorReport, reportOf } from "../src/core/errors.ts";
import { decode, encode } from "../src/core/json-arrays.ts";
import { type CheckOptions, type EngineRun, startEngine } from "./client.ts";
import { handOver } from "./hand-over.ts";
import type { FileSource, Files, ModelRunRequest, RunEvent, RunRequest } from "./protocol.ts";
import { bytesOf } from "./study-files.ts";

declare global {
  /** Set by the command line. */
  var lesionEvent: ((event: unknown) => Promise<void>) | undefined;
  var lesion: Record<string, (...args: unknown[]) => Promise<{ ok?: unknown; error?: ErrorReport }>>;
}

const engine = startEngine();
/** The run under way, also while what it begins with is still being fetched: what is asked of it meanwhile waits for it. */
let current: Promise<EngineRun> | null = null;

type Request = Omit<RunRequest, "id">;

/** A run as the command line asks for it: its trained networks are addresses. */
interface AddressedRequest extends Omit<Request, "trained"> {
  readonly trained?: { readonly trained: FileSource; readonly untrained: FileSource };
}

const cancel = async () => (await current)?.cancel();

const calls = {
  adapter: () => engine.adapter(),
  inspect: (name: string, files: Files) => engine.inspect(name, files),
  plan: (request: Request) => engine.plan(request),
  runModel: (request: ModelRunRequest) => engine.runModel(request),
  async run(request: AddressedRequest, artifacts: string) {
    let handedOver: Promise<unknown> = Promise.resolve();
    const hand = (event: RunEvent) => {
      handedOver = handedOver.then(() =>
        event.kind === "artifact"
          ? handOver(`${artifacts}/${encodeURIComponent(event.name)}`, event.name, event.bytes)
          : globalThis.lesionEvent?.(encode(event)),
      );
      return handedOver.then(() => {}).catch(() => cancel().catch(() => {}));
    };
    current = fetched(request).then((whole) => engine.run(whole, hand));
    try {
      return await (await current).done;
    } finally {
      // Also of a run that failed: whoever goes on from its journal must have all of it.
      await handedOver;
      current = null;
    }
  },
  pause: async () => (await current)?.pause(),
  resume: async () => (await current)?.resume(),
  cancel,
  check: (request: Request, options: CheckOptions) => engine.check(request, options),
  kill: async () => engine.kill(),
  loseDevice: () => engine.loseDevice(),
  bench: async (name: string, options: Record<string, unknown>) =>
    (await import("../bench/page.ts")).runBenchmark(name, options),
} satisfies Record<string, (...args: never[]) => Promise<unknown>>;

async function fetched({ trained: addresses, ...request }: AddressedRequest): Promise<Request> {
  if (addresses === undefined) return request;
  const [trained, untrained] = await Promise.all([
    bytesOf(addresses.trained, "trained.onnx"),
    bytesOf(addresses.untrained, "untrained.onnx"),
  ]);
  return { ...request, trained: { trained, untrained } };
}

/** Each call resolves to { ok } or { error }: an exception would lose all but its message on the way to Node. */
globalThis.lesion = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      try {
        const result = await (call as (...given: unknown[]) => Promise<unknown>)(...args.map(decode));
        return { ok: encode(result) };
      } catch (error) {
        return { error: reportOf(error) };
      }
    },
  ]),
);
