/** What a site of a graph takes, before it is opened. */
import { wordsFor } from "../../core/bitset.ts";
import { channelsOf, paddedChannels, tensorFloats } from "../../kernels/tensor-layout.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { activationOf } from "./layer-dispatches.ts";
import { rootsOf, type Suffix } from "./suffix.ts";

/** Results from before the rows, intact or replaced, that rows read: they outlive the opening of the site. */
export function readByRows({ steps, selected, spread }: Suffix): ReadonlySet<string> {
  const inPass = new Set(steps.map(({ name }) => name));
  return new Set([
    ...steps.flatMap(({ reads }) => reads.filter((name) => !inPass.has(name))),
    ...[...selected.values()].map(({ name }) => name),
    ...spread.values(),
  ]);
}

/** Flattened maps that the entered layers read as a whole. */
function flattenedFor({ entries }: Suffix): string[] {
  return [...entries.values()].flatMap(({ layer, from }) => (layer.inputs[0] === from.name ? [] : [layer.inputs[0]!]));
}

/** Bytes that opening a site takes for `images` images, and what it keeps of them. */
export function graphSiteBytes(
  graph: CompiledGraph,
  suffix: Suffix,
  images: number,
  complements: boolean,
): { readonly opening: number; readonly kept: number } {
  const bytes = (name: string) => tensorFloats(images, graph.shapes.get(name)!) * 4;
  const sum = (names: Iterable<string>) => [...names].reduce((total, name) => total + bytes(name), 0);
  const differences = sum(new Set([...suffix.entries.values()].map(({ from }) => from.name)));
  const entered = complements ? sum(suffix.entries.keys()) : 0;
  const lasting = readByRows(suffix);
  const { derived } = rootsOf(graph, suffix);
  const made = [
    ...derived.filter((layer) => activationOf(layer).kind !== "linear" || !("weight" in layer)).map(({ name }) => name),
    suffix.first.name,
    ...suffix.replaced.map(({ name }) => name),
  ];
  const keptOnes = made.filter((name) => lasting.has(name));
  const channels = paddedChannels(channelsOf(graph.shapes.get(suffix.first.name)!));
  const flattened = complements ? sum(flattenedFor(suffix)) : 0;
  const transient = sum(made) - sum(keptOnes) + channels * (12 + 4 * wordsFor(images)) + flattened;
  const kept = sum(keptOnes) + differences + entered;
  return { opening: transient + kept, kept };
}
