/**
 * Threads that decode images while the engine's own thread feeds the GPU. Made when the first image is decoded and kept
 * as long as the page; a thread that dies takes the images it had with it, and the next image starts another.
 */
import { type ErrorReport, errorOf, LesionError } from "../../core/errors.ts";
import { type Decode, decodeHere } from "./decode.ts";
import type { FitOptions } from "./fit.ts";
import type { Pixels } from "./resize.ts";

export interface DecodeRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly options: FitOptions;
}
export type DecodeAnswer =
  | { readonly id: number; readonly pixels: Pixels }
  | { readonly id: number; readonly error: ErrorReport };

/** Threads: as many as leave the engine and the page one each. */
const THREADS = Math.max(1, Math.min(8, (globalThis.navigator?.hardwareConcurrency ?? 2) - 2));

/** Images that a reader should keep under way: enough that a thread finds the next one there when it has done one. */
export const IMAGES_UNDER_WAY = 2 * THREADS;

interface Waiting {
  readonly resolve: (pixels: Pixels) => void;
  readonly reject: (error: LesionError) => void;
}
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

const threads: Thread[] = [];
let requests = 0;

/**
 * Decodes on the thread with the least to do; `bytes` are given away and must have memory of their own. Where threads
 * cannot be had, decodes here.
 */
export const decodeInPool: Decode = (bytes, name, options) => {
  if (typeof Worker === "undefined") return decodeHere(bytes, name, options);
  const { worker, waiting } = leastBusy();
  const id = requests++;
  return new Promise<Pixels>((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, bytes, name, options } satisfies DecodeRequest, [bytes.buffer]);
  });
};

function leastBusy(): Thread {
  const idle = threads.find(({ waiting }) => waiting.size === 0);
  if (idle) return idle;
  if (threads.length < THREADS) return started();
  return threads.reduce((least, thread) => (thread.waiting.size < least.waiting.size ? thread : least));
}

function started(): Thread {
  const worker = new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module", name: "decode" });
  const thread: Thread = { worker, waiting: new Map() };
  worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => {
    const asked = thread.waiting.get(data.id);
    thread.waiting.delete(data.id);
    if ("pixels" in data) asked?.resolve(data.pixels);
    else asked?.reject(errorOf(data.error));
  };
  worker.onerror = (event) => {
    threads.splice(threads.indexOf(thread), 1);
    worker.terminate();
    const error = new LesionError("worker-died", `the thread that decodes images ended: ${event.message}`, {
      fix: "Run again with --resume; nothing that was recorded is lost.",
    });
    for (const { reject } of thread.waiting.values()) reject(error);
  };
  threads.push(thread);
  return thread;
}
