/**
 * Between the worker's events and the page: events wait here and are taken in once an animation frame, a few
 * milliseconds at a time, so that a burst of 100,000 records never holds up a click.
 */

/** Asks for `callback` before the next repaint; where the page is hidden and repaints nothing, soon. */
export type Schedule = (callback: () => void) => void;

/** A frame of a visible page, a timer of a hidden one. */
export const nextFrame: Schedule = (callback) => {
  if (document.visibilityState === "visible") requestAnimationFrame(callback);
  else setTimeout(callback, 100);
};

/** Milliseconds of one frame that taking in may use. */
const BUDGET_MS = 8;

export interface EventQueue<Item> {
  push(item: Item): void;
  /** Resolves once everything pushed so far has been taken in. */
  drained(): Promise<void>;
}

/**
 * A queue that gives its items to `take`, in order, in slices of a few milliseconds, and calls `settle` once after each
 * slice.
 */
export function eventQueue<Item>(
  take: (item: Item) => void,
  settle: () => void,
  schedule: Schedule,
  now: () => number = () => performance.now(),
): EventQueue<Item> {
  let waiting: Item[] = [];
  let next = 0;
  let scheduled = false;
  let emptied: (() => void)[] = [];
  const slice = () => {
    scheduled = false;
    const started = now();
    try {
      do take(waiting[next++]!);
      while (next < waiting.length && now() - started < BUDGET_MS);
    } finally {
      if (next < waiting.length) request();
      else {
        waiting = [];
        next = 0;
      }
      settle();
      if (next === 0) {
        for (const resolve of emptied) resolve();
        emptied = [];
      }
    }
  };
  const request = () => {
    if (scheduled) return;
    scheduled = true;
    schedule(slice);
  };
  return {
    push: (item) => {
      waiting.push(item);
      request();
    },
    drained: () => (waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => void emptied.push(resolve))),
  };
}
