/** Gives way to what else waits for this thread. */

/**
 * Resolves in a later task, after messages that have arrived. A message to oneself, because browsers make nested timers
 * wait 4 ms, which between batches of a fast GPU would be most of the time.
 */
export function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
