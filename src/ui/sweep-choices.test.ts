import { describe, expect, test } from "vitest";
import { defaultStudy } from "../study/defaults.ts";
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
    expect(choices.map(({ title, count, chosen }) => [title, count, chosen])).toEqual([
      ["Each unit of all layers", 30, true],
      ["Each pair of dense_0", 190, true],
      ["Each pair of dense_1", 45, false],
      ["Random 10, 25, 50 % of all layers, 20 draws", 120, false],
    ]);
  });

  test('"all", indices and names of the same layers are one choice', () => {
    for (const named of ["all" as const, [0, 1], ["dense_0", 1]]) {
      const study: Study = { ...defaultStudy, sweeps: [{ ablate: "each-unit", layers: named }] };
      expect(sweepChoices(study, layers).filter(({ chosen }) => chosen).length).toBe(1);
      expect(sweepChoices(study, layers).length).toBe(4);
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
