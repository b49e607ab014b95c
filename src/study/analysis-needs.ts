/**
 * What a study lacks for what it asks: shown by the study and the network's layers alone, before anything has run.
 * `lesion plan`, the start of a run and the lab all ask here.
 */
import type { AnalysisOptions } from "./analysis-options.ts";
import type { LayerSummary } from "./records.ts";
import type { LayerChoice, Study, Sweep } from "./study.ts";
import { isAdaptive, mayAblate, mayAblateAcross, names, replacementsOf, unitsByLayer } from "./sweep-coverage.ts";

/** What is lacking, as the end of "the analysis ...", and how it is got. */
export interface Lack {
  readonly what: string;
  readonly fix: string;
}

/** A study, and the layers of its network: those that an analysis is about are `chosen`. */
interface Asked {
  readonly study: Study;
  readonly layers: readonly LayerSummary[];
  readonly chosen: readonly LayerSummary[];
}
type Need = (asked: Asked) => Lack | null;

const EACH_UNIT: Lack = {
  what: "needs a sweep over each unit",
  fix: 'Add { "ablate": "each-unit" } of its layers to "sweeps".',
};
const PAIRS: Lack = {
  what: "needs a sweep over pairs",
  fix: 'Add { "ablate": "pairs" } of its layers to "sweeps".',
};
const UNITS_OF_PAIRS: Lack = {
  what: "needs a sweep over each unit of the pairs",
  fix: 'Add { "ablate": "each-unit" } of the same layers, with the same replacement, to "sweeps".',
};
const INITIAL: Lack = {
  what: "needs the network before training",
  fix: 'Name it as the model\'s "initial", or train the network here: give the model a "train".',
};
const TRAINING: Lack = {
  what: "needs a study that trains",
  fix: 'Give the model a "train".',
};

/** What is lacking for one analysis; null: nothing. */
export function lackOf(options: AnalysisOptions, study: Study, layers: readonly LayerSummary[]): Lack | null {
  const choice: LayerChoice = "layers" in options ? options.layers : "all";
  return needOf(options)({ study, layers, chosen: layers.filter((layer) => names(choice, layer)) });
}

/** A sentence for each analysis of a study that cannot be made, with its remedy. */
export function analysisWarnings(study: Study, layers: readonly LayerSummary[]): string[] {
  return study.analyses.flatMap((options, index) => {
    const lack = lackOf(options, study, layers);
    if (lack === null) return [];
    return [`analyses[${index}], "${options.analyse}", cannot be made: it ${lack.what}. ${lack.fix}`];
  });
}

function needOf(options: AnalysisOptions): Need {
  switch (options.analyse) {
    case "class-damage":
    case "overlap":
      return singleUnits;
    case "populations":
      return options.by.includes("effect") ? singleUnits : nothing;
    case "importance":
      return options.predictors.every(comparesWithInitial) ? all(eachUnit, initial) : eachUnit;
    case "mann-whitney":
      return all(eachUnit, initial);
    case "redundancy":
      return pairsAmong((sweep) => sweep.ablate === "pairs" || sweep.ablate === "sets");
    case "interactions":
      return pairsAmong((sweep) => sweep.ablate === "pairs");
    case "replacements":
      return severalReplacements;
    case "cascade":
    case "positive-effects":
      return anyAblation;
    case "degradation":
      return curves;
    case "depth":
      return inOneLayer;
    case "negligible":
      return all(training, epochAmong(options.epochs));
    case "ensemble":
      return all(training, severalNetworks);
    case "shapley":
    case "gain-search":
    case "embedding":
      return nothing;
  }
}

const nothing: Need = () => null;

/** The first thing that is lacking. */
const all =
  (...needs: readonly Need[]): Need =>
  (asked) =>
    needs.reduce<Lack | null>((lack, need) => lack ?? need(asked), null);

const anyAblation: Need = ({ study: { sweeps } }) =>
  sweeps.every(isAdaptive)
    ? {
        what: "needs a sweep that measures all of its ablations",
        fix: 'Add one, such as { "ablate": "each-unit" }, to "sweeps".',
      }
    : null;

/** Of whole sweeps, or of sets that list single units. */
const singleUnits: Need = ({ study: { sweeps }, layers, chosen }) => {
  const isSingle = (sweep: Sweep) => sweep.ablate === "each-unit" || sweep.ablate === "sets";
  return sweeps.some((sweep) => isSingle(sweep) && chosen.some((layer) => mayAblate(sweep, layer, 1, layers)))
    ? null
    : EACH_UNIT;
};

/** Predictors are compared with whole sweeps, not with a few units of them. */
const eachUnit: Need = ({ study: { sweeps }, layers, chosen }) =>
  sweeps.some((each) => each.ablate === "each-unit" && chosen.some((layer) => mayAblate(each, layer, 1, layers)))
    ? null
    : EACH_UNIT;

