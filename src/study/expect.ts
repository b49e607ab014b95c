/**
 * Expectations of a run's results, as `--expect` takes them, so that a study can stand in a continuous build:
 * `baseline.correct >= 9462`, `drop(dense_0: 11) > 40`, `correct(0: 5+9) == 8034`, `count == 210`,
 * `recovery.all.regained > 0.5`, `R(dense_0: 4+9) > 0.1`, `spearman(importance weight-l1, dense_0) > 0`. One side of them,
 * a measure, is also how a report names what was published.
 */
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { type Found, isOf, type LayerName, OF_SERIES, OF_UNITS, type SiteName } from "./expect-analyses.ts";
import { OF_TRAINING } from "./expect-training.ts";
import type { AblationRecord, BaselineRecord, Measured } from "./records.ts";
import type { RunResults } from "./results.ts";

type Operator = ">=" | "<=" | "==" | "!=" | ">" | "<";

/** Something that a run may have measured, parsed. */
export type Measure =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "run"; readonly name: string }
  | { readonly kind: "baseline"; readonly name: string }
  | {
      readonly kind: "ablation" | "units";
      readonly name: string;
      readonly sites: readonly SiteName[];
      readonly text: string;
    }
  | {
      readonly kind: "series";
      readonly name: string;
      /** "importance weight-l1", "random"; see expect-analyses.ts. */
      readonly of: string;
      /** Null: all layers pooled. */
      readonly layer: LayerName | null;
      readonly text: string;
    };

/** A comparison, parsed. */
export interface Expectation {
  readonly text: string;
  readonly left: Measure;
  readonly operator: Operator;
  readonly right: Measure;
}

/** How an expectation turned out. */
export interface ExpectationResult {
  readonly text: string;
  readonly passed: boolean;
  /** What its two sides came to. */
  readonly left: number;
  readonly right: number;
}

type Value = number | null | undefined;
const OF_RUN: Readonly<Record<string, (results: RunResults) => Value>> = {
  /** Ablations measured. */
  count: ({ ablations }) => ablations.length,
  failures: ({ failures }) => failures.length,
  ...OF_TRAINING,
};
const OF_NETWORK: Readonly<Record<string, (measured: Measured) => Value>> = {
  samples: ({ samples }) => samples,
  correct: ({ correct }) => correct,
  accuracy: ({ correct, samples }) => correct / samples,
  top5: ({ correctTop5 }) => correctTop5,
  loss: ({ loss }) => loss,
};
const OF_ABLATION: Readonly<Record<string, (ablation: AblationRecord, baseline: BaselineRecord) => Value>> = {
  ...OF_NETWORK,
  /** Percentage points. */
  drop: ({ correct, samples }, baseline) => 100 * (baseline.correct / baseline.samples - correct / samples),
  kept: ({ status }) => status?.kept,
  lost: ({ status }) => status?.lost,
  gained: ({ status }) => status?.gained,
  wrong: ({ status }) => status?.wrong,
};

/** What a measure of a run came to. */
export interface MeasuredValue {
  readonly value: number;
  /** Samples, units or ablations that it was taken of; null of counts and numbers. */
  readonly n: number | null;
}

/**
 * Parses an expectation: two measures and >=, <=, ==, !=, > or < between them. A measure is a number; `count` or `failures`;
 * one of training or recovery (see expect-training.ts); one of the intact network, `accuracy` or `baseline.accuracy` (samples,
 * correct, accuracy, top5, loss); one of an ablation, `drop(layer: units)` (also drop in percentage points, kept, lost,
 * gained, wrong), where units of a layer are joined by "+", layers by ",", and a layer is its name or index; or one of an
 * analysis (see expect-analyses.ts), of units in the same way, `R(layer: units)`, or of a layer, `auc(random, layer)`.
 * @throws LesionError `usage` with the column of what is wrong.
 */
export function parseExpectation(text: string): Expectation {
  const parser: Parser = { text, at: 0, origin: "--expect" };
  const left = parseTerm(parser);
  const operator = take(parser, /(?:>=|<=|==|!=|>|<)/y) as Operator | null;
  if (operator === null) throw wrong(parser, "a comparison is missing", "Write >=, <=, ==, !=, > or < here.");
  const right = parseTerm(parser);
  if (take(parser, /$/y) === null)
    throw wrong(parser, "something follows the comparison", "Give each --expect one comparison.");
  return { text, left, operator, right };
}

