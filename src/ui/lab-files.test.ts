import { describe, expect, test } from "vitest";
import { defaultStudy } from "../study/defaults.ts";
import { parseStudy } from "../study/schema.ts";
import type { Study } from "../study/study.ts";
import { sortFiles } from "./dropped-files.ts";
import { placeDrop } from "./lab-files.ts";
import { missingFile } from "./missing-file.ts";

/** Files are told apart by their text: what they are named, and in which drop they came. */
const filesOf = (names: readonly string[], text = "") => names.map((name) => new File([`${text}${name}`], name));

/** What comes of drops, one after the other. `withStudy`: the study came with the first. */
function afterDrops(study: Study, drops: readonly (readonly string[])[], withStudy = false) {
  let files = {};
  let sources: Pick<Study, "model" | "data"> = study;
  let notices: ReturnType<typeof placeDrop>["notices"] = [];
  for (const [index, names] of drops.entries()) {
    const { study: _, ...sorted } = sortFiles(filesOf(names));
    const placed = placeDrop(files, sources, { ...sorted, withStudy: withStudy && index === 0 });
    files = placed.files;
    sources = parseStudy({ ...study, model: placed.model, data: placed.data });
    notices = placed.notices;
  }
  const told = notices.map(({ kind, report }) => `${kind}: ${report.message}`);
  return { ...sources, names: Object.keys(files), told, missing: missingFile(sources, files) };
}

const file = "../data/models/mlp-trained.onnx";
const initial = "../data/models/mlp-untrained.onnx";
const { train } = defaultStudy.model;
const study = (model: object, data: object = {}) =>
  parseStudy({ ...defaultStudy, model, data: { ...defaultStudy.data, ...data } });

describe("models", () => {
  const [trained, untrained] = ["mlp-trained.onnx", "mlp-untrained.onnx"];
  const both = study({ file, initial, train });
  const tfjs = study({ file: "trained/model.json", initial: "untrained/model.json" });

  test.each([
    ["both models of a study, in any order", both, true, [[untrained, trained]], { file: trained, initial: untrained }],
    ["both, the other way round", both, true, [[trained, untrained]], { file: trained, initial: untrained }],
    ["both after their study", both, false, [[trained, untrained]], { file: trained, initial: untrained }],
    ["one after the other", both, false, [[untrained], [trained]], { file: trained, initial: untrained }],
    ["the other still open", both, true, [[trained]], { file: trained, initial }],
    [
      "folders tell equal names apart",
      tfjs,
      true,
      [["w/untrained/model.json", "w/trained/model.json"]],
      { file: "w/trained/model.json", initial: "w/untrained/model.json" },
    ],
    ["a name without folders is the network", tfjs, true, [["model.json"]], { file: "model.json" }],
    ["the network before training alone", tfjs, true, [["untrained/model.json"]], { file: "trained/model.json" }],
    ["a single model that the study does not name", both, false, [["other.onnx"]], { file: "other.onnx", train }],
  ])("%s", (_, study, withStudy, drops, model) => {
    expect(afterDrops(study, drops, withStudy).model).toMatchObject(model);
  });

  test("what a study says of its models stays", () => {
    const { model, names, told, missing } = afterDrops(both, [[trained, untrained]], true);
    expect(model).toEqual({ ...both.model, file: trained, initial: untrained });
    expect(names.sort()).toEqual([trained, untrained]);
    expect([told, missing]).toEqual([[], null]);
  });

  test("a model dropped again takes its own place", () => {
    const { model, names, told } = afterDrops(both, [[trained, untrained], [trained]], true);
    expect([model, names.length, told]).toEqual([{ ...both.model, file: trained, initial: untrained }, 2, []]);
  });

  test("what is missing is named, the network before training too", () => {
    expect(afterDrops(both, [[]], true).missing).toContain(file);
    expect(afterDrops(both, [[trained]], true).missing).toContain(initial);
    expect(afterDrops(study({ file }), [["mlp-trained.onnx"]]).missing).toBeNull();
  });

  test("models that came before their study are found", () => {
    const files = Object.fromEntries(filesOf([trained, untrained]).map((file) => [file.name, file]));
    const { study: _, ...nothing } = sortFiles<File>([]);
    expect(placeDrop(files, both, { ...nothing, withStudy: true }).model).toMatchObject({
      file: trained,
      initial: untrained,
    });
  });

  test.each([
    ["beside those it names", both, true, [trained, untrained, "third.onnx"], trained],
    ["instead of those it names", both, true, ["third.onnx"], file],
    ["of a study that builds its own", defaultStudy, true, ["third.onnx"], undefined],
    ["several, of which it names none", defaultStudy, false, ["second.onnx", "third.onnx"], undefined],
  ])("models that a study does not name are kept and told: %s", (_, study, withStudy, names, file) => {
    const { model, names: kept, told } = afterDrops(study, [names], withStudy);
    expect("file" in model ? model.file : undefined).toBe(file);
    expect(kept.sort()).toEqual([...names].sort());
    expect(told).toEqual([expect.stringMatching(/^error: .*third\.onnx .*the study does not name/)]);
  });

  test("a network before training that another model has not is left out with a word", () => {
    const { model, told } = afterDrops(both, [[trained, untrained], ["other.onnx"]]);
    expect(model).toMatchObject({ file: "other.onnx", initial: null });
    expect(told).toEqual([expect.stringContaining(`warning: ${untrained} is left out`)]);
  });
});

