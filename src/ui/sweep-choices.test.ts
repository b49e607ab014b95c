import { describe, expect, test } from "vitest";
import { defaultStudy, defaultStudyDocument } from "../study/defaults.ts";
import { parseStudy } from "../study/schema.ts";
import type { Study } from "../study/study.ts";
import { builtLayers, sweepChoices, toggled } from "./sweep-choices.ts";

const layers = builtLayers(defaultStudy)!;

describe("sweepChoices", () => {
  test("counts the default study's sweeps and ticks them", () => {
    expect(layers.map(({ layer, units }) => [layer, units])).toEqual([
      ["dense_0", 20],
      ["dense_1", 10],
    ]);
    const choices = sweepChoices(defaultStudy, layers);
    const usual = choices.filter(({ isMore }) => !isMore);
    expect(usual.map(({ title, count, chosen }) => [title, count, chosen])).toEqual([
      ["Each unit of all layers", 30, true],
      ["Each pair of dense_0", 190, true],
      ["Each pair of dense_1", 45, false],
      ["Random 10, 25, 50 % of all layers, 20 draws", 120, false],
    ]);
  });

  test("of a model that is not here has the document's own, and finds nothing wrong with them", () => {
    const sweeps: Study["sweeps"] = [
      { ablate: "each-unit", layers: "all" },
      { ablate: "pairs", layers: [0, "fc2"] },
    ];
    const choices = sweepChoices({ ...defaultStudy, sweeps }, []);
    expect(choices.map(({ title, count, problem, chosen }) => [title, count, problem, chosen])).toEqual([
      ["Each unit of all layers", null, null, true],
      ["Each pair of layer 0, layer fc2", null, null, true],
    ]);
  });

  test('"all", indices and names of the same layers are one choice', () => {
    for (const named of ["all" as const, [0, 1], ["dense_0", 1]]) {
      const study: Study = { ...defaultStudy, sweeps: [{ ablate: "each-unit", layers: named }] };
      expect(sweepChoices(study, layers).filter(({ chosen }) => chosen).length).toBe(1);
      expect(sweepChoices(study, layers).filter(({ isMore }) => !isMore).length).toBe(4);
    }
  });

  test("offers more sweeps, none of them ticked, with what each would take", () => {
    const more = sweepChoices(defaultStudy, layers).filter(({ isMore }) => isMore);
    expect(more.map(({ title, count, chosen }) => [title, count, chosen])).toEqual([
      ["Each unit of all layers, zero and mean", 60, false],
      ["The 10 units that matter most of all layers", null, false],
      ["The whole of all layers", 2, false],
      // Twenty points of 20 units and ten of 10, in each of ten orders.
      ["More and more of all layers, 10 random orders", 300, false],
      ["More and more of all layers, by weight-l1", 30, false],
      ["More and more of all layers, least damage first", 30, false],
      ["More and more of all layers, most damage first", 30, false],
      ["All but 1, 2, 5 units of all layers, by measured drop", 6, false],
      // Ten seeds, three shares, and two controls for each group, in two layers.
      ["Similar 10, 25, 50 % of all layers, by weights-cosine", 180, false],
    ]);
  });

  test("a sweep that is ticked among the others is the same choice once the document has it", () => {
    for (const choice of sweepChoices(defaultStudy, layers)) {
      const study = parseStudy({ ...defaultStudyDocument, sweeps: [choice.sweep] });
      const again = sweepChoices(study, layers);
      expect(again.filter(({ chosen }) => chosen).map(({ key, isMore }) => [key, isMore])).toEqual([
        [choice.key, choice.isMore],
      ]);
      expect(again.length).toBe(13);
    }
  });

  test("what only the document holds is offered too, with its problem where it does not fit", () => {
    const study: Study = { ...defaultStudy, sweeps: [{ ablate: "sets", sets: [[{ layer: 0, units: [3, 99] }]] }] };
    const last = sweepChoices(study, layers).at(-1)!;
    expect([last.title, last.chosen, last.count]).toEqual(["A set of units", true, null]);
    expect(last.problem).toContain("99");
  });
});

describe("toggled", () => {
  test("adds and takes away, keeping the order of the choices", () => {
    const choices = sweepChoices(defaultStudy, layers);
    expect(toggled(choices, choices[2]!.key).map(({ ablate }) => ablate)).toEqual(["each-unit", "pairs", "pairs"]);
    expect(toggled(choices, choices[0]!.key).map(({ ablate }) => ablate)).toEqual(["pairs"]);
  });
  test("leaves the last one ticked", () => {
    const study: Study = { ...defaultStudy, sweeps: [defaultStudy.sweeps[0]!] };
    const choices = sweepChoices(study, layers);
    expect(toggled(choices, choices[0]!.key)).toEqual([choices[0]!.sweep]);
  });
});
