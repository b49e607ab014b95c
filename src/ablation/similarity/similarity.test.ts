import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { sampleCorrelation } from "simple-statistics";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import {
  type ActivationMoments,
  activationCka,
  activationCorrelation,
  distanceOf,
  type SimilarityMatrix,
  type UnitMaps,
  type WeightSimilarity,
  weightSimilarity,
} from "./similarity.ts";

const KINDS: readonly WeightSimilarity[] = [
  "weights-l2",
  "weights-l2-normalized",
  "weights-cosine",
  "weights-correlation",
];

const rows = ({ values, units }: SimilarityMatrix) =>
  Array.from({ length: units }, (_, unit) => [...values.subarray(unit * units, (unit + 1) * units)]);
const unitWeights = (vectors: readonly (readonly number[])[]) => ({
  incoming: Float32Array.from(vectors.flat()),
  units: vectors.length,
  length: vectors[0]!.length,
});
const near = (expected: readonly (readonly number[])[], digits = 12) =>
  expected.map((row) => row.map((value) => expect.closeTo(value, digits)));

describe("weightSimilarity", () => {
  // Unit 1 is twice unit 0, unit 2 is square to both, unit 3 is zero.
  const weights = unitWeights([
    [3, 4],
    [6, 8],
    [-4, 3],
    [0, 0],
  ]);
  const root2 = Math.SQRT2;

  test.each<[WeightSimilarity, readonly (readonly number[])[]]>([
    [
      "weights-l2",
      [
        [0, -5, -5 * root2, -5],
        [-5, 0, -Math.sqrt(125), -10],
        [-5 * root2, -Math.sqrt(125), 0, -5],
        [-5, -10, -5, 0],
      ],
    ],
    [
      "weights-l2-normalized",
      [
        [0, 0, -root2, -2],
        [0, 0, -root2, -2],
        [-root2, -root2, 0, -2],
        [-2, -2, -2, 0],
      ],
    ],
    [
      "weights-cosine",
      [
        [1, 1, 0, -1],
        [1, 1, 0, -1],
        [0, 0, 1, -1],
        [-1, -1, -1, 1],
      ],
    ],
    // Two numbers correlate by 1 or -1.
    [
      "weights-correlation",
      [
        [1, 1, 1, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 0],
        [0, 0, 0, 1],
      ],
    ],
  ])("%s by hand", (kind, expected) => {
    expect(rows(weightSimilarity(kind, weights))).toEqual(near(expected));
  });

  test("correlation: as simple-statistics has it; constant weights have none", () => {
    const { normal } = random(1, "similarity");
    const vectors = Array.from({ length: 5 }, () => Array.from({ length: 9 }, () => Math.fround(normal())));
    const found = rows(weightSimilarity("weights-correlation", unitWeights([...vectors, Array(9).fill(0.1)])));
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) {
        expect(found[i]![j]).toBeCloseTo(Math.abs(sampleCorrelation(a, b)), 12);
      }
    }
    expect(found[5]).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("symmetric and finite, nothing more alike than a unit is to itself, and distances the other way round", () => {
    const vector = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 8 }), fc.constantFrom(...KINDS), (vectors, kind) => {
        const matrix = weightSimilarity(kind, unitWeights(vectors));
        const distance = distanceOf(matrix);
        for (const [i, row] of rows(matrix).entries()) {
          for (const [j, similarity] of row.entries()) {
            expect(similarity).toBeLessThanOrEqual(row[i]!);
            expect(similarity).toBe(matrix.values[j * matrix.units + i]);
            expect(distance(i, j)).toBe(row[i]! - similarity);
            expect(distance(i, j)).toBeGreaterThanOrEqual(0);
            expect(distance(i, j)).toBeLessThan(Number.POSITIVE_INFINITY);
          }
        }
      }),
    );
  });
});

/** Maps of some units, drawn; the last unit never moves. */
function drawnMaps(seed: number, units: number, samples: number, positions: number): UnitMaps {
  const { normal } = random(seed, "maps");
  const still = (units - 1) * samples * positions;
  const activations = Float32Array.from({ length: units * samples * positions }, (_, at) =>
    at < still ? normal() : 0.3,
  );
  return { units, samples, positions, activations };
}

/** A unit's maps: [samples][positions]. */
const mapsOf = ({ samples, positions, activations }: UnitMaps, unit: number) =>
  Array.from({ length: samples }, (_, n) => {
    const from = (unit * samples + n) * positions;
    return [...activations.subarray(from, from + positions)];
  });

function momentsOf(maps: UnitMaps): ActivationMoments {
  const all = Array.from({ length: maps.units }, (_, unit) => mapsOf(maps, unit).flat());
  return {
    count: maps.samples * maps.positions,
    sums: Float64Array.from(all, (own) => own.reduce((sum, a) => sum + a, 0)),
    products: Float64Array.from(all.flatMap((x) => all.map((y) => x.reduce((sum, a, at) => sum + a * y[at]!, 0)))),
  };
}

