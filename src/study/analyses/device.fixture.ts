/** What analyses have at hand, for tests: a study that names no files, its network as it is or as some run trained it. */
import { subjectOf } from "../../ablation/subject.ts";
import { Tuner } from "../../engine/tuner.ts";
import { readOnnx } from "../../formats/onnx/read.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { StudyAnalysisRecord } from "../analysis-records.ts";
import { openStudy } from "../open-study.ts";
import type { Proceed } from "../run-interface.ts";
import { TrainedNetworks } from "../trained-networks.ts";
import { TrainingSets } from "../training-data.ts";
import type { AnalysisDevice } from "./device.ts";

export interface TestDevice extends AnalysisDevice {
  /** What was written, after what was there. */
  readonly earlier: StudyAnalysisRecord[];
  readonly warnings: readonly string[];
}

const files = { available: [], bytesOf: () => Promise.reject(new Error("the study names no file")) };

/** `artifacts`: networks that a run of the study trained; left out, the study's network is taken untrained. */
export async function openTestDevice(
  gpu: Gpu,
  document: unknown,
  {
    artifacts = new Map(),
    earlier = [],
    proceed = async () => true,
  }: {
    readonly artifacts?: ReadonlyMap<string, Uint8Array>;
    readonly earlier?: readonly StudyAnalysisRecord[];
    readonly proceed?: Proceed;
  } = {},
): Promise<TestDevice> {
  const opened = await openStudy(document, files);
  const kept = { names: [...artifacts.keys()], bytesOf: async (name: string) => artifacts.get(name)! };
  const bytes = artifacts.get("trained.onnx");
  const network = bytes ? readOnnx(bytes, "trained") : opened.network;
  const subject = subjectOf(network);
  const sets = new TrainingSets(opened, files, async () => {});
  const written = [...earlier];
  const warnings: string[] = [];
  return {
    ...{ gpu, network, subject, proceed, warnings },
    tuner: new Tuner(gpu),
    opened: { ...opened, subject },
    trained: new TrainedNetworks(opened, kept, { artifact: () => {} }),
    training: (split, limit) => sets.of(split, limit),
    earlier: written,
    output: { progress: () => {}, warning: (message) => void warnings.push(message) },
    write: (records) => void written.push(...records),
  };
}

/** Lets so many questions pass, and then stops. */
export function stopAfter(questions: number): Proceed {
  let left = questions;
  return async () => --left >= 0;
}
