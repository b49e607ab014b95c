/**
 * The analyses a person can tick: what each asks, and whether the present study could answer it. What it could not says why,
 * before anything has run.
 */
import { lackOf } from "../study/analysis-needs.ts";
import type { AnalysisOptions } from "../study/analysis-options.ts";
import { defaultAnalysis } from "../study/analysis-schema.ts";
import type { LayerSummary } from "../study/records.ts";
import type { Study } from "../study/study.ts";

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

interface Entry {
  readonly name: AnalysisName;
  readonly title: string;
  readonly question: string;
}

const GROUPS: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: "Units",
    entries: [
      entry("class-damage", "Class damage", "Which classes does each unit carry?"),
      entry("populations", "Populations", "Which units do alike?"),
      entry("replacements", "Replacements", "Does the ranking hang on what takes a unit's place?"),
      entry("positive-effects", "What gets better", "Where does accuracy rise for sure?"),
      entry("gain-search", "Gains without losses", "Can a gain be had without its price?"),
      entry("cascade", "Cascade", "How far does the damage travel?"),
    ],
  },
  {
    title: "Interactions",
    entries: [
      entry("redundancy", "Redundancy", "Which pairs back each other up?"),
      entry("interactions", "Interactions", "What do two units do beyond their sum?"),
      entry("overlap", "Overlap", "Which units lose the same samples?"),
      entry("shapley", "Shapley values", "What is a unit worth among all others?"),
    ],
  },
  {
    title: "Predictors",
    entries: [
      entry("importance", "Importance", "Would weights or activations have told?"),
      entry("mann-whitney", "Mann-Whitney", "Does change through training tell what matters?"),
    ],
  },
  {
    title: "Curves",
    entries: [
      entry("degradation", "Degradation", "How gracefully does accuracy fall?"),
      entry("depth", "Depth", "Which layers are the most fragile?"),
    ],
  },
  {
    title: "Networks",
    entries: [
      entry("negligible", "Negligible units", "How many hardly matter, epoch by epoch?"),
      entry("ensemble", "Ensemble", "Does it hold for networks of other seeds?"),
    ],
  },
  {
    title: "Samples",
    entries: [entry("embedding", "Map of the samples", "What kind of sample is lost?")],
  },
];

function entry(name: AnalysisName, title: string, question: string): Entry {
  return { name, title, question };
}

/** Layers of a network that is not read yet: those that the study names, and two more. */
function standIns({ sweeps }: Study): readonly LayerSummary[] {
  const named = sweeps.flatMap((sweep) => {
    if (sweep.ablate === "sets") return sweep.sets.flatMap((set) => set.map(({ layer }) => layer));
    return sweep.layers === "all" ? [] : sweep.layers;
  });
  return [...new Set([...named, "", " "])].map((name, i) =>
    typeof name === "number"
      ? { layer: `${name}`, layerIndex: name, units: STAND_IN_UNITS }
      : { layer: name, layerIndex: -1 - i, units: STAND_IN_UNITS },
  );
}

const STAND_IN_UNITS = 64;

/** All analyses in their groups, with what `study` lacks for each over a network's ablatable `layers`. */
export function analysisChoices(study: Study, layers: readonly LayerSummary[]): readonly AnalysisGroupChoices[] {
  const known = layers.length === 0 ? standIns(study) : layers;
  return GROUPS.map(({ title, entries }) => ({
    title,
    choices: entries.map(({ name, title, question }) => {
      const own = study.analyses.find(({ analyse }) => analyse === name);
      return { name, title, question, chosen: own !== undefined, problem: problemOf(own ?? name, study, known) };
    }),
  }));
}

function problemOf(asked: AnalysisOptions | AnalysisName, study: Study, layers: readonly LayerSummary[]) {
  const options = typeof asked === "string" ? defaultAnalysis(asked) : asked;
  return lackOf(options, study, layers)?.what ?? null;
}

/** A study's analyses after one is ticked, with its defaults, or unticked, however often it stands there. */
export function toggledAnalysis({ analyses }: Study, name: AnalysisName): readonly (AnalysisOptions | AnalysisName)[] {
  const others = analyses.filter(({ analyse }) => analyse !== name);
  return others.length < analyses.length ? others : [...analyses, name];
}
