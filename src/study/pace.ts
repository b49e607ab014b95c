/** How fast something goes, and how long it will take. */

export interface Pace {
  readonly perSecond: number | null;
  readonly etaMs: number | null;
}

/** Before anything was measured. */
export const NO_PACE: Pace = { perSecond: null, etaMs: null };

/** Rate and time left since the first report: what came before it compiled and tuned. */
export function pacer(): (done: number, total: number) => Pace {
  let first: { readonly ms: number; readonly done: number } | null = null;
  return (done, total) => {
    const nowMs = performance.now();
    first ??= { ms: nowMs, done };
    const perMs = (done - first.done) / (nowMs - first.ms);
    if (!(perMs > 0 && Number.isFinite(perMs))) return NO_PACE;
    return { perSecond: 1000 * perMs, etaMs: Math.max(0, total - done) / perMs };
  };
}