/** Pairs of sweeps of some kinds, and their units alone, of any sweep, under the same replacement. */
const pairsAmong =
  (hasPairs: (sweep: Sweep) => boolean): Need =>
  (asked) => {
    const pairs = asked.study.sweeps.filter(hasPairs).flatMap((sweep) => pairsOf(sweep, asked));
    if (pairs.length === 0) return PAIRS;
    const { study, layers } = asked;
    const isAlone = (layer: LayerSummary, replacement: string) =>
      study.sweeps.some(
        (sweep) => replacementsOf(sweep, study).includes(replacement) && mayAblate(sweep, layer, 1, layers),
      );
    return pairs.some((pair) => pair.layers.every((layer) => isAlone(layer, pair.replacement))) ? null : UNITS_OF_PAIRS;
  };

/** The layers that pairs of a sweep lie in, one or two, all of them chosen. */
function pairsOf(sweep: Sweep, { study, layers, chosen }: Asked) {
  const found: (readonly LayerSummary[])[] = [];
  if (sweep.ablate === "sets") {
    for (const set of sweep.sets) {
      const counts = unitsByLayer(set, layers);
      const units = [...counts.values()].reduce((sum, count) => sum + count, 0);
      if (units === 2) found.push([...counts.keys()]);
    }
  } else {
    for (const [i, a] of chosen.entries()) {
      if (mayAblate(sweep, a, 2, layers)) found.push([a]);
      for (const b of chosen.slice(i + 1)) {
        const one = new Map([a, b].map((layer) => [layer, 1]));
        if (mayAblateAcross(sweep, one, layers)) found.push([a, b]);
      }
    }
  }
  const inChosen = found.filter((each) => each.every((layer) => chosen.includes(layer)));
  return replacementsOf(sweep, study).flatMap((replacement) => inChosen.map((each) => ({ layers: each, replacement })));
}

const severalReplacements: Need = ({ study, layers, chosen }) => {
  const sweeps = study.sweeps.filter(({ ablate }) => ablate === "each-unit" || ablate === "sets");
  const isCompared = chosen.some((layer) => {
    const own = sweeps.filter((sweep) => mayAblate(sweep, layer, 1, layers));
    return new Set(own.flatMap((sweep) => replacementsOf(sweep, study))).size > 1;
  });
  if (isCompared) return null;
  return {
    what: "needs each unit under two replacements, such as zero and mean",
    fix: 'Give an each-unit sweep "replacements": ["zero", "mean"].',
  };
};

const curves: Need = ({ study: { sweeps } }) =>
  sweeps.some(({ ablate }) => ablate === "cumulative" || ablate === "keep-only")
    ? null
    : {
        what: "needs a cumulative sweep, or one that keeps only some units",
        fix: 'Add { "ablate": "cumulative" } to "sweeps".',
      };

const inOneLayer: Need = ({ study: { sweeps }, layers }) => {
  const isAcross = (sweep: Sweep) =>
    (sweep.ablate === "pairs" &&
      sweep.across === true &&
      layers.filter((each) => names(sweep.layers, each)).length > 1) ||
    (sweep.ablate === "sets" && sweep.sets.some((set) => unitsByLayer(set, layers).size > 1));
  if (sweeps.some((sweep) => !isAdaptive(sweep) && !isAcross(sweep))) return null;
  return {
    what: "needs a sweep whose ablations lie in one layer each",
    fix: 'Add one, such as { "ablate": "each-unit" }, to "sweeps".',
  };
};

/** Whether a predictor compares with the network before training. */
export const comparesWithInitial = (predictor: string) => predictor === "weight-change" || predictor === "mann-whitney";

/** Whether a study knows its network as it was before training. */
export const knowsInitial = ({ model }: Pick<Study, "model">) =>
  model.train !== null || ("file" in model && model.initial !== null);

const initial: Need = ({ study }) => (knowsInitial(study) ? null : INITIAL);

const training: Need = ({ study: { model } }) => (model.train === null ? TRAINING : null);

const epochAmong =
  (epochs: readonly number[]): Need =>
  ({ study: { model } }) => {
    const last = model.train?.epochs ?? 0;
    if (epochs.some((epoch) => epoch <= last)) return null;
    return {
      what: `needs an epoch of the training, which has ${last}`,
      fix: `Name some of 0 to ${last} in its "epochs".`,
    };
  };

const severalNetworks: Need = ({ study: { model } }) =>
  (model.train?.networks ?? 1) > 1
    ? null
    : { what: "needs several networks", fix: 'Set "networks" of the model\'s "train" to 2 or more.' };
