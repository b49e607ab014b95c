/**
 * A study's analyses, one after the other, in its order. What one cannot do ends that one alone, with a warning that names
 * the remedy; a stopped run and a lost device end all.
 */
import { classMeans } from "../../ablation/importance/activations.ts";
import { type ErrorReport, LesionError, reportOf } from "../../core/errors.ts";
import { lackOf } from "../analysis-needs.ts";
import type { AnalysisOptions, PopulationsOptions } from "../analysis-options.ts";
import type { StudyAnalysisRecord } from "../analysis-records.ts";
import { cascade } from "./cascade.ts";
import { classDamage } from "./class-damage.ts";
import { degradation } from "./degradation.ts";
import { depth } from "./depth.ts";
import { type AnalysisDevice, mayGoOn, progressOf } from "./device.ts";
import { embedding } from "./embedding.ts";
import { gainSearch } from "./gain-search.ts";
import { importance, mannWhitneyChange } from "./importance.ts";
import type { AnalysisInput } from "./input.ts";
import { interactions } from "./interactions.ts";
import { ensemble, negligible } from "./networks.ts";
import { overlap } from "./overlap.ts";
import { populations } from "./populations.ts";
import { positiveEffects } from "./positive-effects.ts";
import { profilesOf } from "./predictors.ts";
import { redundancy } from "./redundancy.ts";
import { replacements } from "./replacements.ts";
import { shapley } from "./shapley.ts";

/** Errors that end a run, not an analysis. */
const ENDS_RUN = ["cancelled", "device-lost", "worker-died"];

/** Makes all analyses; resolves with what the last one that failed said. Rejects with `cancelled` where the run is stopped. */
export async function runAnalyses(device: AnalysisDevice, input: AnalysisInput): Promise<ErrorReport | null> {
  let failure: ErrorReport | null = null;
  const { study, subject } = device.opened;
  for (const [index, options] of study.analyses.flatMap(inParts)) {
    // The run has said so before it began.
    if (lackOf(options, study, subject.ablatable) !== null) continue;
    await mayGoOn(device);
    progressOf(device, options.analyse);
    try {
      await analyse(recordingAs(device, index), input, options, device.earlier);
    } catch (thrown) {
      if (thrown instanceof LesionError && ENDS_RUN.includes(thrown.code)) throw thrown;
      failure = reportOf(thrown);
      device.output.warning(
        `the analysis "${options.analyse}" was not made: ${failure.message}${failure.fix ? `. ${failure.fix}` : ""}`,
      );
    }
  }
  return failure;
}

/** With their index in the study. Methods of a search stand and fall each by itself. */
function inParts(options: AnalysisOptions, index: number): readonly [index: number, options: AnalysisOptions][] {
  return options.analyse === "gain-search"
    ? options.methods.map((method) => [index, { ...options, methods: [method] }])
    : [[index, options]];
}

/** What an analysis has at hand: of the records those of its own, which are told from another's of the same kind by the index. */
function recordingAs(device: AnalysisDevice, analysis: number): AnalysisDevice {
  return {
    ...device,
    get earlier() {
      return device.earlier.filter((record) => record.analysis === analysis);
    },
    write: (records) => device.write(records.map((record) => ({ ...record, analysis }))),
  };
}

/** `all`: the records of all analyses, and of what sweeps were made of. */
async function analyse(
  device: AnalysisDevice,
  input: AnalysisInput,
  options: AnalysisOptions,
  all: readonly StudyAnalysisRecord[],
): Promise<void> {
  switch (options.analyse) {
    case "importance":
      return importance(device, input, options);
    case "mann-whitney":
      return mannWhitneyChange(device, input, options);
    case "redundancy":
      return device.write(redundancy(input, options));
    case "interactions":
      return device.write(interactions(input, options, (message) => device.output.warning(message)));
    case "shapley":
      return shapley(device, options);
    case "cascade":
      return cascade(device, input, options);
    case "overlap":
      return device.write(overlap(input, options));
    case "class-damage":
      return device.write(classDamage(input, options));
    case "positive-effects":
      return device.write(positiveEffects(input, options));
    case "gain-search":
      return gainSearch(device, options);
    case "degradation":
      return device.write(degradation(input, options));
    case "populations":
      return device.write(populations(input, options, await activationsBy(device, options)));
    case "depth":
      return device.write(
        depth(
          input,
          options,
          all.filter((record) => record.name === "groups"),
        ),
      );
    case "negligible":
      return negligible(device, options);
    case "ensemble":
      return ensemble(device, options);
    case "embedding":
      return embedding(device, options);
    case "replacements":
      return device.write(replacements(input, options));
  }
}

/** Mean activations of each layer's units by class, where populations are asked for by activation. */
async function activationsBy(
  device: AnalysisDevice,
  { by }: PopulationsOptions,
): Promise<((layerIndex: number) => readonly Float64Array[] | null) | undefined> {
  if (!by.includes("activation")) return undefined;
  const { dataset } = device.opened;
  const layers = device.subject.ablatable;
  const profiles = await profilesOf(
    device,
    layers.map(({ layer }) => layer),
    dataset.samples,
  );
  return (layerIndex) => {
    const place = layers.findIndex((layer) => layer.layerIndex === layerIndex);
    const means = classMeans(profiles[place]!, dataset);
    const { units } = profiles[place]!;
    // A class without samples says nothing of a unit, and is 0 for all of them.
    const known = means.map((mean) => (Number.isNaN(mean) ? 0 : mean));
    return Array.from({ length: units }, (_, unit) =>
      known.slice(unit * dataset.classes, (unit + 1) * dataset.classes),
    );
  };
}
