/** Arrays with their axes in another order: one walk that serves every file format that has an order of its own. */

interface Numbers<Item> {
  readonly length: number;
  [index: number]: Item;
}

/**
 * Fills `into` with the numbers of `from`, last axis fastest: `sizes` are those of the result's axes, `strides` how far
 * apart, in elements of `from`, neighbours along each of them are.
 */
export function fillByStrides<Item>(
  into: Numbers<Item>,
  from: Numbers<Item>,
  sizes: readonly number[],
  strides: readonly number[],
): void {
  const index = sizes.map(() => 0);
  for (let to = 0, at = 0; to < into.length; to++) {
    into[to] = from[at]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      at -= strides[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
}
