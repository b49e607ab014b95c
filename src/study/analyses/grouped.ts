/** Items in groups, as analyses sort ablations by layer and replacement. */

/** The items of each key, in the order in which keys first occur. */
export function grouped<Item>(items: Iterable<Item>, key: (item: Item) => string | number): Item[][] {
  const groups = new Map<string | number, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
