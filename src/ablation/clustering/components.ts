/** What hangs together: the groups of a threshold on similarity. */
import { numberedBySize } from "./labels.ts";

/**
 * The connected component of each of n items, in the graph of the pairs that are joined (asked both ways round, joined
 * where either is). Numbered as clusters are: the largest first. About n^2 questions.
 */
export function connectedComponents(n: number, isJoined: (i: number, j: number) => boolean): number[] {
  const components = new Array<number>(n).fill(-1);
  for (let start = 0; start < n; start++) {
    if (components[start] !== -1) continue;
    components[start] = start;
    const frontier = [start];
    for (let item = frontier.pop(); item !== undefined; item = frontier.pop()) {
      for (let other = 0; other < n; other++) {
        if (components[other] !== -1 || !(isJoined(item, other) || isJoined(other, item))) continue;
        components[other] = start;
        frontier.push(other);
      }
    }
  }
  return numberedBySize(components);
}
