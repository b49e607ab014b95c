/** What a benchmark of forward passes compares: the same network on the same inputs, computed by one program or another. */
import { reportOf } from "../src/core/errors.ts";
import type { Network } from "../src/network/network.ts";
import { relativeError } from "./conv-error.ts";
import { measureAdaptive, peerLine, type Timing } from "./measure.ts";
import { openOrtForward } from "./peers/ort-forward.ts";
import { openTfjsForward } from "./peers/tfjs-forward.ts";

/** A network with its parameters and inputs on the GPU. */
export interface Contender extends AsyncDisposable {
  /** As a benchmark records them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Computes the network `times` times; resolves when the GPU has done it. What is computed stays there. */
  run(times: number): Promise<void>;
  /** [images, ...shape], channels last: what `run` computed. */
  output(): Promise<Float32Array>;
}

/** What is computed: a simplified network of one input and one output. */
export interface ForwardProblem {
  readonly network: Network;
  /** [images, ...input shape], channels last. */
  readonly inputs: Float32Array;
  readonly images: number;
}

/** The median's rate with each multiplication and each addition of the direct sums counted, whatever was computed. */
export function gflops(macs: number, { medianMs }: Timing): number {
  return (2 * macs) / medianMs / 1e6;
}

/** A peer's measurement, or why there is none. */
export type PeerResult =
  | {
      readonly settings: Contender["settings"];
      readonly timing: Timing;
      /** Direct sums a second, 10^9. */
      readonly gflops: number;
      /** Largest difference of Lesion's results from the peer's, over their root mean square. */
      readonly difference: number;
      /** How many times Lesion's time its time is. */
      readonly ratio: number;
    }
  | { readonly failed: string };

export type PeerResults = Readonly<Record<PeerName, PeerResult>>;
export type PeerName = "tfjs" | "ort";
/** A peer whose results differ by more has not computed the same network: its time says nothing. */
const MOST_DIFFERENCE = 1e-3;
const PEERS = {
  tfjs: { title: "TensorFlow.js webgpu", open: openTfjsForward },
  ort: { title: "ONNX Runtime Web webgpu", open: openOrtForward },
} as const satisfies Record<PeerName, { title: string; open: (problem: ForwardProblem) => Promise<Contender> }>;

/** Measures the peers, one after the other. What fails is recorded as such: the others' figures are not lost with it. */
export async function measurePeers(
  problem: ForwardProblem,
  macs: number,
  lesion: { readonly timing: Timing; readonly output: Float32Array },
  runs: number,
): Promise<PeerResults> {
  const measured = async (name: PeerName): Promise<PeerResult> => {
    try {
      await using peer = await PEERS[name].open(problem);
      const timing = await measureAdaptive(runs, (times) => peer.run(times));
      const difference = relativeError(lesion.output, await peer.output());
      if (!(difference <= MOST_DIFFERENCE)) {
        return {
          failed: `its results differ from Lesion's by ${difference.toExponential(1)} of their root mean square`,
        };
      }
      const ratio = timing.medianMs / lesion.timing.medianMs;
      return { settings: peer.settings, timing, gflops: gflops(macs, timing), difference, ratio };
    } catch (cause) {
      return { failed: reportOf(cause).message };
    }
  };
  return { tfjs: await measured("tfjs"), ort: await measured("ort") };
}

/** A line for each peer. */
export function peerLines(peers: PeerResults): string[] {
  return (["tfjs", "ort"] as const).map((name) => {
    const peer = peers[name];
    if ("failed" in peer) return `  ${PEERS[name].title.padEnd(38)} failed: ${peer.failed}`;
    const { timing, ratio, difference } = peer;
    return `${peerLine(PEERS[name].title, timing, ratio)}, ${rateText(peer.gflops)}, difference ${difference.toExponential(1)}`;
  });
}

/** The ratio of a peer that was measured; else null. */
export function ratioOf(peer: PeerResult): number | null {
  return "failed" in peer ? null : peer.ratio;
}

/** "12.3 GFLOP/s" */
export function rateText(rate: number): string {
  return `${rate.toPrecision(3)} GFLOP/s`;
}
