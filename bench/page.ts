/** The benchmarks that run in the page: Lesion and its peers side by side, on the same adapter. */
import { LesionError } from "../src/core/errors.ts";
import { openGpu } from "../src/gpu/device.ts";
import type { Files } from "../workers/protocol.ts";
import { studyFiles } from "../workers/study-files.ts";
import { benchConv } from "./conv.ts";
import { benchKernels } from "./kernels.ts";
import { openProblem } from "./problem.ts";
import { benchRecover } from "./recover.ts";
import { benchSweep } from "./sweep.ts";
import { benchTrain } from "./train.ts";
import { benchTsne } from "./tsne.ts";
import { benchVgg } from "./vgg.ts";
import { VGG_SIDE } from "./vgg-network.ts";

/** What a benchmark may be told. */
export interface BenchOptions {
  /** How often each thing is measured. */
  readonly runs?: number;
  /** Whether kernel variants are measured first, whatever the work; else as in any run. */
  readonly tune?: boolean;
  /** A study whose network and data are used instead of the embedded ones, and where its files are. */
  readonly study?: unknown;
  readonly files?: Files;
  /** A model whose weights `vgg` uses instead of seeded ones: its name among its files. */
  readonly model?: { readonly name: string; readonly files: Files };
  /** Images at once, and the sides of VGG-19's images: `conv` and `vgg`. */
  readonly images?: number;
  readonly side?: number;
  /** Training samples of an epoch: `train` and `recover`. */
  readonly samples?: number;
  /** Only the convolutions with this in their names: `conv`. */
  readonly shapes?: string;
}

const EPOCH_SAMPLES = 60_000;

/** Runs a benchmark by name. The result is plain data, with the adapter, and `lines` for people. */
export async function runBenchmark(name: string, options: BenchOptions): Promise<unknown> {
  using gpu = await openGpu();
  const settings = { runs: options.runs ?? 20, tune: options.tune ?? false };
  const { runs } = settings;
  const source = studyFiles(options.files ?? {});
  const measured = async () => {
    if (name === "sweep") return benchSweep(gpu, await openProblem(gpu, options.study, source), settings);
    const { samples = EPOCH_SAMPLES } = options;
    if (name === "train") return benchTrain(gpu, { runs, samples });
    if (name === "recover") return benchRecover(gpu, { runs, samples, study: options.study, studyFiles: source });
    if (name === "kernels") return benchKernels(gpu);
    if (name === "tsne") return benchTsne(gpu, { runs });
    const { study, model, images = 1, side = VGG_SIDE, shapes: only = "" } = options;
    if (name === "conv") return benchConv(gpu, { runs, images, side, only });
    if (name === "vgg") {
      const own = model && { model: { name: model.name, files: studyFiles(model.files) } };
      return benchVgg(gpu, { runs, images, side, study, studyFiles: source, ...own });
    }
    throw new LesionError("usage", `there is no benchmark ${name}`, {
      fix: "Benchmarks are: sweep, train, recover, kernels, conv, vgg, tsne.",
    });
  };
  return { date: new Date().toISOString(), adapter: gpu.adapter, ...(await measured()) };
}
