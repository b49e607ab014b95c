import { describe, expect, test } from "vitest";
import { fakeEngine } from "../../e2e/fake-engine.ts";
import { initialNetwork } from "../engine/initial.ts";
import { ablatableLayers } from "../network/ablatable.ts";
import { parseStudy } from "../study/schema.ts";
import { createLab } from "./lab-state.ts";
import { NETWORK_PRESETS, presetOf } from "./network-presets.ts";
import { networkText } from "./network-text.ts";
import { RECOVER_DEFAULTS } from "./recover-defaults.ts";
import { builtLayers } from "./sweep-choices.ts";

const opened = () => createLab(fakeEngine().engine, (callback) => queueMicrotask(callback));

describe.each(NETWORK_PRESETS)("$title", ({ id, model }) => {
  test("can be built, and its layers are those that the lab offers", () => {
    const lab = opened();
    lab.useNetwork(model);
    expect(lab.studyError.value).toBeNull();
    expect(presetOf(lab.study.value)?.id).toBe(id);
    const network = ablatableLayers(initialNetwork(id, model.build, 1337));
    const offered = builtLayers(lab.study.value)!;
    expect(offered).toEqual(network.map(({ layer, layerIndex, units, kind }) => ({ layer, layerIndex, units, kind })));
    expect(lab.sweeps.value.filter(({ chosen }) => chosen).map(({ problem }) => problem)).toEqual([null, null]);
  });
});

test("networks in a line", () => {
  expect(NETWORK_PRESETS.map(({ model }) => networkText(model.build))).toEqual([
    "784 \u2013 20 \u2013 10 \u2013 10",
    "28\u00d728\u00d71 \u2013 conv 8 \u2013 max pool \u2013 conv 16 \u2013 max pool \u2013 dense 10",
  ]);
});

test("sweeps of layers that another network has not are left out, and recovery follows its sweep", () => {
  const lab = opened();
  const sweeps = [
    { ablate: "each-unit", layers: [5] },
    { ablate: "pairs", layers: [0] },
  ];
  lab.editStudy((study) => ({ ...study, sweeps, recover: { ...RECOVER_DEFAULTS, of: [1] } }));
  lab.useNetwork(NETWORK_PRESETS[1]!.model);
  expect(lab.study.value.sweeps).toEqual([sweeps[1]]);
  expect(lab.study.value.recover?.of).toEqual([0]);
});

test("recovery's defaults make a valid study", () => {
  const lab = opened();
  expect(lab.study.value.recover).toBeNull();
  expect(lab.editStudy((study) => ({ ...study, recover: RECOVER_DEFAULTS }))).toBeNull();
  expect(lab.study.value.recover).toMatchObject({ epochs: 5, of: "all", arms: ["all", "after", "layer", "control"] });
  expect(parseStudy(JSON.parse(lab.studyText.value))).toEqual(lab.study.value);
  const refused = lab.editStudy((study) => ({ ...study, replacement: { kind: "noise", sigma: 1 } }));
  expect(refused?.fix).toContain("recover");
});
