/**
 * The page's side of the engine: a worker that is started when it is needed, calls that reject when it dies, and runs
 * whose events arrive in order. The reference has a worker of its own, so that TensorFlow.js loads only for a check.
 */
import { type Remote, transfer, wrap } from "comlink";
import { LesionError } from "../src/core/errors.ts";
import type { AdapterReport, EndRecord } from "../src/study/records.ts";
import "./errors-over-comlink.ts";
import { receiveEvents } from "./event-stream.ts";
import { untilLifelineEnds } from "./lifeline.ts";
import type {
  CheckReport,
  EngineApi,
  Files,
  ModelReport,
  ModelRunOutput,
  ModelRunRequest,
  PlanReport,
  ReferenceApi,
  RunEvent,
  RunRequest,
} from "./protocol.ts";

/** A run under way. */
export interface EngineRun {
  /** The end record; rejects with a LesionError, also when the worker died. */
  readonly done: Promise<EndRecord>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Finishes the batch under way, then ends with state "cancelled". */
  cancel(): Promise<void>;
}

export interface CheckOptions {
  readonly samples: number;
  readonly ablations: number;
  readonly reference: "tfjs-webgpu" | "float64";
}

/** The engine, as pages use it. All promises reject with a LesionError. */
export interface Engine extends Disposable {
  adapter(): Promise<AdapterReport>;
  /** `name` is the path of the model among `files`; what belongs to it is looked for beside it. */
  inspect(name: string, files: Files): Promise<ModelReport>;
  plan(request: Omit<RunRequest, "id">): Promise<PlanReport>;
  runModel(request: ModelRunRequest): Promise<readonly ModelRunOutput[]>;
  /**
   * Starts a run; `onEvent` is called in the order in which things happened. Where it gives promises, the run waits when
   * too many are unsettled.
   */
  run(request: Omit<RunRequest, "id">, onEvent: (event: RunEvent) => void | Promise<void>): EngineRun;
  check(request: Omit<RunRequest, "id">, options: CheckOptions): Promise<CheckReport>;
  /** Gives the GPU device up, as a driver reset would. */
  loseDevice(): Promise<void>;
  /** Ends the worker at once, as a crash would: calls under way reject with `worker-died`, a later call starts anew. */
  kill(): void;
}

/** A worker with its remote interface, and what rejects when it is gone. */
interface Started<Api> {
  readonly worker: Worker;
  readonly remote: Remote<Api>;
  readonly died: Promise<never>;
  end(): void;
}

let started = 0;

/** Starts a worker under a name of its own, which is also the name of its lifeline. */
function start<Api>(make: (name: string) => Worker, what: string): Started<Api> {
  const name = `lesion-${what}-${++started}-${crypto.randomUUID()}`;
  const worker = make(name);
  const remote = wrap<Api>(worker);
  const watching = new AbortController();
  let fail: (error: LesionError) => void = () => {};
  const died = new Promise<never>((_, reject) => {
    fail = reject;
  });
  died.catch(() => {}); // Only calls that race against it care.
  const gone = (message: string) => {
    watching.abort();
    fail(new LesionError("worker-died", message, { fix: "Resume the run; what was journaled is kept." }));
  };
  worker.addEventListener("error", (event) => {
    gone(`the ${what} worker failed: ${event.message || "its script could not be loaded"}`);
    worker.terminate();
  });
  // The lock is asked for once the worker holds it, or the page would get it first.
  const watch = async () => {
    while (!watching.signal.aborted) {
      const held = (await navigator.locks.query()).held?.some((lock) => lock.name === name);
      if (held) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await untilLifelineEnds(name, watching.signal);
    gone(`the ${what} worker died`);
  };
  watch().catch(() => {});
  return {
    worker,
    remote,
    died,
    end() {
      worker.terminate();
      gone(`the ${what} worker was ended`);
    },
  };
}

/** A call that rejects when its worker is gone. */
function on<Api, Result>(
  { remote, died }: Started<Api>,
  of: (remote: Remote<Api>) => Promise<Result>,
): Promise<Result> {
  return Promise.race([of(remote), died]);
}

/** Makes an engine; its worker starts with the first call. */
export function startEngine(): Engine {
  let engine: Started<EngineApi> | null = null;
  const running = (): Started<EngineApi> => {
    if (engine) return engine;
    const fresh = start<EngineApi>(
      (name) => new Worker(new URL("./engine.worker.ts", import.meta.url), { type: "module", name }),
      "engine",
    );
    engine = fresh;
    fresh.died.catch(() => {
      if (engine === fresh) engine = null;
    });
    return fresh;
  };
  const call = <Result>(of: (remote: Remote<EngineApi>) => Promise<Result>): Promise<Result> => on(running(), of);

  return {
    adapter: () => call((remote) => remote.adapter()),
    inspect: (name, files) => call((remote) => remote.inspect(name, files)),
    plan: (request) => call((remote) => remote.plan(request)),
    runModel: (request) => call((remote) => remote.runModel(request)),
    run(request, onEvent) {
      const id = crypto.randomUUID();
      const { port1, port2 } = new MessageChannel();
      // The answer to the call may overtake the events.
      const delivered = receiveEvents(port1, onEvent);
      const worker = running();
      const ended = on(worker, (remote) => remote.run({ ...request, id }, transfer(port2, [port2])));
      const done = ended
        .then((end) => Promise.race([delivered.then(() => end), worker.died]))
        .finally(() => port1.close());
      // To the run's own worker: a new one would know nothing of it.
      return {
        done,
        pause: () => on(worker, (remote) => remote.pause(id)),
        resume: () => on(worker, (remote) => remote.resume(id)),
        cancel: () => on(worker, (remote) => remote.cancel(id)),
      };
    },
    async check(request, { reference, ...size }) {
      const sample = await call((remote) => remote.checkRequest(request, size));
      const checker = start<ReferenceApi>(
        (name) => new Worker(new URL("./reference.worker.ts", import.meta.url), { type: "module", name }),
        "reference",
      );
      try {
        return await on(checker, (remote) => remote.check(sample, reference));
      } finally {
        checker.end();
      }
    },
    loseDevice: () => call((remote) => remote.loseDevice()),
    kill() {
      engine?.end();
      engine = null;
    },
    [Symbol.dispose]() {
      engine?.end();
      engine = null;
    },
  };
}