/**
 * Parses one measure by itself, such as "drop(dense_0: 11)".
 * @throws LesionError `usage` with the column of what is wrong.
 */
export function parseMeasure(text: string): Measure {
  const parser: Parser = { text, at: 0, origin: "the measure" };
  const measure = parseTerm(parser);
  if (take(parser, /$/y) === null) throw wrong(parser, "something follows the measure", "Give one measure.");
  return measure;
}

/**
 * Evaluates an expectation on a run's results.
 * @throws LesionError `usage` where the run has no such ablation, several that differ, or did not measure the value.
 */
export function evaluateExpectation(
  { text, left, operator, right }: Expectation,
  results: RunResults,
): ExpectationResult {
  const a = evaluateMeasure(left, results, text).value;
  const b = evaluateMeasure(right, results, text).value;
  return { text, passed: holds(a, operator, b), left: a, right: b };
}

function holds(a: number, operator: Operator, b: number): boolean {
  switch (operator) {
    case ">=":
      return a >= b;
    case "<=":
      return a <= b;
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case ">":
      return a > b;
    case "<":
      return a < b;
  }
}

interface Parser {
  readonly text: string;
  at: number;
  /** What errors say the text is. */
  readonly origin: string;
}

function parseTerm(parser: Parser): Measure {
  const number = take(parser, /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y);
  if (number !== null) return { kind: "number", value: Number(number) };
  skip(parser);
  const start = parser.at;
  const name = take(parser, /(?:train|recovery)\.[\w.]*|[A-Za-z]\w*/y);
  if (name === null)
    throw wrong(parser, "a number or a measure is missing", "Write a number, or e.g. baseline.correct.");
  if (name === "baseline" && take(parser, /\./y) !== null) {
    skip(parser);
    const at = parser.at;
    const field = take(parser, /\w*/y)!;
    return { kind: "baseline", name: known(field, OF_NETWORK, { ...parser, at }) };
  }
  if (take(parser, /\(/y) !== null) {
    known(name, { ...OF_ABLATION, ...OF_UNITS, ...OF_SERIES }, { ...parser, at: start });
    const told = () => parser.text.slice(start, parser.at);
    if (Object.hasOwn(OF_SERIES, name)) return { kind: "series", name, ...parseSeries(parser), text: told() };
    const sites = parseSites(parser);
    return { kind: Object.hasOwn(OF_UNITS, name) ? "units" : "ablation", name, sites, text: told() };
  }
  if (Object.hasOwn(OF_RUN, name)) return { kind: "run", name };
  return { kind: "baseline", name: known(name, { ...OF_NETWORK, ...OF_RUN }, { ...parser, at: start }) };
}

/** What stands between parentheses: "dense_0: 3+7, 1: 4". Layer names may hold anything but the signs used here. */
function parseSites(parser: Parser): SiteName[] {
  const sites: SiteName[] = [];
  for (;;) {
    const layer = take(parser, /[^(),]+(?=:)/y)?.trim();
    if (layer === undefined || layer === "")
      throw wrong(parser, "a layer is missing", 'Write a layer and its units: "dense_0: 3+7".');
    take(parser, /:/y);
    const units = take(parser, /\d+(?:\s*\+\s*\d+)*/y);
    if (units === null)
      throw wrong(parser, "units are missing", 'Write units as numbers, joined by "+": "dense_0: 3+7".');
    sites.push({
      layer: layerName(layer),
      units: units
        .split("+")
        .map(Number)
        .sort((a, b) => a - b),
    });
    if (take(parser, /\)/y) !== null) return sites;
    if (take(parser, /,/y) === null)
      throw wrong(parser, '")" is missing', 'Close the parenthesis, or add a layer after ",".');
  }
}

