/** What a probe looks at: a network, the samples that go through it, and the layers whose units are meant. */
import { LesionError } from "../../core/errors.ts";
import type { Dataset, Transform } from "../../data/dataset.ts";
import { ablatableOf } from "../../network/ablatable.ts";
import { ancestorsOf } from "../../network/graph.ts";
import type { Layer } from "../../network/network.ts";
import type { CompiledGraph } from "../graph/compiled-graph.ts";

/** The first `samples` samples of a set. */
export interface ProbeSamples {
  readonly dataset: Dataset;
  readonly transform: Transform;
  readonly samples: number;
}

/** A network of one input and the samples that it is given. */
export interface ProbeSource extends ProbeSamples {
  readonly graph: CompiledGraph;
}

/** Asked between batches; false ends what is under way. */
export type Proceed = () => Promise<boolean>;

/** Goes on whatever happens. */
export const always: Proceed = async () => true;

/** How many units an ablatable layer has. Throws `bad-study` for a layer that is none. */
export function unitsOf({ network }: CompiledGraph, layer: string): number {
  const ablatable = ablatableOf(network);
  const found = ablatable.find((each) => each.layer === layer);
  if (found) return found.units;
  throw new LesionError("bad-study", `the network "${network.name}" has no ablatable layer "${layer}"`, {
    where: `layer "${layer}"`,
    fix: `Choose among ${ablatable.map((each) => each.layer).join(", ")}.`,
  });
}

/** The layers that some layers' results follow from, those themselves among them, in order. */
export function layersUpTo({ network }: CompiledGraph, names: Iterable<string>): readonly Layer[] {
  const wanted = new Set(names);
  const needed = new Set([...wanted, ...ancestorsOf(network, wanted)]);
  return network.layers.filter(({ name }) => needed.has(name));
}

/** Multiply-accumulates of one sample in some layers. */
export function macsOf({ costs }: CompiledGraph, layers: readonly Layer[]): number {
  return layers.reduce((sum, { name }) => sum + (costs.get(name)?.macs ?? 0), 0);
}
