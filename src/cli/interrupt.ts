/** Ctrl+C: once asks a run to finish its batch and save, twice ends the command at once. */

/** Listens for Ctrl+C and SIGTERM until disposed. `signal` aborts at the first; the second ends the process with 130. */
export function listenForInterrupt(onFirst: () => void): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) process.exit(130);
    onFirst();
    controller.abort();
  };
  process.on("SIGINT", handle).on("SIGTERM", handle);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off("SIGINT", handle).off("SIGTERM", handle);
    },
  };
}
