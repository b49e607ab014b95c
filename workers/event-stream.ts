/**
 * A run's events on their way from the worker to the page: in order, and never more than a few ahead of whoever takes
 * them, so that a slow disk slows the run down instead of filling memory.
 */
import type { RunEvent } from "./protocol.ts";

/** How many events may be on their way when the next batch is started. */
const MOST_AHEAD = 8;
/** How many bytes of files: a training's state may have hundreds of MiB. */
const MOST_BYTES_AHEAD = 64 * 2 ** 20;

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
  /** Bytes of each event on its way; they are taken in order. */
  const ahead: number[] = [];
  let onTaken = () => {};
  port.onmessage = () => {
    ahead.shift();
    onTaken();
  };
  return {
    send(event, transferred = []) {
      ahead.push(event.kind === "artifact" ? event.bytes.byteLength : 0);
      port.postMessage(event, transferred);
    },
    async caughtUp() {
      while (ahead.length > MOST_AHEAD || ahead.reduce((sum, bytes) => sum + bytes, 0) > MOST_BYTES_AHEAD) {
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
