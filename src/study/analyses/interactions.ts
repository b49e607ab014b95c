/**
 * What two units do together beyond what each does alone: positive where they back each other up, so that losing both costs
 * more than the sum; negative where their damage overlaps.
 */
import { normalQuantile } from "../../ablation/statistics/normal.ts";
import { popcount } from "../../core/bitset.ts";
import type { InteractionsOptions } from "../analysis-options.ts";
import type { InteractionsRecord } from "../analysis-records.ts";
import type { AblationRecord } from "../records.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { euclidean, seriation } from "./seriation.ts";
import {
  type AblatedUnit,
  comparable,
  isChosen,
  MOST_UNITS,
  type SingleUnitLookup,
  singleUnitLookup,
  unitsOf,
} from "./single-units.ts";

/** Beyond so many units matrices by class are left out. */
const MOST_UNITS_BY_CLASS = 32;
const Z_95 = normalQuantile(0.975);

type Matrix = (number | null)[][];

/**
 * Matrices of I_ij = D_ij - D_i - D_j, D being the drop of accuracy in percentage points: one record of each sweep over
 * pairs, layer and replacement; of a sweep with pairs across layers one record of all of its units. The single units may be
 * of any sweep. An entry's interval, from the samples' own d_ij - d_i - d_j in {-2 .. 2}, needs all bits. Of more than
 * MOST_UNITS units there is no record; `warn` is told.
 */
export function interactions(
  input: AnalysisInput,
  { layers }: InteractionsOptions,
  warn: (message: string) => void = () => {},
): InteractionsRecord[] {
  const alone = singleUnitLookup(input);
  return input.sweeps.flatMap((measured) => {
    const { sweep } = measured;
    if (sweep.ablate !== "pairs") return [];
    const pairs = comparable(measured, input.intact).filter(
      (record) => unitsOf(record).length === 2 && record.sites.every((site) => isChosen(layers, site)),
    );
    const groups = grouped(pairs, ({ sites, replacement }) =>
      sweep.across ? replacement : `${sites[0]!.layerIndex} ${replacement}`,
    );
    return groups.flatMap((group) => {
      const units = unitsAmong(group);
      if (units.length <= MOST_UNITS) return [interactionsAmong(units, group, input, alone)];
      warn(`interactions of ${units.length} units are left out: a matrix has at most ${MOST_UNITS}`);
      return [];
    });
  });
}

function interactionsAmong(
  units: readonly AblatedUnit[],
  pairs: readonly AblationRecord[],
  input: AnalysisInput,
  alone: SingleUnitLookup,
): InteractionsRecord {
  const { intact } = input;
  const placeOf = new Map(units.map((unit, place) => [keyOf(unit), place]));
  const emptyMatrix = (): Matrix => units.map(() => units.map(() => null));
  const [matrix, halfWidth] = [emptyMatrix(), emptyMatrix()];
  const classes = units.length > MOST_UNITS_BY_CLASS ? null : intact.classSamples.map(emptyMatrix);
  for (const both of pairs) {
    const [unitI, unitJ] = unitsOf(both) as [AblatedUnit, AblatedUnit];
    const [onlyI, onlyJ] = [alone(unitI, both.replacement), alone(unitJ, both.replacement)];
    if (onlyI === undefined || onlyJ === undefined) continue;
    const [i, j] = [placeOf.get(keyOf(unitI))!, placeOf.get(keyOf(unitJ))!];
    const put = (into: Matrix, value: number | null) => {
      into[i]![j] = value;
      into[j]![i] = value;
    };
    // D_ij - D_i - D_j in samples: the intact network's are subtracted once and added twice.
    put(matrix, (100 * (onlyI.correct + onlyJ.correct - both.correct - intact.correct)) / intact.samples);
    put(halfWidth, halfWidthOf(input, both.row, onlyI.row, onlyJ.row));
    classes?.forEach((ofClass, c) => {
      const right = ({ classCorrect }: Pick<AblationRecord, "classCorrect">) => classCorrect[c] ?? 0;
      const interaction = right(onlyI) + right(onlyJ) - right(both) - right(intact);
      put(ofClass, intact.classSamples[c] === 0 ? null : (100 * interaction) / intact.classSamples[c]!);
    });
  }
  return {
    type: "analysis",
    name: "interactions",
    replacement: pairs[0]!.replacement,
    units,
    matrix,
    halfWidth,
    ...(classes === null ? {} : { classes }),
    order: seriation(units.length, profileDistance(matrix)),
    n: intact.samples,
  };
}

/** The units that occur in pairs, by layer and unit. */
function unitsAmong(pairs: readonly AblationRecord[]): AblatedUnit[] {
  const units = new Map(pairs.flatMap(unitsOf).map((unit) => [keyOf(unit), unit]));
  return [...units.values()]
    .sort((a, b) => a.layerIndex - b.layerIndex || a.unit - b.unit)
    .map(({ layerIndex, layer, unit }) => ({ layerIndex, layer, unit }));
}

const keyOf = ({ layerIndex, unit }: AblatedUnit) => `${layerIndex} ${unit}`;

/**
 * Half of the 95 % interval, in percentage points. With r = 1 for a right sample, each sample's value is
 * v = r_i + r_j - r_ij - r_intact: 1 or -1 where an odd number of the four are right, 2 or -2 where the first two agree
 * and the last two are otherwise.
 */
function halfWidthOf(input: AnalysisInput, rowBoth: number, rowI: number, rowJ: number): number | null {
  const [both, onlyI, onlyJ] = [input.bitsOf(rowBoth), input.bitsOf(rowI), input.bitsOf(rowJ)];
  const n = input.intact.samples;
  if (both === null || onlyI === null || onlyJ === null || n < 2) return null;
  let sum = 0;
  let squares = 0;
  for (let word = 0; word < both.length; word++) {
    const [i, j, ij, intact] = [onlyI[word]!, onlyJ[word]!, both[word]!, input.intactBits[word]!];
    sum += popcount(i) + popcount(j) - popcount(ij) - popcount(intact);
    squares += popcount(i ^ j ^ ij ^ intact) + 4 * (popcount(i & j & ~ij & ~intact) + popcount(~i & ~j & ij & intact));
  }
  return 100 * Z_95 * Math.sqrt((squares - (sum * sum) / n) / (n - 1) / n);
}

/** How differently two units interact with all others; what was not measured counts as no interaction. */
function profileDistance(matrix: Matrix): (i: number, j: number) => number {
  const profiles = matrix.map((row) => Float64Array.from(row, (value) => value ?? 0));
  return (i, j) => {
    const [a, b] = [profiles[i]!, profiles[j]!];
    // Of each other both have the same value, which is no difference in whom they interact with.
    return Math.sqrt(Math.max(0, euclidean(a, b) ** 2 - (a[i]! - b[i]!) ** 2 - (a[j]! - b[j]!) ** 2));
  };
}
