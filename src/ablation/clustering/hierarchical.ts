/**
 * Agglomerative clustering: units, or classes, joined two clusters at a time into a tree, which is cut where so many
 * clusters are wanted, or read from leaf to leaf as an order in which alike items are neighbours. The joining is
 * ml-hclust's; the tree is our own, flat, and the same whoever joined it.
 */
import { agnes, type Cluster } from "ml-hclust";
import { LesionError } from "../../core/errors.ts";
import { numberedBySize } from "./labels.ts";

/** How far apart two items are: finite, symmetric; asked of different items alone. */
export type Distance = (i: number, j: number) => number;

/**
 * How far apart two clusters are: the least, mean (UPGMA) or greatest distance of their members, or, for Ward, the root of
 * twice the growth of the sum of squares about the means. The latter holds where distances are Euclidean; they are squared
 * in the process (ml-hclust's `ward2`, Ward.D2 of Murtagh and Legendre 2014; its `ward` takes them for squared already).
 */
export type Linkage = "single" | "average" | "complete" | "ward";

/** What a joint joins: an item, where less than the number of items; else the joint of that number beyond the items. */
export type Node = number;

export interface Joint {
  readonly left: Node;
  readonly right: Node;
  /** Distance of the two by the linkage; never less than that of a joint below. */
  readonly height: number;
}

/** A binary tree over items 0 .. items - 1. */
export interface Tree {
  readonly items: number;
  /** One less than there are items, by ascending height, each after those it joins. */
  readonly joints: readonly Joint[];
}

/** ml-hclust copies the matrix at each joint, n^3 / 3 numbers in all: 0.2 s for 512 items, 12 s for this many. */
export const MOST_ITEMS = 2048;

/**
 * Joins the two nearest clusters until one is left (Lance and Williams 1967). Of equally near ones those are joined that
 * ml-hclust meets first, always the same. Throws LesionError `unsupported` beyond MOST_ITEMS items, and `internal` for a
 * distance that is not finite.
 */
export function agglomerate(n: number, distance: Distance, linkage: Linkage): Tree {
  if (n > MOST_ITEMS) {
    throw new LesionError("unsupported", `agglomerative clustering of ${n} items: at most ${MOST_ITEMS} can be`, {
      fix: 'Group by "k-medoids" or "nearest" instead, or choose layers of fewer units.',
      detail: { items: n, most: MOST_ITEMS },
    });
  }
  if (n < 2) return { items: n, joints: [] };
  const method = linkage === "ward" ? "ward2" : linkage;
  return treeOf(agnes(distanceMatrix(n, distance), { method, isDistanceMatrix: true }), n);
}

function distanceMatrix(n: number, distance: Distance): Float64Array[] {
  const rows = Array.from({ length: n }, () => new Float64Array(n));
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < i; j++) {
      const between = distance(i, j);
      if (!Number.isFinite(between)) {
        throw new LesionError("internal", `the distance of items ${i} and ${j} is ${between}`, { detail: { i, j } });
      }
      row[j] = between;
      rows[j]![i] = between;
    }
  }
  return rows;
}

/** The library's clusters as joints, in the order of their heights. */
function treeOf(root: Cluster, items: number): Tree {
  const found: { readonly cluster: Cluster; readonly height: number }[] = [];
  // Rounding may set a joint a last bit below those that it joins, so heights are carried up.
  const visit = (cluster: Cluster): number => {
    if (cluster.isLeaf) return Number.NEGATIVE_INFINITY;
    const height = Math.max(cluster.height, ...cluster.children.map(visit));
    found.push({ cluster, height });
    return height;
  };
  visit(root);
  // Children were found first, and sorting is stable.
  found.sort((a, b) => a.height - b.height);
  const nodes = new Map<Cluster, Node>(found.map(({ cluster }, joint) => [cluster, items + joint]));
  const nodeOf = (cluster: Cluster): Node => nodes.get(cluster) ?? cluster.index;
  const joints = found.map(({ cluster, height }) => {
    const [left, right] = cluster.children.map(nodeOf) as [Node, Node];
    return { left, right, height };
  });
  return { items, joints };
}

/**
 * The cluster of each item where the tree is cut into k: 0 .. k - 1, the largest first, of equally large ones that with the
 * smallest member. As many clusters as items where k is more, one where it is less than 1.
 */
export function cut(tree: Tree, k: number): number[] {
  const { items, joints } = tree;
  const joined = joints.slice(0, Math.max(0, items - Math.max(1, k)));
  const above = new Map<Node, Node>();
  for (const [joint, { left, right }] of joined.entries()) above.set(left, items + joint).set(right, items + joint);
  const top = (node: Node): Node => {
    let highest = node;
    for (let next = above.get(highest); next !== undefined; next = above.get(highest)) highest = next;
    return highest;
  };
  return numberedBySize(Array.from({ length: items }, (_, item) => top(item)));
}

/**
 * An order of the items that keeps each cluster together: at every joint, from the lowest up, the two orders below are
 * turned so that the items that meet are as near as they can be (Gruvaeus and Wainer 1972).
 */
export function leafOrder(tree: Tree, distance: Distance): number[] {
  const orders = Array.from({ length: tree.items }, (_, item) => [item]);
  for (const { left, right } of tree.joints) orders.push(turnedTogether(orders[left]!, orders[right]!, distance));
  return orders.at(-1) ?? [];
}

/** Two orders one after the other, each as it is or turned round; left as they are where that is no farther. */
function turnedTogether(left: readonly number[], right: readonly number[], distance: Distance): number[] {
  const turned = [left, left.toReversed()].flatMap((first) =>
    [right, right.toReversed()].map((second) => ({ first, second, gap: distance(first.at(-1)!, second[0]!) })),
  );
  const nearest = turned.reduce((best, each) => (each.gap < best.gap ? each : best));
  return [...nearest.first, ...nearest.second];
}
