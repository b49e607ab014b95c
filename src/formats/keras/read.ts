/**
 * Keras models, of whichever file: walks the calls of the model's layers from its inputs on, lets each class turn its
 * call into layers of the network, and takes nested models apart on the way.
 */
import type { Layer, Network, NetworkInput, Weight } from "../../network/network.ts";
import { inferShapes, outputShape, type Shape, shapeText, sizeOf } from "../../network/shapes.ts";
import { validateNetwork } from "../../network/validate.ts";
import type { Call, Value, Variable } from "./call.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import type { Reference } from "./inbound.ts";
import { readLayer } from "./layers.ts";
import { callKeys, callsInOrder } from "./order.ts";
import { type LayerNode, type ModelNode, topologyOf } from "./topology.ts";
import type { LayerPlace, WeightSource } from "./weights.ts";

/** A model as a file keeps it. */
export interface KerasModel {
  /** { class_name, config }, as JSON.parse gives it. */
  readonly model: unknown;
  /** "2.7.0"; null where the file does not say. */
  readonly kerasVersion: string | null;
  readonly weights: WeightSource;
}

/** Models called in models, time and again, can be few bytes and many layers. */
const MOST_CALLS = 1 << 14;
/** Largest sample that is taken for meant: 2^24 numbers, an image of 2048 x 2048 x 4. */
const MOST_NUMBERS = 1 << 24;

/**
 * The network of a Keras model; `name` becomes its name. Layers are named as in the file, those of nested models after
 * the model: "vgg16/block1_conv1"; a layer called more than once comes more than once, "relu" and "relu#2". Throws
 * LesionError: "bad-model" for what cannot be, "unsupported" for layers and activations that are not read.
 */
export function readKeras({ model, kerasVersion, weights }: KerasModel, name: string): Network {
  const topology = topologyOf(model);
  const reading = new Reading(weights, kerasVersion?.startsWith("3") === true ? 3 : 2);
  const results = reading.model(topology, null, { names: [], numbered: "" });
  const outputs = [...new Set(results.map((value) => reading.output(value)))];
  const network = { name, inputs: reading.inputs, layers: reading.layers, outputs };
  validateNetwork(network);
  inferShapes(network);
  return network;
}

/** The network in the making. */
class Reading {
  readonly inputs: NetworkInput[] = [];
  readonly layers: Layer[] = [];
  /** As the network keeps it, by layer and input. */
  readonly #kept = new Map<string, Shape>();
  readonly #weights: WeightSource;
  readonly #version: 2 | 3;
  #calls = 0;
  /** Weights already read, by their layer: its calls share them. */
  readonly #read = new Map<string, readonly Weight[]>();

  constructor(weights: WeightSource, version: 2 | 3) {
    this.#weights = weights;
    this.#version = version;
  }

