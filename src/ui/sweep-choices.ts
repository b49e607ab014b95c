/**
 * The sweeps a person can tick: the usual ones for the network's layers, and whatever else the study document holds. Two
 * sweeps that name the same layers differently ("all", [0, 1], names) are one choice.
 */

import { LesionError } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import { expand } from "../study/expand.ts";
import type { LayerSummary } from "../study/records.ts";
import type { LayerChoice, Study, Sweep } from "../study/study.ts";

export interface SweepChoice {
  readonly key: string;
  readonly title: string;
  readonly sweep: Sweep;
  readonly chosen: boolean;
  /** Offered under "More sweeps", for those who look for it. */
  readonly isMore: boolean;
  /** Ablations it gives; null where the sweep does not fit the network, or finds out by itself how many. */
  readonly count: number | null;
  /** Why it does not fit. */
  readonly problem: string | null;
}

/** The ablatable layers of a network that a study builds: all that have units, but the last. */
export function builtLayers(study: Study): readonly LayerSummary[] | null {
  if (!("build" in study.model)) return null;
  const { layers } = study.model.build;
  const dense = layers.filter(({ kind }) => kind === "dense");
  const conv = layers.filter(({ kind }) => kind === "conv");
  return layers
    .filter((layer) => layer.kind === "dense" || layer.kind === "conv")
    .slice(0, -1)
    .map((layer, layerIndex) =>
      layer.kind === "dense"
        ? { layer: `dense_${dense.indexOf(layer)}`, layerIndex, units: layer.units, kind: "dense" }
        : { layer: `conv_${conv.indexOf(layer)}`, layerIndex, units: layer.filters, kind: "conv2d" },
    );
}

/**
 * All choices, in a fixed order: usual sweeps first, then those only the document names. Where no layers are known, as of a
 * model that is not here yet, the document's alone, of which nobody can say how many ablations they give.
 */
export function sweepChoices(study: Study, layers: readonly LayerSummary[]): readonly SweepChoice[] {
  if (layers.length === 0) {
    return study.sweeps.map((sweep) => ({
      ...{ key: keyOf(sweep, layers), sweep, title: titleOf(sweep, layers) },
      ...{ chosen: true, isMore: false, count: null, problem: null },
    }));
  }
  const all = layers.map(({ layerIndex }) => layerIndex);
  const usual: Sweep[] = [
    { ablate: "each-unit", layers: all },
    ...all.map((index): Sweep => ({ ablate: "pairs", layers: [index] })),
    { ablate: "fraction", layers: all, fractions: [0.1, 0.25, 0.5], draws: 20, choose: "random" },
  ];
  const more = moreSweeps(all);
  const chosen = new Map(study.sweeps.map((sweep) => [keyOf(sweep, layers), sweep]));
  const offered = new Map(usual.map((sweep) => [keyOf(sweep, layers), sweep]));
  const offeredMore = new Map(more.map((sweep) => [keyOf(sweep, layers), sweep]));
  return [...new Map([...offered, ...offeredMore, ...chosen])].map(([key, sweep]) => ({
    key,
    sweep,
    title: titleOf(sweep, layers),
    chosen: chosen.has(key),
    isMore: offeredMore.has(key) && !offered.has(key),
    ...counted(study, sweep, layers),
  }));
}

/**
 * Sweeps beyond the usual ones, as a study has them with its defaults filled in. Their numbers keep them small on wide
 * layers; others are edited in the document.
 */
function moreSweeps(layers: readonly number[]): readonly Sweep[] {
  const cumulative = { ablate: "cumulative", layers, from: "most", points: 20 } as const;
  return [
    { ablate: "each-unit", layers, replacements: [{ kind: "zero" }, { kind: "mean" }] },
    {
      ablate: "each-unit",
      layers,
      adaptive: { top: 10, by: "loss", confidence: 0.95, first: null, growth: 1.5 },
    },
    { ablate: "whole-layer", layers },
    { ...cumulative, order: "random", draws: 10 },
    { ...cumulative, order: "weight-l1", draws: 1 },
    { ...cumulative, order: "greedy-least", draws: 1 },
    { ...cumulative, order: "greedy-most", draws: 1 },
    { ablate: "keep-only", layers, order: "measured", keep: [1, 2, 5], draws: 1 },
    {
      ablate: "similar",
      layers,
      similarity: "weights-cosine",
      grouping: { kind: "nearest", seeds: 10 },
      fractions: [0.1, 0.25, 0.5],
      controls: ["random", "dissimilar"],
    },
  ];
}

