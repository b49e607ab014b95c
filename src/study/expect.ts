/**
 * Expectations of a run's results, as `--expect` takes them, so that a study can stand in a continuous build:
 * `baseline.correct >= 9462`, `drop(dense_0: 11) > 40`, `correct(0: 5+9) == 8034`, `count == 210`,
 * `recovery.all.regained > 0.5`.
 */
import { LesionError } from "../core/errors.ts";
import { OF_TRAINING } from "./expect-training.ts";
import { nearest } from "./nearest.ts";
import type { AblationRecord, BaselineRecord, Measured } from "./records.ts";
import type { RunResults } from "./results.ts";

type Operator = ">=" | "<=" | "==" | "!=" | ">" | "<";
interface SiteName {
  /** A layer's name, or its index. */
  readonly layer: string | number;
  /** Ascending. */
  readonly units: readonly number[];
}
type Term =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "run"; readonly name: string }
  | { readonly kind: "baseline"; readonly name: string }
  | { readonly kind: "ablation"; readonly name: string; readonly sites: readonly SiteName[]; readonly text: string };

/** A comparison, parsed. */
export interface Expectation {
  readonly text: string;
  readonly left: Term;
  readonly operator: Operator;
  readonly right: Term;
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

/**
 * Parses an expectation: two terms and >=, <=, ==, !=, > or < between them. A term is a number; `count` or `failures`;
 * one of training or recovery (see expect-training.ts); a measure of the intact network, `accuracy` or `baseline.accuracy` (samples, correct, accuracy, top5, loss); or one of
 * an ablation, `drop(layer: units)` (also drop in percentage points, kept, lost, gained, wrong), where units of a layer
 * are joined by "+", layers by ",", and a layer is its name or index.
 * @throws LesionError `usage` with the column of what is wrong.
 */
export function parseExpectation(text: string): Expectation {
  const parser = { text, at: 0 };
  const left = parseTerm(parser);
  const operator = take(parser, /(?:>=|<=|==|!=|>|<)/y) as Operator | null;
  if (operator === null) throw wrong(parser, "a comparison is missing", "Write >=, <=, ==, !=, > or < here.");
  const right = parseTerm(parser);
  if (take(parser, /$/y) === null)
    throw wrong(parser, "something follows the comparison", "Give each --expect one comparison.");
  return { text, left, operator, right };
}

/**
 * Evaluates an expectation on a run's results.
 * @throws LesionError `usage` where the run has no such ablation, several that differ, or did not measure the value.
 */
export function evaluateExpectation(
  { text, left, operator, right }: Expectation,
  results: RunResults,
): ExpectationResult {
  const a = termValue(left, results, text);
  const b = termValue(right, results, text);
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
}

function parseTerm(parser: Parser): Term {
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
    known(name, OF_ABLATION, { ...parser, at: start });
    const sites = parseSites(parser);
    return { kind: "ablation", name, sites, text: parser.text.slice(start, parser.at) };
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
      layer: /^\d+$/.test(layer) ? Number(layer) : layer,
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

function termValue(term: Term, results: RunResults, text: string): number {
  switch (term.kind) {
    case "number":
      return term.value;
    case "run":
      return measuredValue(OF_RUN[term.name]!(results), term.name, text);
    case "baseline":
      return measuredValue(OF_NETWORK[term.name]!(results.baseline), `baseline.${term.name}`, text);
    case "ablation": {
      const found = results.ablations.filter((ablation) => isOf(ablation, term.sites));
      const values = new Set(found.map((ablation) => OF_ABLATION[term.name]!(ablation, results.baseline)));
      const [value] = values;
      if (values.size === 1) return measuredValue(value, term.text, text);
      const rows = found.map(({ row }) => row);
      throw new LesionError(
        "usage",
        found.length === 0
          ? `${term.text}: none of the run's ${results.ablations.length} ablations is of these units`
          : `${term.text}: the ablations of rows ${rows.join(", ")} are of these units, and differ`,
        {
          where: text,
          fix: "Name the units of one ablation of the study; lesion export lists them all.",
          detail: { rows },
        },
      );
    }
  }
}

function measuredValue(value: Value, name: string, text: string): number {
  if (value !== null && value !== undefined) return value;
  const fix = name.startsWith("train.")
    ? "Only runs that train their network, in at least one epoch, have it."
    : name.startsWith("recovery.")
      ? `Add a "recover" with this arm to the study; correlations need three networks, and a finite number at all.`
      : `Add it to the study's "measure".`;
  throw new LesionError("usage", `${name} was not measured in this run`, { where: text, fix });
}

function isOf(ablation: AblationRecord, sites: readonly SiteName[]): boolean {
  return (
    ablation.sites.length === sites.length &&
    sites.every(({ layer, units }) =>
      ablation.sites.some(
        (site) =>
          (typeof layer === "number" ? site.layerIndex : site.layer) === layer &&
          site.units.length === units.length &&
          site.units.every((unit, i) => unit === units[i]),
      ),
    )
  );
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

function wrong({ text, at }: Parser, what: string, fix: string): LesionError {
  const column = at + 1;
  return new LesionError("usage", `--expect ${JSON.stringify(text)}: ${what} at column ${column}`, {
    where: `column ${column}`,
    fix,
    detail: { text, column },
  });
}
