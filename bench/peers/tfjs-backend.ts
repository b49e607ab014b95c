/**
 * TensorFlow.js as its users run it, set up as fast as its documentation allows, with the settings it ended up with so
 * that a benchmark can record them.
 */
// The published script, not a bundled copy: TensorFlow.js starts its threads from the text of one of its functions, which
// a bundler's renaming breaks.
import scriptUrl from "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.es2017.min.js?url";
import plainUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simdUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import { LesionError } from "../../src/core/errors.ts";
import { loadTfjsWebgpu, type Tfjs } from "../../src/reference/tfjs.ts";

export type PeerBackend = "webgpu" | "wasm";

/** What a backend was set to, as a benchmark records it. */
export type PeerSettings = { readonly version: string } & (
  | { readonly backend: "webgpu"; readonly cpuForward: false }
  | { readonly backend: "wasm"; readonly simd: boolean; readonly threads: number }
);

/** A backend that has started. */
export interface Peer {
  readonly tf: Tfjs;
  readonly settings: PeerSettings;
  /** Makes the backend the current one: TensorFlow.js has one a page. Calls of two backends must not overlap in time. */
  activate(): Promise<void>;
}

/**
 * Starts a backend. wasm uses SIMD where there is any, and threads where the page is cross-origin isolated, as
 * TensorFlow.js decides by itself. Throws `no-gpu` or `unsupported` where the backend does not start.
 */
export async function startPeer(backend: PeerBackend): Promise<Peer> {
  const { tf, settings } = backend === "webgpu" ? await startWebgpu() : await startWasm();
  const activate = async () => {
    if (tf.getBackend() !== backend) await tf.setBackend(backend);
  };
  return { tf, settings, activate };
}

async function startWebgpu(): Promise<Omit<Peer, "activate">> {
  const tf = await loadTfjsWebgpu();
  return { tf, settings: { backend: "webgpu", version: tf.version_core, cpuForward: false } };
}

async function startWasm(): Promise<Omit<Peer, "activate">> {
  const tf = await import("@tensorflow/tfjs-core");
  const wasm = await loadWasmBackend(tf);
  wasm.setWasmPaths({
    "tfjs-backend-wasm.wasm": plainUrl,
    "tfjs-backend-wasm-simd.wasm": simdUrl,
    "tfjs-backend-wasm-threaded-simd.wasm": threadedUrl,
  });
  if (!(await tf.setBackend("wasm"))) {
    throw new LesionError("unsupported", "TensorFlow.js could not start its WebAssembly backend", {
      fix: "Leave the wasm peer out of the benchmark.",
    });
  }
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const threaded = await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT");
  const threads = simd && threaded ? wasm.getThreadsCount() : 1;
  return { tf, settings: { backend: "wasm", version: tf.version_core, simd: simd === true, threads } };
}

/** Runs the backend's script, which registers itself with the TensorFlow.js it finds under the global name `tf`. */
async function loadWasmBackend(tf: Tfjs): Promise<typeof import("@tensorflow/tfjs-backend-wasm")> {
  const shared = globalThis as { tf?: Record<string, unknown> };
  shared.tf ??= { ...tf };
  if (!shared.tf["wasm"]) {
    const script = Object.assign(document.createElement("script"), { src: scriptUrl });
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new LesionError("not-found", `${scriptUrl} could not be loaded`));
      document.head.append(script);
    });
  }
  return shared.tf["wasm"] as typeof import("@tensorflow/tfjs-backend-wasm");
}