/** The study's sweeps after one choice is ticked or unticked. A study keeps at least one sweep. */
export function toggled(choices: readonly SweepChoice[], key: string): readonly Sweep[] {
  const next = choices.filter((choice) => (choice.key === key ? !choice.chosen : choice.chosen));
  return (next.length === 0 ? choices.filter((choice) => choice.chosen) : next).map(({ sweep }) => sweep);
}

/** The study's sweeps that fit the network it builds; each unit of all its layers where none does. */
export function fittingSweeps(study: Study): readonly Sweep[] {
  const layers = builtLayers(study) ?? [];
  const fitting = study.sweeps.filter((sweep) => counted(study, sweep, layers).problem === null);
  return fitting.length > 0 ? fitting : [{ ablate: "each-unit", layers: "all" }];
}

/** A study's recovery after its sweeps have changed: it names sweeps by their places, and those that are gone, no more. */
export function recoveredAfter({ sweeps: before, recover }: Study, sweeps: readonly Sweep[]): Study["recover"] {
  if (recover === null || recover.of === "all") return recover;
  const places = recover.of.map((index) => sweeps.indexOf(before[index]!)).filter((place) => place >= 0);
  return { ...recover, of: places.length === 0 ? "all" : places };
}

function counted(study: Study, sweep: Sweep, layers: readonly LayerSummary[]) {
  try {
    const { count } = expand({ ...study, sweeps: [sweep] }, layers);
    return { count: "adaptive" in sweep && sweep.adaptive ? null : count, problem: null };
  } catch (thrown) {
    if (!(thrown instanceof LesionError)) throw thrown;
    return { count: null, problem: thrown.message };
  }
}

function keyOf(sweep: Sweep, layers: readonly LayerSummary[]): string {
  return canonicalJson("layers" in sweep ? { ...sweep, layers: indicesOf(sweep.layers, layers) } : sweep);
}

function indicesOf(choice: LayerChoice, layers: readonly LayerSummary[]): readonly (string | number)[] {
  if (choice === "all") return layers.map(({ layerIndex }) => layerIndex);
  return choice.map((named) => layers.find(({ layer }) => layer === named)?.layerIndex ?? named);
}

function titleOf(sweep: Sweep, layers: readonly LayerSummary[]): string {
  const replaced = sweep.replacements?.map(({ kind }) => kind).join(" and ") ?? sweep.replacement?.kind;
  const own = [replaced, sweep.site].filter((part) => part !== undefined);
  const suffix = own.map((part) => `, ${part}`).join("");
  if (sweep.ablate === "sets") return `${sweep.sets.length === 1 ? "A set" : "Sets"} of units${suffix}`;
  const indices = indicesOf(sweep.layers, layers);
  const everywhere = layers.every(({ layerIndex }) => indices.includes(layerIndex));
  const named = indices.map(
    (index) => layers.find(({ layerIndex }) => layerIndex === index)?.layer ?? `layer ${index}`,
  );
  const isAll = sweep.layers === "all" ? layers.length !== 1 : everywhere && layers.length > 1;
  const where = isAll ? "all layers" : named.join(", ");
  switch (sweep.ablate) {
    case "each-unit":
      return `${sweep.adaptive ? `The ${sweep.adaptive.top} units that matter most` : "Each unit"} of ${where}${suffix}`;
    case "pairs":
      return `Each pair of ${where}${sweep.across ? ", across layers too" : ""}${suffix}`;
    case "fraction":
      return `Random ${percents(sweep.fractions)} % of ${where}, ${sweep.draws} draws${suffix}`;
    case "whole-layer":
      return `The whole of ${where}${suffix}`;
    case "cumulative":
      return `More and more of ${where}, ${orderText(sweep)}${suffix}`;
    case "keep-only":
      return `All but ${sweep.keep.join(", ")} ${Math.max(...sweep.keep) === 1 ? "unit" : "units"} of ${where}, ${orderText(sweep)}${suffix}`;
    case "similar":
      return `Similar ${percents(sweep.fractions)} % of ${where}, by ${sweep.similarity}${suffix}`;
  }
}

const percents = (shares: readonly number[]) => shares.map((share) => Math.round(share * 1000) / 10).join(", ");

function orderText({ order, draws, ...sweep }: Extract<Sweep, { order: unknown }>): string {
  switch (order) {
    case "random":
      return `${draws} random ${draws === 1 ? "order" : "orders"}`;
    case "greedy-least":
      return "least damage first";
    case "greedy-most":
      return "most damage first";
    default:
      return `by ${ORDER_NAMES[order] ?? order}${"from" in sweep && sweep.from === "least" ? ", least first" : ""}`;
  }
}

const ORDER_NAMES: Readonly<Record<string, string>> = {
  measured: "measured drop",
  "measured-class": "measured drop of each class",
};
