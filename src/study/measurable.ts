/**
 * Whether a study can come to a measure that an expectation or a published value names, as the study and the network's
 * layers alone show it: so that a slip of the pen costs no run.
 */
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { lackOf } from "./analysis-needs.ts";
import type { AnalysisOptions } from "./analysis-options.ts";
import type { Expectation, Measure } from "./expect.ts";
import type { LayerName, SiteName } from "./expect-analyses.ts";
import type { LayerSummary } from "./records.ts";
import type { Study } from "./study.ts";
import { curveOrders, mayAblate, mayAblateAcross, names } from "./sweep-coverage.ts";

/** What stands in the way of a measure, and the remedy. */
interface Obstacle {
  readonly message: string;
  readonly fix: string;
}

type Asked = { readonly study: Study; readonly layers: readonly LayerSummary[] };

/**
 * Refuses expectations that no run of the study can judge.
 * @throws LesionError `usage` that names the expectation.
 */
export function assertExpected(
  expectations: readonly Expectation[],
  study: Study,
  layers: readonly LayerSummary[],
): void {
  for (const { text, left, right } of expectations) {
    for (const measure of [left, right]) {
      const obstacle = obstacleTo(measure, { study, layers });
      if (obstacle)
        throw new LesionError("usage", obstacle.message, { where: `--expect "${text}"`, fix: obstacle.fix });
    }
  }
}

/** What stands in the way of a measure; null: nothing that the study shows. */
export function obstacleTo(measure: Measure, asked: Asked): Obstacle | null {
  switch (measure.kind) {
    case "number":
      return null;
    case "run":
      return obstacleToRun(measure.name, asked.study);
    case "baseline":
      return obstacleToMeasured(`baseline.${measure.name}`, measure.name, asked.study);
    case "ablation":
      return obstacleToAblation(measure, asked);
    case "units":
      return obstacleToUnits(measure, asked);
    case "series":
      return obstacleToSeries(measure, asked);
  }
}

/** "train.accuracy", "recovery.all.n". */
function obstacleToRun(name: string, { model, recover }: Study): Obstacle | null {
  const [of, arm] = name.split(".");
  if (of === "train" && model.train === null) {
    return { message: `${name}: the study trains no network`, fix: 'Give the model a "train", or ask something else.' };
  }
  if (of === "recovery" && !(recover?.arms as readonly string[] | undefined)?.includes(arm ?? "")) {
    return {
      message: `${name}: the study has no recovery in the arm "${arm}"`,
      fix: `Add a "recover" with this arm to the study, or ask something else.`,
    };
  }
  return null;
}

/** Which of the study's measures has a number; all others are always there. */
const MEASURE_OF: Readonly<Record<string, Study["measure"][number]>> = {
  ...{ top5: "top5", loss: "loss" },
  ...{ kept: "status", lost: "status", gained: "status", wrong: "status" },
};

function obstacleToMeasured(told: string, name: string, { measure }: Study): Obstacle | null {
  const needed = MEASURE_OF[name];
  if (needed === undefined || measure.includes(needed)) return null;
  return { message: `${told}: the study does not measure it`, fix: `Add "${needed}" to the study's "measure".` };
}

type OfUnits = Extract<Measure, { kind: "ablation" | "units" }>;

function obstacleToAblation({ name, text, sites }: OfUnits, asked: Asked): Obstacle | null {
  const found = sitesOf(text, sites, asked);
  if ("message" in found) return found;
  if (!isAblated(found, asked)) {
    return {
      message: `${text}: no ablation of the study is of these units`,
      fix: "Name the units of one ablation of the study, or add a sweep that has it.",
    };
  }
  return obstacleToMeasured(text, name, asked.study);
}

/** How many units of each layer are named; or what is wrong with them. */
function sitesOf(
  text: string,
  sites: readonly SiteName[],
  { layers }: Asked,
): ReadonlyMap<LayerSummary, readonly number[]> | Obstacle {
  const found = new Map<LayerSummary, readonly number[]>();
  for (const { layer: name, units } of sites) {
    const layer = layers.find((each) => names([name], each));
    if (layer === undefined) return noLayer(text, name, layers);
    const astray = units.find((unit) => unit >= layer.units);
    if (astray !== undefined) {
      return {
        message: `${text}: layer "${layer.layer}" has no unit ${astray}`,
        fix: `Its ${layer.units} units are 0 to ${layer.units - 1}.`,
      };
    }
    const twice = found.has(layer) || new Set(units).size < units.length;
    if (twice) return { message: `${text}: a layer or a unit is named twice`, fix: "Name each once." };
    found.set(layer, units);
  }
  return found;
}

function noLayer(text: string, name: LayerName, layers: readonly LayerSummary[]): Obstacle {
  const known = layers.map(({ layer }) => layer);
  const meant = typeof name === "string" ? nearest(name, known) : null;
  const list = layers.map(({ layer, layerIndex }) => `${layerIndex} "${layer}"`).join(", ");
  return {
    message: `${text}: the network has no ablatable layer ${JSON.stringify(name)}`,
    fix: `${meant === null ? "" : `Did you mean "${meant}"? `}Its layers are ${list === "" ? "none" : list}.`,
  };
}

