/**
 * A run's events on their way from the worker to the page: in order, and never more than a few ahead of whoever takes
 * them, so that a slow disk slows the run down instead of filling memory.
 */
import type { RunEvent } from "./protocol.ts";

/** How many events may be on their way when the next batch is started. */
const MOST_AHEAD = 8;

/** The worker's end. */
export interface EventSender {
  send(event: RunEvent, transferred?: Transferable[]): void;
  /** Resolves once few enough events are on their way. */
  caughtUp(): Promise<void>;
  /** Says that nothing follows. */
  end(): void;
}

/** Sends events through a port whose other end is given to `receiveEvents`. */
export function sendEvents(port: MessagePort): EventSender {
  let ahead = 0;
  let onTaken = () => {};
  port.onmessage = () => {
    ahead--;
    onTaken();
  };
  return {
    send(event, transferred = []) {
      ahead++;
      port.postMessage(event, transferred);
    },
    async caughtUp() {
      while (ahead > MOST_AHEAD) {
        await new Promise<void>((resolve) => {
          onTaken = resolve;
        });
      }
    },
    end: () => port.postMessage(null),
  };
}

/**
 * Calls `take` with every event in order; where that gives a promise, the event counts as taken once it settles. Resolves
 * when all events were handed over.
 */
export function receiveEvents(port: MessagePort, take: (event: RunEvent) => void | Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<RunEvent | null>) => {
      if (data === null) resolve();
      else void (async () => take(data))().finally(() => port.postMessage(null));
    };
  });
}
