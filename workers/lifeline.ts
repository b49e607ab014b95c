/**
 * Tells a page that a worker is gone. A worker holds a lock for as long as it lives; whoever gets the lock after it knows
 * that it died, however it died. Workers that crash or are terminated send no event of their own.
 */

/** In the worker: holds the lock until the worker ends. Resolves once it is held. */
export function holdLifeline(name: string): Promise<void> {
  return new Promise((held) => {
    void navigator.locks.request(name, () => {
      held();
      return new Promise(() => {});
    });
  });
}

/** In the page: resolves when the holder of the lock is gone; rejects with AbortError where `signal` says so. */
export function untilLifelineEnds(name: string, signal: AbortSignal): Promise<void> {
  return navigator.locks.request(name, { signal }, () => {});
}
