/** A trained network as a run gives it out, in every format that other programs read. */
import { writeNetworkFiles } from "../formats/write-network.ts";
import type { Network } from "../network/network.ts";
import type { RunOutput } from "./run-interface.ts";

/** Gives a network's files out; the ONNX file, which says that the network is trained, comes last. */
export function networkArtifacts(name: string, network: Network, output: Pick<RunOutput, "artifact">): void {
  const { onnx, safetensors, architecture } = writeNetworkFiles(network);
  output.artifact(`${name}.safetensors`, safetensors);
  output.artifact(`${name}.architecture.json`, architecture);
  output.artifact(`${name}.onnx`, onnx);
}