/** Whether any sweep may have a row of just these units; of orders, draws and groups only the sizes are known. */
function isAblated(sites: ReadonlyMap<LayerSummary, readonly number[]>, { study, layers }: Asked): boolean {
  const counts = new Map([...sites].map(([layer, units]) => [layer, units.length]));
  return study.sweeps.some((sweep) => {
    if (sweep.ablate === "sets") {
      return sweep.sets.some(
        (set) =>
          [...sites].every(([layer, units]) => {
            const own = set.filter((site) => names([site.layer], layer)).flatMap((site) => site.units);
            return own.length === units.length && units.every((unit) => own.includes(unit));
          }) && set.every((site) => [...sites.keys()].some((layer) => names([site.layer], layer))),
      );
    }
    const [layer] = counts.keys();
    if (counts.size === 1) return mayAblate(sweep, layer!, counts.get(layer!)!, layers);
    return mayAblateAcross(sweep, counts, layers);
  });
}

const ANALYSIS_OF_UNITS: Readonly<Record<string, AnalysisOptions["analyse"]>> = {
  R: "redundancy",
  p: "mann-whitney",
  shapley: "shapley",
};

function obstacleToUnits({ name, text, sites }: OfUnits, asked: Asked): Obstacle | null {
  const found = sitesOf(text, sites, asked);
  if ("message" in found) return found;
  const units = [...found.values()].reduce((sum, each) => sum + each.length, 0);
  const wanted = name === "R" ? 2 : 1;
  if (units !== wanted) {
    const what = wanted === 2 ? "a pair of units" : "one unit";
    return { message: `${text}: ${name} is of ${what}, and ${units} are named`, fix: `Name ${what}.` };
  }
  const missing = obstacleToAnalysis(text, ANALYSIS_OF_UNITS[name]!, [...found.keys()], asked);
  if (missing || name !== "R" || isAblated(found, asked)) return missing;
  return {
    message: `${text}: no ablation of the study is of this pair`,
    fix: 'Add { "ablate": "pairs" } of its layers to "sweeps".',
  };
}

/** Whether the study asks for an analysis of some layers, and lacks nothing for it. */
function obstacleToAnalysis(
  text: string,
  name: AnalysisOptions["analyse"],
  about: readonly LayerSummary[],
  { study, layers }: Asked,
  isMeant: (options: AnalysisOptions) => boolean = () => true,
): Obstacle | null {
  const asked = study.analyses.filter(({ analyse }) => analyse === name).filter(isMeant);
  const isOfLayers = (options: AnalysisOptions) =>
    !("layers" in options) || about.every((layer) => names(options.layers, layer));
  const own = asked.find(isOfLayers);
  if (own === undefined) {
    const which = asked.length === 0 ? "" : " of this layer";
    return {
      message: `${text}: the study asks for no analysis "${name}" that has it`,
      fix: `Add the analysis "${name}"${which} to the study's "analyses".`,
    };
  }
  const lack = lackOf(own, study, layers);
  return lack && { message: `${text}: the analysis "${name}" ${lack.what}`, fix: lack.fix };
}

type OfSeries = Extract<Measure, { kind: "series" }>;

function obstacleToSeries({ name, of, layer: named, text }: OfSeries, asked: Asked): Obstacle | null {
  const { study, layers } = asked;
  const layer = named === null ? null : layers.find((each) => names([named], each));
  if (layer === undefined) return noLayer(text, named!, layers);
  const about = layer === null ? [] : [layer];
  if (name === "auc" || name === "half") {
    const lacking = obstacleToAnalysis(text, "degradation", about, asked);
    if (lacking) return lacking;
    if (layer === null) return oneLayer(text);
    const orders = study.sweeps.flatMap((sweep) =>
      "order" in sweep && names(sweep.layers, layer) ? curveOrders(sweep) : [],
    );
    if (orders.includes(of)) return null;
    const list = orders.length === 0 ? "no curve" : `the curves ${orders.join(", ")}`;
    return { message: `${text}: the study has no curve "${of}"`, fix: `Of "${layer.layer}" it has ${list}.` };
  }
  const [analysis = "", predictor] = of.split(" ");
  switch (analysis) {
    case "importance":
    case "ensemble": {
      if (layer === null && analysis === "ensemble") return oneLayer(text);
      const has = (options: AnalysisOptions) =>
        "predictors" in options && (options.predictors as readonly (string | undefined)[]).includes(predictor);
      return obstacleToAnalysis(text, analysis, about, asked, has);
    }
    case "mann-whitney":
      return layer === null ? oneLayer(text) : obstacleToAnalysis(text, analysis, about, asked);
    default:
      return {
        message: `${text}: there are no correlations of "${of}"`,
        fix: 'Name "importance PREDICTOR", "ensemble PREDICTOR" or "mann-whitney".',
      };
  }
}

const oneLayer = (text: string): Obstacle => ({
  message: `${text}: it is of one layer, and none is named`,
  fix: 'Name a layer after a ",".',
});
