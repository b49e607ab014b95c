import { expect, test } from "vitest";
import { assertFits } from "./assert-fits.ts";
import { parseStudy } from "./schema.ts";
import { studyWarnings } from "./study-warnings.ts";

const layers = [
  { layer: "a", layerIndex: 0, units: 8 },
  { layer: "b", layerIndex: 1, units: 5 },
];
const study = (change: object) => parseStudy({ sweeps: [{ ablate: "each-unit" }], ...change });
const published = (what: string) => ({ report: { published: [{ what, value: 1, source: "s" }] } });

test("a study that fits its network is not refused", () => {
  const analyses = [
    { analyse: "cascade", of: [0, 12] },
    { analyse: "overlap", layers: ["b", 0] },
  ];
  expect(() => assertFits(study({ analyses, ...published("drop(a: 7)") }), layers, 13)).not.toThrow();
});

test.each([
  ["a row that there is not", { analyses: ["depth", { analyse: "cascade", of: [3, 999] }] }, "analyses[1].of[1]"],
  ["a layer that there is not", { analyses: [{ analyse: "overlap", layers: ["a", "c"] }] }, "analyses[0].layers[1]"],
  ["a published unit that there is not", published("drop(a: 99)"), "report.published[0].what"],
  ["a published value of no analysis", published("R(a: 0+1)"), "report.published[0].what"],
  [
    "an order against a network that is not known",
    { model: { file: "net.onnx" }, sweeps: [{ ablate: "cumulative", order: "mann-whitney" }] },
    "sweeps[0].order",
  ],
])("%s is refused", (_, change, where) => {
  expect(() => assertFits(study(change), layers, 13)).toThrow(expect.objectContaining({ code: "bad-study", where }));
});

test("layers that a sweep leaves out are told, beside analyses that cannot be made", () => {
  const sweeps = [{ ablate: "keep-only", keep: [1, 5, 6] }];
  expect(studyWarnings(study({ sweeps, analyses: ["overlap"] }), layers)).toEqual([
    "sweeps[0]: keeping 5 and 6 units of b, which has 5, ablates nothing and is left out. Keep fewer, or name other layers.",
    expect.stringContaining('analyses[0], "overlap", cannot be made'),
  ]);
  expect(studyWarnings(study({}), layers)).toEqual([]);
});