  /** What a model gives; `given` is what it is called on, null for the whole, whose inputs are the network's. */
  model(model: ModelNode, given: readonly Value[] | null, place: LayerPlace): readonly Value[] {
    const where = `model ${quote(model.name)}`;
    if (given !== null && given.length !== model.inputs.length) {
      throw impossible(`${where} is called on ${given.length} values, it takes ${model.inputs.length}`, where);
    }
    const values = new Map<string, readonly Value[]>();
    const keyOf = callKeys(model);
    const resultOf = (reference: Reference): Value => {
      const value = values.get(keyOf(reference))?.[reference.output];
      if (value !== undefined) return value;
      throw impossible(`${where} reads output ${reference.output} of ${quote(reference.layer)}, which has none`, where);
    };
    for (const { key, layer, reads } of callsInOrder(model)) {
      values.set(key, this.#call(model, layer, reads.map(resultOf), given, placeIn(place, layer)));
    }
    return model.outputs.map(resultOf);
  }

  /** The name of the layer that gives an output of the network, in the shape that Keras counts. */
  output({ layer, shape, kept }: Value): string {
    const name = () => this.#unique(`${layer}/output`);
    if (kept.length !== shape.length) {
      return this.#emit({ kind: "reshape", name: name(), inputs: [layer], shape }).layer;
    }
    const isInput = this.inputs.some((input) => input.name === layer);
    return isInput ? this.#emit({ kind: "identity", name: name(), inputs: [layer] }).layer : layer;
  }

  #call(
    model: ModelNode,
    layer: LayerNode,
    inputs: readonly Value[],
    given: readonly Value[] | null,
    place: LayerPlace,
  ): readonly Value[] {
    if (++this.#calls > MOST_CALLS) {
      throw impossible(`the model has more than ${MOST_CALLS} calls of layers`, layer.config.where);
    }
    if (layer.type === "InputLayer") {
      if (given === null) return [this.#input(layer)];
      const value = given[model.inputs.findIndex((input) => input.layer === layer.name)];
      if (value !== undefined) return [value];
      throw impossible(`${layer.config.where} is no input of model ${quote(model.name)}`, layer.config.where);
    }
    return layer.model === null
      ? [readLayer(this.#callOf(layer, inputs, place))]
      : this.model(layer.model, inputs, place);
  }

  #input({ name, inputShape, config: { where } }: LayerNode): Value {
    const shape = inputShape?.filter((size) => size !== null);
    if (shape === undefined || shape.length !== inputShape?.length) {
      const given = inputShape === null ? "no shape" : `the shape ${shapeText(inputShape.map((size) => size ?? "?"))}`;
      const fix = "Build the model with all sizes of its input, as Input(shape=(224, 224, 3)), and save it again.";
      throw unsupported(`${where} has ${given}; every size but the batch must be a number`, where, fix);
    }
    const size = sizeOf(shape);
    if (!shape.every((axis) => Number.isSafeInteger(axis) && axis > 0) || size > MOST_NUMBERS || shape.length > 8) {
      throw impossible(`${where} has the shape ${shapeText(shape)}, 1 to ${MOST_NUMBERS} numbers are possible`, where);
    }
    const unique = this.#unique(name);
    this.inputs.push({ name: unique, shape });
    this.#kept.set(unique, shape);
    return { layer: unique, shape, kept: shape };
  }

  #callOf({ type, config }: LayerNode, inputs: readonly Value[], place: LayerPlace): Call {
    const name = this.#unique(place.names.join("/"));
    return {
      type,
      name,
      inputs,
      config,
      version: this.#version,
      weights: (variables) => this.#weightsOf(config.where, place, variables),
      emit: (layer) => this.#emit(layer),
      extraName: (suffix) => this.#unique(`${name}/${suffix}`),
    };
  }

  #weightsOf(where: string, place: LayerPlace, variables: readonly Variable[]): readonly Weight[] {
    const known = this.#read.get(place.numbered);
    if (known !== undefined) return known;
    const stored = this.#weights.of(
      place,
      variables.map(({ names }) => names),
    );
    const weights = variables.map(({ names, shape }, index) => {
      const weight = stored[index] ?? null;
      if (weight === null) throw impossible(`the file holds no ${quote(names[0]!)} for ${where}`, where);
      if (shape.length === weight.shape.length && shape.every((size, axis) => size === weight.shape[axis])) {
        return weight.read();
      }
      const sizes = `${shapeText(weight.shape)}, ${where} needs ${shapeText(shape)}`;
      throw impossible(`the weight ${quote(weight.name)} has the shape ${sizes}`, where);
    });
    this.#read.set(place.numbered, weights);
    return weights;
  }

  #emit(layer: Layer): Value {
    const kept = outputShape(
      layer,
      layer.inputs.map((input) => this.#kept.get(input) ?? []),
    );
    this.layers.push(layer);
    this.#kept.set(layer.name, kept);
    return { layer: layer.name, kept, shape: kept };
  }

  /** The name, numbered where it is taken. */
  #unique(wanted: string): string {
    const count = (this.#names.get(wanted) ?? 0) + 1;
    this.#names.set(wanted, count);
    return count === 1 ? wanted : this.#unique(`${wanted}#${count}`);
  }
  readonly #names = new Map<string, number>();
}

/** Where a layer of a model is in the file. */
function placeIn({ names, numbered }: LayerPlace, layer: LayerNode): LayerPlace {
  const path = numbered === "" ? "" : `${numbered}/`;
  return { names: [...names, layer.name], numbered: `${path}layers/${layer.numbered}` };
}
