/**
 * The analyses a person can tick: what each asks, and whether the present study could answer it. What it could not says why,
 * before anything has run.
 */
import type { AnalysisOptions } from "../study/analysis-options.ts";
import type { LayerSummary } from "../study/records.ts";
import type { SiteChoice, Study, Sweep } from "../study/study.ts";

export type AnalysisName = AnalysisOptions["analyse"];

export interface AnalysisChoice {
  readonly name: AnalysisName;
  readonly title: string;
  readonly question: string;
  readonly chosen: boolean;
  /** What the study lacks for it; null: nothing. */
  readonly problem: string | null;
}

export interface AnalysisGroupChoices {
  readonly title: string;
  readonly choices: readonly AnalysisChoice[];
}

/** What is asked of a study and of the layers it names; a sentence about what is lacking, or null. */
type Needs = (study: Study, layers: readonly LayerSummary[]) => string | null;

const nothing: Needs = () => null;

const anyAblation: Needs = ({ sweeps }) =>
  sweeps.some((sweep) => !isAdaptive(sweep)) ? null : "needs a sweep that measures all of its ablations";

const singleUnits: Needs = ({ sweeps }) => (sweeps.some(hasSingleUnits) ? null : "needs a sweep over each unit");

/** Predictors are compared with whole sweeps, not with a few units of them. */
const eachUnit: Needs = ({ sweeps }) =>
  sweeps.some((sweep) => sweep.ablate === "each-unit" && !isAdaptive(sweep)) ? null : "needs a sweep over each unit";

const pairs: Needs = (study, layers) =>
  study.sweeps.some(hasPairs) ? singleUnits(study, layers) : "needs a sweep over pairs";

const cumulative: Needs = ({ sweeps }) =>
  sweeps.some(({ ablate }) => ablate === "cumulative" || ablate === "keep-only")
    ? null
    : "needs a cumulative sweep, or one that keeps only some units";

const initialNetwork: Needs = ({ model }) =>
  model.train !== null || ("file" in model && model.initial !== null)
    ? null
    : "needs the network before training: train it here, or name it as the model's initial";

const training: Needs = ({ model }) => (model.train === null ? "needs a study that trains" : null);

const ensemble: Needs = ({ model }) =>
  model.train === null || model.train.networks < 2 ? "needs several networks: train.networks of the document" : null;

const replacements: Needs = ({ sweeps, replacement, site }) => {
  const found = sweeps
    .filter(hasSingleUnits)
    .flatMap((sweep) =>
      (sweep.replacements ?? [sweep.replacement ?? replacement]).map((one) =>
        JSON.stringify([one, sweep.site ?? site]),
      ),
    );
  return new Set(found).size > 1 ? null : "needs each unit under two replacements, such as zero and mean";
};

const oneLayer: Needs = ({ sweeps }) =>
  sweeps.some((sweep) => !isAdaptive(sweep) && !(sweep.ablate === "pairs" && sweep.across) && !isAcrossSets(sweep))
    ? null
    : "needs a sweep whose ablations lie in one layer each";

/** The first thing that is lacking. */
const all =
  (...needs: readonly Needs[]): Needs =>
  (study, layers) =>
    needs.reduce<string | null>((lacking, need) => lacking ?? need(study, layers), null);

interface Entry {
  readonly name: AnalysisName;
  readonly title: string;
  readonly question: string;
  readonly needs: Needs;
}

const GROUPS: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: "Units",
    entries: [
      entry("class-damage", "Class damage", "Which classes does each unit carry?", singleUnits),
      entry("populations", "Populations", "Which units do alike?", singleUnits),
      entry("replacements", "Replacements", "Does the ranking hang on what takes a unit's place?", replacements),
      entry("positive-effects", "What gets better", "Where does accuracy rise for sure?", anyAblation),
      entry("gain-search", "Gains without losses", "Can a gain be had without its price?", nothing),
      entry("cascade", "Cascade", "How far does the damage travel?", anyAblation),
    ],
  },
  {
    title: "Interactions",
    entries: [
      entry("redundancy", "Redundancy", "Which pairs back each other up?", pairs),
      entry("interactions", "Interactions", "What do two units do beyond their sum?", pairs),
      entry("overlap", "Overlap", "Which units lose the same samples?", singleUnits),
      entry("shapley", "Shapley values", "What is a unit worth among all others?", nothing),
    ],
  },
  {
    title: "Predictors",
    entries: [
      entry("importance", "Importance", "Would weights or activations have told?", eachUnit),
      entry(
        "mann-whitney",
        "Mann-Whitney",
        "Does change through training tell what matters?",
        all(eachUnit, initialNetwork),
      ),
    ],
  },
  {
    title: "Curves",
    entries: [
      entry("degradation", "Degradation", "How gracefully does accuracy fall?", cumulative),
      entry("depth", "Depth", "Which layers are the most fragile?", oneLayer),
    ],
  },
  {
    title: "Networks",
    entries: [
      entry("negligible", "Negligible units", "How many hardly matter, epoch by epoch?", training),
      entry("ensemble", "Ensemble", "Does it hold for networks of other seeds?", ensemble),
    ],
  },
  {
    title: "Samples",
    entries: [entry("embedding", "Map of the samples", "What kind of sample is lost?", nothing)],
  },
];

function entry(name: AnalysisName, title: string, question: string, needs: Needs): Entry {
  return { name, title, question, needs };
}

/** All analyses in their groups, with what `study` lacks for each over a network's ablatable `layers`. */
export function analysisChoices(study: Study, layers: readonly LayerSummary[]): readonly AnalysisGroupChoices[] {
  const chosen = new Set(study.analyses.map(({ analyse }) => analyse));
  return GROUPS.map(({ title, entries }) => ({
    title,
    choices: entries.map(({ name, title, question, needs }) => ({
      name,
      title,
      question,
      chosen: chosen.has(name),
      problem: needs(study, layers),
    })),
  }));
}

/** A study's analyses after one is ticked, with its defaults, or unticked, however often it stands there. */
export function toggledAnalysis({ analyses }: Study, name: AnalysisName): readonly (AnalysisOptions | AnalysisName)[] {
  const others = analyses.filter(({ analyse }) => analyse !== name);
  return others.length < analyses.length ? others : [...analyses, name];
}

const isAdaptive = (sweep: Sweep) => sweep.ablate === "each-unit" && sweep.adaptive !== undefined;

const unitsOf = (set: readonly SiteChoice[]) => set.reduce((sum, { units }) => sum + units.length, 0);

function hasSingleUnits(sweep: Sweep): boolean {
  if (sweep.ablate === "sets") return sweep.sets.some((set) => unitsOf(set) === 1);
  return sweep.ablate === "each-unit" && !isAdaptive(sweep);
}

function hasPairs(sweep: Sweep): boolean {
  return sweep.ablate === "pairs" || (sweep.ablate === "sets" && sweep.sets.some((set) => unitsOf(set) === 2));
}

/** Whether any set has units of several layers. */
function isAcrossSets(sweep: Sweep): boolean {
  return sweep.ablate === "sets" && sweep.sets.some((set) => new Set(set.map(({ layer }) => layer)).size > 1);
}
