/**
 * What a layer is called on, as Keras 2 and Keras 3 write it: `inbound_nodes` has one entry a call, and each names the
 * layers, calls and outputs it reads.
 */
import { isObject, itemsOf, type Json, textOf } from "./config.ts";
import { impossible, unsupported } from "./failure.ts";

/** One result: of a layer, its n-th call, and of several outputs which one. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** Beyond this, arguments nest for no good reason. */
const DEEPEST = 16;

/** The calls of the layer at `where`. Throws "bad-model" for what is no list of calls, "unsupported" for other arguments. */
export function callsOf(inboundNodes: unknown, where: string): readonly (readonly Reference[])[] {
  const nodes = itemsOf(inboundNodes ?? []);
  if (nodes === null) throw impossible(`${where} has the inbound_nodes ${textOf(inboundNodes)}`, where);
  return nodes.map((node) => (isObject(node) ? callOfKeras3(node, where) : callOfKeras2(node, where)));
}

/** References as `input_layers` and `output_layers` list them; one may stand alone, and names may be keys. */
export function referencesOf(value: unknown, where: string): readonly Reference[] {
  const single = referenceOf(value);
  if (single !== null) return [single];
  const items = itemsOf(value) ?? (isObject(value) ? Object.values(value) : []);
  return items.map((item) => {
    const reference = referenceOf(item);
    if (reference !== null) return reference;
    throw impossible(`${where} names ${textOf(item)} as an input or output`, where);
  });
}

/** ["conv1", 0, 0], with keyword arguments behind it or none. */
function referenceOf(value: unknown): Reference | null {
  const [layer, call, output] = itemsOf(value) ?? [];
  if (typeof layer !== "string" || !isCount(call) || !isCount(output)) return null;
  return { layer, call, output };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** [["conv1", 0, 0, {}], ...], or one of them alone. */
function callOfKeras2(node: unknown, where: string): readonly Reference[] {
  const items = itemsOf(node) ?? [];
  const entries = typeof items[0] === "string" ? [items] : items;
  return entries.map((entry) => {
    const reference = referenceOf(entry);
    if (reference === null) throw impossible(`${where} is called on ${textOf(entry)}`, where);
    const keywords = itemsOf(entry)?.[3];
    if (isObject(keywords)) checkKeywords(keywords, where);
    return reference;
  });
}

/** { args: [tensor, ...] or [[tensor, ...]], kwargs }. */
function callOfKeras3(node: Json, where: string): readonly Reference[] {
  if (isObject(node["kwargs"])) checkKeywords(node["kwargs"], where);
  const found: Reference[] = [];
  const collect = (value: unknown, depth: number): void => {
    const items = itemsOf(value);
    if (value === null || value === undefined) return;
    if (items !== null && depth < DEEPEST) {
      for (const item of items) collect(item, depth + 1);
      return;
    }
    const history = isObject(value) && isObject(value["config"]) ? value["config"]["keras_history"] : null;
    const reference = referenceOf(history);
    if (reference === null) throw otherArgument(textOf(value), where);
    found.push(reference);
  };
  collect(node["args"], 0);
  return found;
}

/** Keyword arguments may say that the layer is not in training, and nothing else. */
function checkKeywords(keywords: Json, where: string): void {
  for (const [key, value] of Object.entries(keywords)) {
    if (value === null || value === undefined || (key === "training" && value === false)) continue;
    throw otherArgument(`${key} = ${textOf(value)}`, where);
  }
}

function otherArgument(argument: string, where: string) {
  const fix = "Call layers on the results of layers alone; write constants as Rescaling layers.";
  return unsupported(`${where} is called with ${argument}`, where, fix);
}
