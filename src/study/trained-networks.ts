/** The networks that a study trains: each before training, at some epochs on its way, and in the end. */
import { initialNetwork } from "../engine/initial.ts";
import { readOnnx } from "../formats/onnx/read.ts";
import { writeOnnx } from "../formats/onnx/write.ts";
import type { Network } from "../network/network.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { KeptStates, RunOutput } from "./run-interface.ts";

/** The file of a network after so many epochs. */
export const epochFile = (network: number, epoch: number) => `trained-${network}-epoch-${epoch}.onnx`;

export class TrainedNetworks {
  readonly #opened: OpenedStudy;
  readonly #kept: KeptStates;
  readonly #output: Pick<RunOutput, "artifact">;
  readonly #networks = new Map<string, Network>();

  /** `kept`: files of networks that an interrupted run wrote. */
  constructor(opened: OpenedStudy, kept: KeptStates, output: Pick<RunOutput, "artifact">) {
    this.#opened = opened;
    this.#kept = kept;
    this.#output = output;
  }

  /** Takes in a network in the end of its training. */
  finished(index: number, network: Network): void {
    this.#networks.set(finalFile(index), network);
  }

  /** Takes in a network after some epochs, and keeps it with the run. */
  reached(index: number, epoch: number, network: Network): void {
    const file = epochFile(index, epoch);
    this.#networks.set(file, network);
    this.#output.artifact(file, writeOnnx(network));
  }

  /** A network before its training: of a study that builds them from its own seed, else the one that was read. */
  initial(index: number): Network {
    const { study, network } = this.#opened;
    const { model, name, seed } = study;
    return "build" in model && index > 0 ? initialNetwork(name, model.build, seed + index) : network;
  }

  /** A network as training left it; null where it is not there, as of one that diverged. */
  final(index: number): Promise<Network | null> {
    return this.#read(finalFile(index));
  }

  /** A network after so many epochs; null where it is not there. */
  async after(index: number, epoch: number): Promise<Network | null> {
    if (epoch === 0) return this.initial(index);
    const { train } = this.#opened.study.model;
    return epoch === train?.epochs ? this.final(index) : this.#read(epochFile(index, epoch));
  }

  async #read(file: string): Promise<Network | null> {
    const known = this.#networks.get(file);
    if (known) return known;
    if (!this.#kept.names.includes(file)) return null;
    const network = readOnnx(await this.#kept.bytesOf(file), file);
    this.#networks.set(file, network);
    return network;
  }
}

const finalFile = (index: number) => (index === 0 ? "trained.onnx" : `trained-${index}.onnx`);
