/** A model for people: what it takes and gives, a row a layer, and which layers' channels meet. */
import type { ModelReport } from "../../workers/protocol.ts";
import { wrapped } from "./screen.ts";
import { type FittingColumn, fittingTable } from "./table.ts";
import { bytes, counted, grouped, macs } from "./units-of-measure.ts";

type Layer = ModelReport["layers"][number];

/** Couplings that are told; a network of hundreds of blocks has as many. */
const MOST_COUPLINGS = 12;
/** Layers of one coupling that are told. */
const MOST_LAYERS = 12;

const COLUMNS: readonly (FittingColumn & { readonly cell: (layer: Layer, units: number | null) => string })[] = [
  { title: "index", align: "right", cell: ({ layerIndex }) => String(layerIndex ?? "") },
  { title: "layer", align: "left", least: 16, cell: ({ name }) => name },
  { title: "kind", align: "left", cell: ({ kind }) => kind },
  { title: "window", align: "left", rank: 2, cell: ({ window }) => window },
  { title: "shape", align: "left", cell: ({ shape }) => `[${shape.join(", ")}]` },
  { title: "units", align: "right", cell: (_, units) => numberOr("", units ?? 0, grouped) },
  {
    title: "activation",
    align: "left",
    rank: 3,
    // A softmax layer's kind says it already.
    cell: ({ activation, kind }) => (activation === "linear" || activation === kind ? "" : activation),
  },
  { title: "parameters", align: "right", rank: 1, cell: ({ parameters }) => numberOr("", parameters, grouped) },
  { title: "MACs", align: "right", cell: (layer) => numberOr("", layer.macs, counted) },
  { title: "bytes", align: "right", rank: 4, cell: (layer) => numberOr("", layer.bytes, bytes) },
];

const numberOr = (none: string, value: number, text: (value: number) => string) => (value === 0 ? none : text(value));

/** Lines of up to `width` characters. What they leave out for want of room, the last of them names. */
export function modelLines(report: ModelReport, width: number): string[] {
  const units = new Map(report.ablatable.map((entry) => [entry.layer, entry.units]));
  const cells = report.layers.map((layer) => COLUMNS.map(({ cell }) => cell(layer, units.get(layer.name) ?? null)));
  const filled = COLUMNS.flatMap((_, place) => (cells.some((row) => row[place] !== "") ? [place] : []));
  const { lines, leftOut } = fittingTable(
    filled.map((place) => COLUMNS[place]!),
    cells.map((row) => filled.map((place) => row[place]!)),
    width,
  );
  const sentences = [
    ...couplingSentences(report),
    "The index is the one that a study's `layers` takes; layers without one cannot be ablated.",
    ...(leftOut.length === 0 ? [] : [`Left out for want of room, and in --json: ${leftOut.join(", ")}.`]),
  ];
  const fitted = (texts: readonly string[]) => texts.flatMap((text) => wrapped(text.split(" "), width));
  return [...fitted(totals(report)), "", ...lines, "", ...fitted(sentences)];
}

function totals(report: ModelReport): string[] {
  const inputs = report.inputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  const { layers, ablatable } = report;
  const units = ablatable.reduce((sum, entry) => sum + entry.units, 0);
  return [
    `${report.name}: ${inputs} -> ${report.outputs.join(", ")}`,
    `${grouped(report.parameters)} parameters, ${bytes(report.bytes)}`,
    `${macs(report.macs)} and ${grouped(report.activations)} activations a sample`,
    `${grouped(layers.length)} layers; ${grouped(units)} units of ${grouped(ablatable.length)} layers can be ablated`,
  ];
}

/** A sentence for each set of layers whose channels meet: added up to one, or joined side by side. */
function couplingSentences({ layers, ablatable }: ModelReport): string[] {
  const kindOf = new Map(layers.map(({ name, kind }) => [name, kind]));
  const placeOf = new Map(layers.map(({ name }, place) => [name, place]));
  const indexOf = new Map(ablatable.map(({ layer, layerIndex }) => [layer, layerIndex]));
  const said = new Map<string, string>();
  for (const { layer, coupled } of ablatable) {
    if (!coupled) continue;
    const names = [layer, ...coupled.with].sort((a, b) => (placeOf.get(a) ?? 0) - (placeOf.get(b) ?? 0));
    const isJoined = kindOf.get(coupled.by) === "concat";
    const key = JSON.stringify([isJoined, names]);
    if (said.has(key)) continue;
    const list = listOf(names.map((name) => String(indexOf.get(name) ?? name)));
    const meaning = isJoined ? "their channels stand side by side" : "channel c of each is part of one channel there";
    said.set(key, `Layers ${list} meet at ${coupled.by}: ${meaning}.`);
  }
  const sentences = [...said.values()];
  const more = sentences.length - MOST_COUPLINGS;
  if (more <= 0) return sentences;
  return [...sentences.slice(0, MOST_COUPLINGS), `${grouped(more)} more sets of layers meet; --json lists them.`];
}

/** "0, 2 and 4", cut where there are too many. */
function listOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LAYERS);
  const more = names.length - shown.length;
  const last = more > 0 ? `${more} more` : shown.pop()!;
  return `${shown.join(", ")} and ${last}`;
}
