/**
 * A Keras model's configuration as a graph: which layers there are, and which calls of them read what. Sequential and
 * Functional models become the same, models nested in models included.
 */
import { type Config, configOf, isObject, itemsOf, type Json, textOf } from "./config.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import { callsOf, type Reference, referencesOf } from "./inbound.ts";

/** A model, or a model within a model. */
export interface ModelNode {
  readonly name: string;
  readonly layers: readonly LayerNode[];
  /** The layers that stand for what it reads, in order. */
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

/** A layer of a model, with its calls. */
export interface LayerNode {
  readonly name: string;
  readonly type: string;
  readonly config: Config;
  /** "conv2d_1": its class, numbered among the layers of its model, as Keras 3 keeps weights. */
  readonly numbered: string;
  readonly calls: readonly (readonly Reference[])[];
  /** For an input: sizes without the batch axis, null where the file fixes none. */
  readonly inputShape: readonly (number | null)[] | null;
  /** Set where the layer is a model of its own. */
  readonly model: ModelNode | null;
}

const SEQUENTIAL = "Sequential";
const FUNCTIONAL: readonly string[] = ["Functional", "Model"];
/** Beyond this, models nest for no good reason. */
const DEEPEST = 16;

/** Whether a class name is that of a model. */
export function isModel(type: unknown): boolean {
  return type === SEQUENTIAL || FUNCTIONAL.includes(type as string);
}

/**
 * The graph of a model's { class_name, config }. Throws LesionError: "bad-model" where it contradicts itself,
 * "unsupported" for a model that is code (a subclass).
 */
export function topologyOf(model: unknown, depth = 0): ModelNode {
  if (!isObject(model) || typeof model["class_name"] !== "string") {
    throw impossible(`the model's configuration is ${textOf(model)}`, "model_config");
  }
  const type = model["class_name"];
  const config = isObject(model["config"]) ? model["config"] : { layers: model["config"] };
  const name = typeof config["name"] === "string" ? config["name"] : type;
  const where = `model ${quote(name)} (${type})`;
  if (depth > DEEPEST) throw impossible(`${where} is nested ${depth} models deep`, where);
  const layers = itemsOf(config["layers"]);
  if (!isModel(type) || layers === null) {
    const fix = "Write it as a Functional or Sequential model, or convert it to ONNX with tf2onnx.";
    throw unsupported(`the model is of the class ${quote(type)}, whose layers are known to its code alone`, where, fix);
  }
  const numbers = new Map<string, number>();
  const nodes = layers.map((layer, index) => layerOf(layer, index, where, numbers, depth));
  if (type === SEQUENTIAL) return sequential(name, where, config, nodes);
  const inputs = referencesOf(config["input_layers"], where);
  const outputs = referencesOf(config["output_layers"], where);
  return { name, layers: nodes, inputs, outputs };
}

function layerOf(layer: unknown, index: number, model: string, numbers: Map<string, number>, depth: number): LayerNode {
  if (!isObject(layer) || typeof layer["class_name"] !== "string") {
    throw impossible(`layer ${index} of ${model} is ${textOf(layer)}`, model);
  }
  const type = layer["class_name"];
  const values = isObject(layer["config"]) ? layer["config"] : {};
  // In a Functional model the layer's name may stand outside of its configuration.
  const name = [layer["name"], values["name"], `layer_${index}`].find((item) => typeof item === "string") as string;
  const where = `layer ${quote(name)} (${type.slice(0, 80)})`;
  const number = numbers.get(type) ?? 0;
  numbers.set(type, number + 1);
  return {
    name,
    type,
    config: configOf(values, where),
    numbered: number === 0 ? snakeCase(type) : `${snakeCase(type)}_${number}`,
    calls: callsOf(layer["inbound_nodes"], where),
    inputShape: inputShapeOf(layer, values),
    model: isModel(type) ? topologyOf(layer, depth + 1) : null,
  };
}

/** Keras' own rule for names of classes: "BatchNormalization" is kept as "batch_normalization". */
function snakeCase(type: string): string {
  return type
    .slice(0, 80)
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** Sizes after the batch, wherever the versions of Keras write them. */
function inputShapeOf(layer: Json, config: Json): readonly (number | null)[] | null {
  const built = isObject(layer["build_config"]) ? layer["build_config"]["input_shape"] : null;
  const found = [config["batch_input_shape"], config["batch_shape"], config["build_input_shape"], built];
  for (const candidate of found) {
    let sizes = itemsOf(candidate);
    if (sizes?.length === 1 && itemsOf(sizes[0]) !== null) sizes = itemsOf(sizes[0]);
    if (sizes === null || sizes.length < 2) continue;
    if (sizes.every((size) => size === null || typeof size === "number")) return sizes.slice(1) as (number | null)[];
  }
  return null;
}

/** A chain: each layer is called once, on what the one before it gives. */
function sequential(name: string, where: string, config: Json, listed: readonly LayerNode[]): ModelNode {
  const [first] = listed;
  if (first === undefined) throw impossible(`${where} has no layers`, where);
  const nodes = first.type === "InputLayer" ? listed : [inputBefore(first, config), ...listed];
  const layers = nodes.map((node, index) => {
    const before = nodes[index - 1];
    return { ...node, calls: before === undefined ? [] : [[{ layer: before.name, call: 0, output: 0 }]] };
  });
  const ends = [layers[0]!, layers.at(-1)!].map((layer) => [{ layer: layer.name, call: 0, output: 0 }]);
  return { name, layers, inputs: ends[0]!, outputs: ends[1]! };
}

/** The input that a Sequential model leaves out where its first layer tells the shape. */
function inputBefore(first: LayerNode, config: Json): LayerNode {
  const name = `${first.name}_input`;
  const within = first.model?.layers.find((layer) => layer.name === first.model?.inputs[0]?.layer);
  const inputShape = first.inputShape ?? within?.inputShape ?? inputShapeOf({}, config);
  const where = `layer ${quote(name)} (InputLayer)`;
  return { ...first, name, type: "InputLayer", config: configOf({}, where), inputShape, model: null, calls: [] };
}
