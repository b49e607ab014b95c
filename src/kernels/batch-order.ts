/** Which samples the rows of a batch are, for every network that trains (shaders/lib/batch-order.wgsl). */

/** `rows` rows of each of `networks` networks, network after network: row r of network n is its sample at place start + r. */
export interface BatchRows {
  readonly networks: number;
  readonly rows: number;
  readonly start: number;
  /** Samples from one network's order to the next; 0: one order for all; null: the samples as they come, `order` is not read. */
  readonly orderStride: number | null;
}

/** The rows as a shader's parameters. */
export function batchParameters({ networks, rows, start, orderStride }: BatchRows) {
  return { networks, rows, start, useOrder: orderStride === null ? 0 : 1, orderStride: orderStride ?? 0 };
}
