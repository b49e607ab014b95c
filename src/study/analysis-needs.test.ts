import { describe, expect, test } from "vitest";
import { analysisWarnings, lackOf } from "./analysis-needs.ts";
import { parseStudy } from "./schema.ts";

const layers = [
  { layer: "a", layerIndex: 0, units: 8 },
  { layer: "b", layerIndex: 1, units: 5 },
];
const UNITS = { ablate: "each-unit" };
const MEAN = { replacement: "mean" };

/** The analyses of a study that cannot be made. */
function lacking(study: object, analyses: readonly (string | object)[], of = layers): string[] {
  const parsed = parseStudy({ sweeps: [], ...study, analyses });
  return parsed.analyses.flatMap((each) => (lackOf(each, parsed, of) === null ? [] : [each.analyse]));
}

const OF_SWEEPS = [
  ...["importance", "mann-whitney", "redundancy", "interactions", "cascade", "overlap", "class-damage"],
  ...["positive-effects", "degradation", "populations", "depth", "replacements"],
];

describe("what a study lacks for an analysis", () => {
  test("without sweeps is all that looks at ablations", () => {
    const others = ["shapley", "gain-search", "negligible", "embedding"];
    expect(lacking({}, [...OF_SWEEPS, ...others])).toEqual(OF_SWEEPS);
    expect(lacking({ sweeps: [{ ...UNITS, adaptive: { top: 2 } }] }, [...OF_SWEEPS, ...others])).toEqual(OF_SWEEPS);
  });

  test("of single units is pairs, curves and replacements", () => {
    const found = lacking({ sweeps: [UNITS] }, OF_SWEEPS);
    expect(found).toEqual(["redundancy", "interactions", "degradation", "replacements"]);
  });

  const pair = [{ layer: "a", units: [1, 2] }];
  const across = [
    { layer: 0, units: [1] },
    { layer: "b", units: [2] },
  ];
  test.each([
    ["pairs and units", [UNITS, { ablate: "pairs" }], []],
    ["pairs alone", [{ ablate: "pairs" }], ["redundancy", "interactions"]],
    [
      "pairs by zero and units by the mean",
      [{ ...UNITS, ...MEAN }, { ablate: "pairs" }],
      ["redundancy", "interactions"],
    ],
    [
      "units of another layer",
      [
        { ...UNITS, layers: [1] },
        { ablate: "pairs", layers: [0] },
      ],
      ["redundancy", "interactions"],
    ],
    ["sets of pairs", [UNITS, { ablate: "sets", sets: [pair] }], ["interactions"]],
    ["a set across layers", [UNITS, { ablate: "sets", sets: [across] }], ["interactions"]],
    ["pairs whose units a curve begins with", [{ ablate: "cumulative" }, { ablate: "pairs" }], []],
  ])("%s", (_, sweeps, found) => {
    expect(lacking({ sweeps }, ["redundancy", "interactions"])).toEqual(found);
  });

  test("is about the layers that the analysis names", () => {
    const sweeps = [
      { ...UNITS, layers: ["a"] },
      { ...UNITS, ...MEAN, layers: [1] },
    ];
    const of = (analyse: string, names: readonly (string | number)[]) => ({ analyse, layers: names });
    expect(lacking({ sweeps }, [of("overlap", [0]), of("replacements", [0, 1])])).toEqual(["replacements"]);
    expect(lacking({ sweeps: sweeps.slice(0, 1) }, [of("overlap", ["b"]), of("importance", [0, 1])])).toEqual([
      "overlap",
    ]);
  });

  test("may be the network before training, its epochs, or several networks", () => {
    const sweeps = [UNITS];
    const change = { analyse: "importance", predictors: ["weight-change"] };
    const file = { sweeps, model: { file: "net.onnx" } };
    expect(lacking(file, ["mann-whitney", change, "importance", "negligible", "ensemble"])).toEqual([
      ...["mann-whitney", "importance", "negligible", "ensemble"],
    ]);
    expect(lacking({ sweeps, model: { file: "net.onnx", initial: "old.onnx" } }, ["mann-whitney", change])).toEqual([]);
    const trained = (train: object) => ({ sweeps, model: { build: {}, train } });
    expect(lacking(trained({ epochs: 3 }), [{ analyse: "negligible", epochs: [5] }, "ensemble"])).toHaveLength(2);
    expect(lacking(trained({ epochs: 5, networks: 2 }), [{ analyse: "negligible", epochs: [5] }, "ensemble"])).toEqual(
      [],
    );
  });

  test("of populations by activation is nothing", () => {
    expect(lacking({}, [{ analyse: "populations", by: ["activation"] }])).toEqual([]);
  });

  test("is told with the key and a remedy", () => {
    const study = parseStudy({ sweeps: [UNITS], analyses: ["overlap", "degradation"] });
    expect(analysisWarnings(study, layers)).toEqual([
      'analyses[1], "degradation", cannot be made: it needs a cumulative sweep, or one that keeps only some units. ' +
        'Add { "ablate": "cumulative" } to "sweeps".',
    ]);
  });
});