describe("activationCorrelation", () => {
  test("by hand", () => {
    // 1, 2, 3 against 3, 2, 1, against 2, 4, 9, and a unit that never moves: covariances -2, 7; variances 2, 2, 26.
    const [a, b, c, still] = [
      [1, 2, 3],
      [3, 2, 1],
      [2, 4, 9],
      [5, 5, 5],
    ] as const;
    const activations = Float32Array.from([a, b, c, still].flat());
    const found = activationCorrelation(momentsOf({ units: 4, samples: 3, positions: 1, activations }));
    const r = 7 / Math.sqrt(2 * 26);
    expect(rows(found)).toEqual(
      near([
        [1, -1, r, -1],
        [-1, 1, -r, -1],
        [r, -r, 1, -1],
        [-1, -1, -1, 1],
      ]),
    );
  });

  /** Sums one after the other in f32, 4,096 at a time, as a GPU has them. */
  function roundedMoments(units: readonly ((at: number) => number)[], count: number): ActivationMoments {
    const summed = (term: (at: number) => number) => {
      let total = 0;
      for (let from = 0; from < count; from += 4096) {
        let part = 0;
        for (let at = from; at < Math.min(count, from + 4096); at++) part = Math.fround(part + Math.fround(term(at)));
        total += part;
      }
      return total;
    };
    return {
      count,
      sums: Float64Array.from(units, (a) => summed(a)),
      products: Float64Array.from(units.flatMap((a) => units.map((b) => summed((at) => a(at) * b(at))))),
    };
  }

  test.each([1, 0.3, 0.1, 7.77, 1e-3, 123.456])(
    "a unit that is always %f has none, whatever sums round to",
    (constant) => {
      const { normal } = random(4, "moving");
      const drawn = Float32Array.from({ length: 10_000 }, () => 2 + normal());
      const still = Math.fround(constant);
      const found = rows(activationCorrelation(roundedMoments([(at) => drawn[at]!, () => still, () => still], 10_000)));
      expect(found).toEqual([
        [1, -1, -1],
        [-1, 1, -1],
        [-1, -1, 1],
      ]);
    },
  );

  test("a unit that moves by a twentieth of its mean is not taken for one that does not", () => {
    const { normal } = random(5, "moving");
    const drawn = Float32Array.from({ length: 10_000 }, () => 1 + 0.05 * normal());
    const doubled = (at: number) => 2 * drawn[at]!;
    const found = rows(activationCorrelation(roundedMoments([(at) => drawn[at]!, doubled], 10_000)));
    expect(found[0]![1]).toBeCloseTo(1, 2);
  });

  test("over samples and positions, as simple-statistics has it", () => {
    const maps = drawnMaps(3, 4, 7, 5);
    const found = rows(activationCorrelation(momentsOf(maps)));
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      expect(found[i]![j]).toBeCloseTo(sampleCorrelation(mapsOf(maps, i).flat(), mapsOf(maps, j).flat()), 10);
    }
    expect(found[3]!.slice(0, 3)).toEqual([-1, -1, -1]);
  });
});

describe("activationCka", () => {
  test("of one position is Pearson's correlation squared", () => {
    const maps = drawnMaps(1, 5, 12, 1);
    const pearson = rows(activationCorrelation(momentsOf(maps)));
    const squared = pearson.map((row, i) => row.map((r, j) => (i !== j && (i === 4 || j === 4) ? 0 : r * r)));
    expect(rows(activationCka(maps))).toEqual(near(squared, 10));
  });

  // Few positions go by covariances, many by inner products of samples.
  test.each([
    [40, 3],
    [6, 9],
    [5, 2],
    [4, 2],
  ])("%i samples of %i positions: the definition, by ml-matrix", (samples, positions) => {
    const maps = drawnMaps(2, 4, samples, positions);
    const found = rows(activationCka(maps));
    const representations = [0, 1, 2].map((unit) => new Matrix(mapsOf(maps, unit)).center("column"));
    for (const [i, x] of representations.entries()) {
      for (const [j, y] of representations.entries()) {
        const norm = (a: Matrix, b: Matrix) => a.transpose().mmul(b).norm("frobenius");
        expect(found[i]![j]).toBeCloseTo(norm(y, x) ** 2 / (norm(x, x) * norm(y, y)), 12);
      }
    }
    expect(found[3]).toEqual([0, 0, 0, 1]);
  });

  test("sees past a rotation and a scale of the positions", () => {
    const [x, y] = [
      [1, 2],
      [4, -1],
      [-3, 0],
      [0, 5],
    ]
      .map(([a, b]) => [a!, b!])
      .reduce<[number[], number[]]>(
        ([own, turned], [a, b]) => [
          [...own, a!, b!],
          [...turned, -3 * b!, 3 * a!],
        ],
        [[], []],
      );
    const maps: UnitMaps = { units: 2, samples: 4, positions: 2, activations: Float32Array.from([...x, ...y]) };
    expect(activationCka(maps).values[1]).toBeCloseTo(1, 12);
  });
});
