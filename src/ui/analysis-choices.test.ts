import { describe, expect, test } from "vitest";
import { defaultStudy, defaultStudyDocument } from "../study/defaults.ts";
import { parseStudy } from "../study/schema.ts";
import { type AnalysisName, analysisChoices, toggledAnalysis } from "./analysis-choices.ts";
import { builtLayers } from "./sweep-choices.ts";

const layers = builtLayers(defaultStudy)!;
const studyOf = (change: object) => parseStudy({ ...defaultStudyDocument, ...change });
const choicesOf = (change: object) => analysisChoices(studyOf(change), layers).flatMap(({ choices }) => choices);

/** What cannot be made of a study. */
function lacking(change: object): AnalysisName[] {
  return choicesOf(change).flatMap(({ name, problem }) => (problem === null ? [] : [name]));
}

const UNITS = { ablate: "each-unit" };
const PAIRS = { ablate: "pairs", layers: [0] };

describe("analysisChoices", () => {
  test("offers every analysis of the study schema once", () => {
    const names = choicesOf({}).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(studyOf({ analyses: names }).analyses.map(({ analyse }) => analyse)).toEqual(names);
    // What the schema says of a name that it does not know lists those that it does.
    const listed = refusalOf({ analyses: ["none"] }).match(/(?<=")[a-z-]+(?=")/g) ?? [];
    expect(listed.filter((name) => name !== "none").sort()).toEqual(names.toSorted());
  });

  test("of the default study all but those that ask for other sweeps or more networks", () => {
    expect(lacking({})).toEqual(["replacements", "degradation", "ensemble"]);
  });

  test.each([
    ["pairs alone", [PAIRS], ["class-damage", "redundancy", "interactions", "overlap", "importance"]],
    ["units alone", [UNITS], ["redundancy", "interactions"]],
    ["an adaptive sweep", [{ ...UNITS, adaptive: {} }], ["class-damage", "positive-effects", "cascade", "depth"]],
    ["pairs across layers", [{ ablate: "pairs", across: true }], ["depth"]],
    ["sets across layers", [{ ablate: "sets", sets: [["0", "1"].map(siteIn)] }], ["depth", "overlap"]],
  ])("lacks something with %s", (_, sweeps, names) => {
    expect(lacking({ sweeps })).toEqual(expect.arrayContaining(names));
  });

  test("sets of one unit and of two are units and pairs, but no sweep that predictors are compared with", () => {
    const site = (...units: number[]) => [{ layer: 0, units }];
    const found = lacking({ sweeps: [{ ablate: "sets", sets: [site(1), site(2), site(1, 2)] }] });
    expect(found).not.toContain("redundancy");
    expect(found).not.toContain("overlap");
    expect(found).toContain("importance");
  });

  test("curves, several replacements and several networks are what their analyses wait for", () => {
    const both = { ...UNITS, replacements: ["zero", "mean"] };
    expect(lacking({ sweeps: [both, { ablate: "cumulative" }] })).not.toContain("degradation");
    expect(lacking({ sweeps: [both] })).not.toContain("replacements");
    expect(lacking({ sweeps: [UNITS, { ...UNITS, replacement: "mean" }] })).not.toContain("replacements");
    expect(lacking({ sweeps: [UNITS, UNITS] })).toContain("replacements");
    const { build, train } = defaultStudyDocument.model;
    expect(lacking({ model: { build, train: { ...train, networks: 3 } } })).not.toContain("ensemble");
  });

  test("a file that is not trained lacks what looks at training, unless it names the network before", () => {
    expect(lacking({ model: { file: "net.onnx" } })).toEqual(
      expect.arrayContaining(["mann-whitney", "negligible", "ensemble"]),
    );
    const before = lacking({ model: { file: "net.onnx", initial: "before.onnx" } });
    expect(before).not.toContain("mann-whitney");
    expect(before).toContain("negligible");
  });
});

function refusalOf(change: object): string {
  try {
    studyOf(change);
  } catch (thrown) {
    return String((thrown as Error).message);
  }
  return "";
}

function siteIn(layer: string) {
  return { layer: Number(layer), units: [0] };
}

test("a tick adds an analysis with its defaults, and takes it away however often it is there", () => {
  const study = studyOf({ analyses: ["depth", { analyse: "overlap", layers: [0] }, "overlap"] });
  expect(toggledAnalysis(study, "overlap")).toEqual([{ analyse: "depth" }]);
  expect(studyOf({ analyses: toggledAnalysis(study, "shapley") }).analyses.at(-1)).toMatchObject({
    analyse: "shapley",
    top: 5,
  });
});
