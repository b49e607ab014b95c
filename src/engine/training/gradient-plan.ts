/** Which gradients of activations share memory: each lives from the last step that reads its tensor to the one that gave it. */
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import { assignSlots, type Life } from "../graph/slots.ts";
import type { TrainingGraph, TrainingStep } from "./training-graph.ts";

export interface GradientPlan {
  readonly slotOf: ReadonlyMap<string, number>;
  /** Numbers of each slot, for one row. */
  readonly slotFloats: readonly number[];
  /** The tensor whose gradient a tensor's gradient is. */
  rootOf(name: string): string;
}

/** Plans the gradients of all tensors through which one goes. */
export function gradientPlan({ steps, logits }: TrainingGraph): GradientPlan {
  const moving = steps.filter(({ moves }) => moves);
  const byName = new Map(moving.map((step) => [step.name, step]));
  const readers = new Map<string, TrainingStep[]>();
  for (const step of moving) {
    for (const name of step.reads) if (byName.has(name)) readers.set(name, [...(readers.get(name) ?? []), step]);
  }
  const rootOf = (name: string): string => {
    const [reader, ...others] = readers.get(name) ?? [];
    return reader?.view && others.length === 0 && name !== logits ? rootOf(reader.name) : name;
  };
  const lives = new Map<string, Life>();
  for (const [at, step] of moving.toReversed().entries()) {
    const root = rootOf(step.name);
    const first =
      moving.length - 1 - Math.max(-1, ...(readers.get(step.name) ?? []).map((reader) => moving.indexOf(reader)));
    const from = step.name === logits ? -1 : Math.min(at, first);
    const life = lives.get(root);
    const size = tensorFloats(1, step.shape);
    lives.set(root, {
      name: root,
      from: Math.min(from, life?.from ?? from),
      to: Math.max(at, life?.to ?? at),
      size: Math.max(size, life?.size ?? 0),
    });
  }
  const { slotOf, sizes } = assignSlots([...lives.values()]);
  return { slotOf: new Map(moving.map(({ name }) => [name, slotOf.get(rootOf(name))!])), slotFloats: sizes, rootOf };
}