describe("a second set of the same kind", () => {
  const mnist = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
  const fashion = mnist.map((name) => `${name}.gz`);
  const training = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];
  const within = (folder: string, names: readonly string[]) => names.map((name) => `${folder}/${name}`);
  const npy = ["x_test.npy", "y_test.npy"];
  const normalize = { mean: 0.5, std: 0.5 };

  test.each([
    ["IDX files, then .gz", [mnist, fashion], within("idx", fashion)],
    ["folders of IDX files", [within("mnist", mnist), within("fashion", mnist)], within("idx/fashion", mnist)],
    ["a split, then the other", [training, mnist], within("idx", [...training, ...mnist])],
    ["folders of arrays", [within("a", npy), within("b", npy)], within("npy/b", npy)],
    ["arrays of other names", [npy, ["images.npy", "labels.npy"]], within("npy", ["images.npy", "labels.npy"])],
    ["arrays of a split, then of the other", [["x_train.npy", "y_train.npy"], npy], 4],
    ["batches from another folder", [["test_batch.bin"], ["b/test_batch.bin"]], ["cifar10/b/test_batch.bin"]],
    ["more batches", [["data_batch_1.bin"], ["data_batch_2.bin"]], 2],
  ])("takes the place of the first where it is the same part: %s", (_, drops, names) => {
    const result = afterDrops(study(defaultStudy.model, { normalize }), drops);
    if (typeof names === "number") expect(result.names).toHaveLength(names);
    else expect(result.names.sort()).toEqual([...names].sort());
    expect([result.missing, result.told]).toEqual([null, []]);
  });

  test("says what stays of the first, also where it came file by file", () => {
    const { names: one, told: word } = afterDrops(defaultStudy, [mnist, [fashion[0]!]]);
    expect(one.sort()).toEqual(within("idx", [fashion[0]!, mnist[1]!]));
    expect(word).toEqual([`warning: ${mnist[1]}, dropped before, stays beside ${fashion[0]}`]);
    expect(afterDrops(defaultStudy, [mnist, [fashion[0]!], [fashion[1]!]]).names.sort()).toEqual(
      within("idx", fashion),
    );
    const { names, told } = afterDrops(defaultStudy, [[...mnist, ...training], fashion]);
    expect(names.sort()).toEqual(within("idx", [...fashion, ...training]));
    expect(told).toEqual([
      "warning: train-images-idx3-ubyte and 1 more, dropped before, stay beside t10k-images-idx3-ubyte.gz",
    ]);
  });
});

describe("the split", () => {
  const all = ["t10k-images.idx", "t10k-labels.idx", "train-images.idx", "train-labels.idx"];
  const ofTraining = study(defaultStudy.model, { set: "mnist", path: "../data/mnist", split: "train" });

  test.each([
    ["of a study that came with both", ofTraining, true, [all], "train"],
    ["of a study that waited for both", ofTraining, false, [all], "train"],
    ["of tests where nothing asked for another", defaultStudy, false, [all], "test"],
    ["of what is dropped last", defaultStudy, false, [all.slice(2), all.slice(0, 2)], "test"],
  ])("is that %s", (_, study, withStudy, drops, split) => {
    expect(afterDrops(study, drops, withStudy).data).toMatchObject({ set: "idx", path: "idx", split });
  });

  test("data that came before their study are found", () => {
    const files = Object.fromEntries(filesOf(all.map((name) => `idx/${name}`)).map((file) => [file.name, file]));
    const { study: _, ...nothing } = sortFiles<File>([]);
    const { data } = placeDrop(files, ofTraining, { ...nothing, withStudy: true });
    expect(data).toMatchObject({ set: "idx", path: "idx", split: "train" });
  });
});

test("of several kinds of data that which the study names counts", () => {
  const named = study(defaultStudy.model, { set: "mnist", path: "mnist" });
  const { data } = afterDrops(named, [["t10k-images.idx", "t10k-labels.idx", "cats/1.png", "dogs/2.png"]], true);
  expect(data.set).toBe("idx");
});
