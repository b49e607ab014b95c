/**
 * TensorFlow.js Layers models: a model.json with Keras' configuration and a list of weights, whose numbers lie one after
 * the other in files beside it. Weights quantised to 8 or 16 bits stay so.
 */
import { LesionError } from "../core/errors.ts";
import type { Network } from "../network/network.ts";
import { isObject, itemsOf, type Json, parsed, textOf } from "./keras/config.ts";
import { impossible, quote } from "./keras/failure.ts";
import { readKeras } from "./keras/read.ts";
import { namedWeights, type StoredWeight } from "./keras/weights.ts";
import type { ModelFiles } from "./model-files.ts";
import { type ManifestWeight, readGroup, weightOf } from "./tfjs-weights.ts";

/** Whether JSON is a TensorFlow.js model, of layers or as a graph. */
export function isTfjsModel(json: unknown): json is Json {
  if (!isObject(json)) return false;
  return json["format"] === "layers-model" || json["format"] === "graph-model" || "modelTopology" in json;
}

/**
 * The network of a model.json at `path` with the files of its weights beside it. Throws as `readKeras` does, "not-found"
 * for a file of weights that is not there, "unsupported" for a graph model, "bad-file" for files that are too short.
 */
export async function readTfjsLayers(json: Json, path: string, files: ModelFiles, name: string): Promise<Network> {
  const topology =
    typeof json["modelTopology"] === "string" ? parsed(json["modelTopology"], "modelTopology") : json["modelTopology"];
  if (json["format"] === "graph-model" || (isObject(topology) && "node" in topology)) {
    throw new LesionError("unsupported", "it is a TensorFlow.js graph model; Layers models are read", {
      where: "format",
      fix: "Convert the original with tensorflowjs_converter --output_format=tfjs_layers_model, or to ONNX with tf2onnx.",
    });
  }
  if (!isObject(topology)) throw impossible(`its modelTopology is ${textOf(topology)}`, "modelTopology");
  const inner = topology["model_config"];
  const model = typeof inner === "string" ? parsed(inner, "model_config") : (inner ?? topology);
  const version = topology["keras_version"];
  const weights = namedWeights(await readManifest(json["weightsManifest"], path, files));
  return readKeras(
    {
      model,
      kerasVersion: typeof version === "string" ? version : null,
      weights: { of: ({ names }, variables) => weights.find(names.at(-1)!, variables) },
    },
    name,
  );
}

async function readManifest(manifest: unknown, path: string, files: ModelFiles): Promise<readonly StoredWeight[]> {
  const groups = itemsOf(manifest);
  if (groups === null) throw impossible(`its weightsManifest is ${textOf(manifest)}`, "weightsManifest");
  const stored: StoredWeight[] = [];
  const names = new Set<string>();
  for (const [index, group] of groups.entries()) {
    const where = `weightsManifest, group ${index}`;
    const paths = isObject(group) ? itemsOf(group["paths"]) : null;
    const listed = isObject(group) ? itemsOf(group["weights"]) : null;
    if (listed === null || !paths?.every((item): item is string => typeof item === "string")) {
      throw impossible(`${where} is ${textOf(group)}`, where);
    }
    const weights = listed.map((weight): ManifestWeight => weightOf(weight, where));
    const values = await readGroup(weights, paths, path, files);
    for (const [position, { name, shape }] of weights.entries()) {
      if (names.has(name)) throw impossible(`the weight ${quote(name)} comes twice`, where);
      names.add(name);
      const weight = values[position]!;
      stored.push({ name, shape, read: () => weight });
    }
  }
  return stored;
}
