/**
 * The order of table rows. A stable radix sort of float keys: 100,000 rows take a few milliseconds, where comparing them
 * pair by pair would make the page stutter on every click and on every batch that arrives.
 */

/** Positions of `keys` in ascending order, or descending; equal keys keep their order, and NaN comes last either way. */
export function orderOf(keys: Float32Array, descending = false): Uint32Array {
  const count = keys.length;
  const bits = new Uint32Array(Float32Array.from(keys).buffer);
  for (let i = 0; i < count; i++) bits[i] = Number.isNaN(keys[i]!) ? 0xffffffff : sortable(bits[i]!, descending);
  let order = Uint32Array.from({ length: count }, (_, i) => i);
  let spare = new Uint32Array(count);
  for (const [shift, size] of [
    [0, 2048],
    [11, 2048],
    [22, 1024],
  ] as const) {
    const starts = new Uint32Array(size + 1);
    for (let i = 0; i < count; i++) starts[((bits[i]! >>> shift) & (size - 1)) + 1]!++;
    for (let digit = 0; digit < size; digit++) starts[digit + 1]! += starts[digit]!;
    for (let i = 0; i < count; i++) {
      const position = order[i]!;
      const digit = (bits[position]! >>> shift) & (size - 1);
      spare[starts[digit]!++] = position;
    }
    [order, spare] = [spare, order];
  }
  return order;
}

/** An IEEE 754 single as an unsigned integer of the same order (Herf 2001), or of the reverse order; -0 equals +0. */
function sortable(bits: number, descending: boolean): number {
  const value = bits === 0x80000000 ? 0 : bits;
  const ascending = value >>> 31 === 1 ? ~value : value | 0x80000000;
  return (descending ? ~ascending : ascending) >>> 0;
}
