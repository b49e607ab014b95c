/** A network in every format that Lesion writes, as a run keeps those that it trained. */
import type { Network } from "../network/network.ts";
import { writeArchitecture } from "./architecture-write.ts";
import { writeOnnx } from "./onnx/write.ts";

/** Files by what they hold. `architecture`, JSON, says which layers the tensors of `safetensors` belong to. */
export interface NetworkFiles {
  readonly onnx: Uint8Array;
  readonly safetensors: Uint8Array;
  readonly architecture: Uint8Array;
}

/** The network's files. Throws LesionError as `writeOnnx` and `writeArchitecture` do. */
export function writeNetworkFiles(network: Network): NetworkFiles {
  return { onnx: writeOnnx(network), ...writeArchitecture(network) };
}
