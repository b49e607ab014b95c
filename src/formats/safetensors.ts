/**
 * safetensors models: the file has weights alone, so an architecture document beside it says what they belong to.
 */
import type { Network } from "../network/network.ts";
import { inferShapes } from "../network/shapes.ts";
import { validateNetwork } from "../network/validate.ts";
import { parseArchitecture } from "./architecture.ts";
import { architectureLayers } from "./architecture-layers.ts";
import { namedTensors } from "./named-tensors.ts";
import { readSafeTensors } from "./safetensors-file.ts";

/**
 * The network of a safetensors file. `architecture` is a parsed architecture document; `name` names the network where
 * the document does not. Throws LesionError: "bad-file" for a damaged file, with tensor and
 * byte; "bad-model" for an architecture that is none, names tensors that are not there, or does not fit them;
 * "unsupported" for weights that are no floats.
 */
export function readSafetensors(bytes: Uint8Array, architecture: unknown, name: string): Network {
  const document = parseArchitecture(architecture);
  const layers = architectureLayers(document, namedTensors(readSafeTensors(bytes)));
  const network: Network = {
    name: document.name ?? name,
    inputs: [{ name: document.inputName, shape: document.input }],
    layers,
    outputs: document.outputs ?? [layers.at(-1)!.name],
  };
  validateNetwork(network);
  inferShapes(network);
  return network;
}
