/** The calls of a model's layers in an order in which each comes after what it reads: the file's own, where that is one. */
import { impossible, quote } from "./failure.ts";
import type { Reference } from "./inbound.ts";
import type { LayerNode, ModelNode } from "./topology.ts";

/** One call of one layer. */
export interface OrderedCall {
  /** Names the call in the model; see `callKeys`. */
  readonly key: string;
  readonly layer: LayerNode;
  readonly reads: readonly Reference[];
}

/**
 * A function from references to the keys of the calls they mean. Keras counts the calls of a nested model from 1 where
 * the model was made with inputs of its own, which is a call too; that one is not in the file.
 */
export function callKeys(model: ModelNode): (reference: Reference) => string {
  const highest = new Map<string, number>();
  const everyReference = [...model.outputs, ...model.layers.flatMap(({ calls }) => calls.flat())];
  for (const { layer, call } of everyReference) highest.set(layer, Math.max(call, highest.get(layer) ?? 0));
  const skipped = new Set(
    model.layers
      .filter(
        (layer) => layer.model !== null && layer.calls.length > 0 && highest.get(layer.name) === layer.calls.length,
      )
      .map(({ name }) => name),
  );
  return ({ layer, call }) => keyOf(layer, skipped.has(layer) ? call - 1 : call);
}

/** Throws LesionError("bad-model") for a call that reads what does not exist, or itself. */
export function callsInOrder(model: ModelNode): readonly OrderedCall[] {
  const key = callKeys(model);
  const calls = new Map<string, OrderedCall>();
  for (const layer of model.layers) {
    // An input is called on nothing.
    const all = layer.type === "InputLayer" ? [[]] : layer.calls;
    all.forEach((reads, index) => {
      const name = keyOf(layer.name, index);
      if (calls.has(name)) throw impossible(`the name ${quote(layer.name)} is used twice`, layer.config.where);
      calls.set(name, { key: name, layer, reads });
    });
  }
  const ordered = new Set<OrderedCall>();
  const begun = new Set<OrderedCall>();
  for (const first of calls.values()) {
    const waiting = [first];
    for (let call = waiting.at(-1); call !== undefined; call = waiting.at(-1)) {
      const { where } = call.layer.config;
      const open = ordered.has(call) ? undefined : nextOpen(call);
      if (open === undefined) {
        ordered.add(call);
        waiting.pop();
      } else if (begun.has(open)) {
        throw impossible(`${where} reads its own result`, where);
      } else {
        begun.add(call);
        waiting.push(open);
      }
    }
  }
  return [...ordered];

  /** What a call reads and is not in order yet. */
  function nextOpen({ reads, layer }: OrderedCall): OrderedCall | undefined {
    for (const reference of reads) {
      const read = calls.get(key(reference));
      if (read === undefined) {
        const what = `${quote(reference.layer)}, call ${reference.call}`;
        throw impossible(`${layer.config.where} reads ${what}, which is not there`, layer.config.where);
      }
      if (!ordered.has(read)) return read;
    }
    return undefined;
  }
}

function keyOf(layer: string, call: number): string {
  return `${layer}\0${call}`;
}