/** What stands between parentheses: "importance weight-l1, dense_0", or the first half alone. */
function parseSeries(parser: Parser): { readonly of: string; readonly layer: LayerName | null } {
  const of = take(parser, /[^(),]+/y)
    ?.trim()
    .replace(/\s+/g, " ");
  if (of === undefined || of === "")
    throw wrong(parser, "what it is of is missing", 'Write it and a layer: "importance weight-l1, dense_0".');
  const layer = take(parser, /,/y) === null ? null : take(parser, /[^(),]+/y)?.trim();
  if (layer === undefined || layer === "")
    throw wrong(parser, "a layer is missing", 'Write a layer after ",", or leave "," out for all layers pooled.');
  if (take(parser, /\)/y) === null) throw wrong(parser, '")" is missing', "Close the parenthesis.");
  return { of, layer: layer === null ? null : layerName(layer) };
}

const layerName = (text: string): LayerName => (/^\d+$/.test(text) ? Number(text) : text);

/**
 * What a measure came to in a run; `where` is what errors name.
 * @throws LesionError `usage` where the run has no such ablation, several that differ, or did not measure the value.
 */
export function evaluateMeasure(measure: Measure, results: RunResults, where: string): MeasuredValue {
  switch (measure.kind) {
    case "number":
      return { value: measure.value, n: null };
    case "run":
      return measured(OF_RUN[measure.name]!(results), null, measure.name, where);
    case "baseline": {
      const { baseline } = results;
      return measured(OF_NETWORK[measure.name]!(baseline), baseline.samples, `baseline.${measure.name}`, where);
    }
    case "units":
      return ofAnalysis(OF_UNITS[measure.name]!(results, measure.sites), measure.text, where);
    case "series":
      return ofAnalysis(OF_SERIES[measure.name]!(results, measure.of, measure.layer), measure.text, where);
    case "ablation": {
      const found = results.ablations.filter(({ sites }) => isOf(sites, measure.sites));
      const values = new Set(found.map((ablation) => OF_ABLATION[measure.name]!(ablation, results.baseline)));
      const [value] = values;
      if (values.size === 1) return measured(value, found[0]!.samples, measure.text, where);
      const rows = found.map(({ row }) => row);
      throw new LesionError(
        "usage",
        found.length === 0
          ? `${measure.text}: none of the run's ${results.ablations.length} ablations is of these units`
          : `${measure.text}: the ablations of rows ${rows.join(", ")} are of these units, and differ`,
        {
          where,
          fix: "Name the units of one ablation of the study; lesion export lists them all.",
          detail: { rows },
        },
      );
    }
  }
}

function ofAnalysis(found: Found | null, name: string, where: string): MeasuredValue {
  if (found !== null && found.value !== null) return { value: found.value, n: found.n };
  throw new LesionError("usage", `${name} was not measured in this run`, {
    where,
    fix: `Add the analysis that has it to the study's "analyses", for this layer and these units.`,
  });
}

function measured(value: Value, n: number | null, name: string, where: string): MeasuredValue {
  if (value !== null && value !== undefined) return { value, n };
  const fix = name.startsWith("train.")
    ? "Only runs that train their network, in at least one epoch, have it."
    : name.startsWith("recovery.")
      ? `Add a "recover" with this arm to the study; correlations need three networks, and a finite number at all.`
      : `Add it to the study's "measure".`;
  throw new LesionError("usage", `${name} was not measured in this run`, { where, fix });
}

function skip(parser: Parser): void {
  while (parser.text[parser.at] === " ") parser.at++;
}

/** The next token if it matches a sticky pattern, or null; spaces before it are passed over. */
function take(parser: Parser, pattern: RegExp): string | null {
  skip(parser);
  pattern.lastIndex = parser.at;
  const found = pattern.exec(parser.text);
  if (found === null) return null;
  parser.at = pattern.lastIndex;
  return found[0];
}

function known(name: string, table: Readonly<Record<string, unknown>>, parser: Parser): string {
  if (Object.hasOwn(table, name)) return name;
  const names = Object.keys(table);
  const meant = nearest(name, names);
  const listed = names.filter((other) => other.includes(".") === name.includes("."));
  throw wrong(
    parser,
    `there is no measure "${name}"`,
    `${meant === null ? "" : `Did you mean "${meant}"? `}There are ${listed.join(", ")}.`,
  );
}

function wrong({ text, at, origin }: Parser, what: string, fix: string): LesionError {
  const column = at + 1;
  return new LesionError("usage", `${origin} ${JSON.stringify(text)}: ${what} at column ${column}`, {
    where: `column ${column}`,
    fix,
    detail: { text, column },
  });
}
