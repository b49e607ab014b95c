/** The benchmarks that run in the page: Lesion and its peers side by side, on the same adapter. */
import { LesionError } from "../src/core/errors.ts";
import { openGpu } from "../src/gpu/device.ts";
import type { Files } from "../workers/protocol.ts";
import { studyFiles } from "../workers/study-files.ts";
import { benchKernels } from "./kernels.ts";
import { openProblem } from "./problem.ts";
import { benchSweep } from "./sweep.ts";
import { benchTrain } from "./train.ts";

/** What a benchmark may be told. */
export interface BenchOptions {
  /** How often each thing is measured. */
  readonly runs?: number;
  /** Whether kernel variants are measured first, whatever the work; else as in any run. */
  readonly tune?: boolean;
  /** A study whose network and data are used instead of the embedded ones, and where its files are. */
  readonly study?: unknown;
  readonly files?: Files;
}

/** Runs a benchmark by name. The result is plain data, with the adapter, and `lines` for people. */
export async function runBenchmark(name: string, options: BenchOptions): Promise<unknown> {
  using gpu = await openGpu();
  const settings = { runs: options.runs ?? 20, tune: options.tune ?? false };
  const source = studyFiles(options.files ?? {});
  const measured = async () => {
    if (name === "sweep") return benchSweep(gpu, await openProblem(gpu, options.study, source), settings);
    if (name === "train") return benchTrain(gpu, settings);
    if (name === "kernels") return benchKernels(gpu);
    throw new LesionError("usage", `there is no benchmark ${name}`, { fix: "Benchmarks are: sweep, train, kernels." });
  };
  return { date: new Date().toISOString(), adapter: gpu.adapter, ...(await measured()) };
}
