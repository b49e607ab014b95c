import { describe, expect, test } from "vitest";
import { fakeBaseline, fakeEngine, fakeRun } from "../../e2e/fake-engine.ts";
import type { CheckReport } from "../../workers/protocol.ts";
import { LesionError } from "../core/errors.ts";
import { parseStudy } from "../study/schema.ts";
import { createLab, documentText } from "./lab-state.ts";

function opened() {
  const fake = fakeEngine();
  return { ...fake, lab: createLab(fake.engine, (callback) => queueMicrotask(callback)) };
}
const file = (name: string, text = "x") => new File([text], name);

describe("the study", () => {
  test("one click starts the embedded default study", () => {
    const { lab, runs } = opened();
    void lab.startRun();
    expect(runs[0]!.request).toEqual({ study: lab.study.value, files: {} });
    expect(lab.study.value.data.set).toBe("digits");
    expect(lab.missing.value).toBeNull();
  });

  test("a filled-in study is itself a valid document", () => {
    const { lab } = opened();
    expect(parseStudy(JSON.parse(documentText(lab.study.value)))).toEqual(lab.study.value);
  });

  test("a wrong document is told, and the last right one stays", () => {
    const { lab } = opened();
    lab.setStudyText('{ "version": 1, "name": "x", "sweps": [] }');
    expect(lab.studyError.value?.message).toContain("sweps");
    expect(lab.study.value.name).toBe("digits-mlp");
    lab.setStudyText(documentText({ ...lab.study.value, name: "mine" }));
    expect([lab.studyError.value, lab.study.value.name]).toEqual([null, "mine"]);
  });

  test("an edit that does not hold is refused and changes nothing", () => {
    const { lab } = opened();
    const before = lab.studyText.value;
    const problem = lab.editStudy((study) => ({ ...study, data: { ...study.data, limit: -5 } }));
    expect(problem?.message).toContain("-5");
    expect(lab.studyText.value).toBe(before);
  });
});

describe("dropped files", () => {
  test("a model is inspected and becomes the study's", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("net.onnx")]);
    expect(lab.study.value.model).toMatchObject({ file: "net.onnx" });
    expect(lab.layers.value.map(({ layer }) => layer)).toEqual(["fc1", "fc2"]);
    expect(Object.keys(lab.files.value)).toEqual(["net.onnx"]);
    lab.useEmbeddedModel();
    expect(lab.layers.value.map(({ layer }) => layer)).toEqual(["dense_0", "dense_1"]);
  });

  test("a model of several files is inspected and run with all of them", async () => {
    const { lab, runs } = opened();
    await lab.takeFiles([file("a.bin"), file("model.json"), file("b.bin")]);
    expect(lab.study.value.model).toMatchObject({ file: "model.json" });
    expect(lab.model.value).not.toBeNull();
    void lab.startRun();
    expect(Object.keys(runs[0]!.request.files).sort()).toEqual(["a.bin", "b.bin", "model.json"]);
  });

  test("weights without their model are told", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("a.bin")]);
    expect(lab.notices.value.map(({ report }) => report.where)).toEqual(["a.bin"]);
  });

  test("a damaged model is told and leaves the study as it was", async () => {
    const { lab, refuse } = opened();
    refuse.error = new LesionError("bad-file", "the file ends after 12 bytes", {
      where: "byte 12",
      fix: "Export again.",
    });
    await lab.takeFiles([file("net.onnx")]);
    expect(lab.notices.value.map(({ report }) => [report.message, report.where, report.fix])).toEqual([
      ["the file ends after 12 bytes", "net.onnx, byte 12", "Export again."],
    ]);
    expect("build" in lab.study.value.model).toBe(true);
    lab.dismiss(lab.notices.value[0]!.id);
    expect(lab.notices.value).toEqual([]);
  });

  test("IDX files become the data once images and labels of a split are here", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("t10k-images-idx3-ubyte.gz")]);
    expect(lab.study.value.data.set).toBe("digits");
    await lab.takeFiles([file("t10k-labels-idx1-ubyte.gz")]);
    expect(lab.study.value.data).toMatchObject({ set: "idx", path: "idx", split: "test" });
    expect(lab.missing.value).toBeNull();
    lab.useEmbeddedData();
    expect(lab.study.value.data).toMatchObject({ set: "digits", path: null });
  });

  test("a study may come before its files, which are then asked for", async () => {
    const { lab } = opened();
    const study = { ...lab.study.value, model: { file: "net.onnx" } };
    await lab.takeFiles([file("study.json", JSON.stringify(study))]);
    expect(lab.missing.value).toContain("net.onnx");
    await lab.takeFiles([file("net.onnx")]);
    expect(lab.missing.value).toBeNull();
  });

  test("a study with both its models is run as it is written", async () => {
    const { lab, runs } = opened();
    const model = { file: "../models/a-trained.onnx", initial: "../models/a.onnx", train: lab.study.value.model.train };
    const study = { ...lab.study.value, model };
    await lab.takeFiles([file("study.json", JSON.stringify(study)), file("a-trained.onnx"), file("a.onnx")]);
    expect(lab.study.value.model).toEqual({ ...model, file: "a-trained.onnx", initial: "a.onnx" });
    expect(lab.model.value?.name).toBe("a-trained.onnx");
    expect([lab.missing.value, lab.notices.value]).toEqual([null, []]);
    void lab.startRun();
    expect(Object.keys(runs[0]!.request.files).sort()).toEqual(["a-trained.onnx", "a.onnx"]);
  });

  test("models that the study does not name are kept for it to name", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("a.onnx"), file("b.onnx")]);
    expect(lab.notices.value.map(({ report }) => report.message)).toEqual([
      "a.onnx, b.onnx are here, but the study does not name any of them",
    ]);
    lab.setStudyText(documentText({ ...lab.study.value, model: { file: "b.onnx", initial: "a.onnx" } }));
    expect([lab.model.value?.name, lab.missing.value]).toEqual(["b.onnx", null]);
  });

  test("a wrong study stays as it was dropped, with its files", async () => {
    const { lab } = opened();
    const text = '{ "version": 1, "name": "x", "sweps": [] }';
    await lab.takeFiles([file("study.json", text), file("a.onnx")]);
    expect([lab.studyText.value, Object.keys(lab.files.value)]).toEqual([text, ["a.onnx"]]);
  });

  test("a drop that changes nothing of the study leaves its text alone", async () => {
    const { lab } = opened();
    const text = `// mine\n${lab.studyText.value}`;
    lab.setStudyText(text);
    await lab.takeFiles([file("holiday.txt")]);
    expect(lab.studyText.value).toBe(text);
  });

  test("images become the data once their classes are here, and others take their place", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("1.png"), file("2.png")]);
    expect(lab.notices.value[0]!.report).toMatchObject({ code: "bad-data", where: "1.png" });
    expect(lab.study.value.data.set).toBe("digits");
    await lab.takeFiles([file("labels.csv")]);
    expect(lab.study.value.data).toMatchObject({ set: "images", path: "images", crop: null });
    expect(lab.editStudy((study) => ({ ...study, data: { ...study.data, crop: 224 } }))).toBeNull();
    await lab.takeFiles(Promise.resolve([file("cats/3.png"), file("dogs/4.png")]));
    expect(lab.study.value.data).toMatchObject({ set: "images", path: "images", crop: 224 });
    expect(Object.keys(lab.files.value)).toEqual(["images/cats/3.png", "images/dogs/4.png"]);
    lab.useEmbeddedData();
    expect(lab.study.value.data).toMatchObject({ set: "digits", path: null });
    expect(lab.studyError.value).toBeNull();
  });

  test("arrays and batches become the data", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("x_test.npy"), file("y_test.npy")]);
    expect(lab.study.value.data).toMatchObject({ set: "npy", path: "npy", split: "test" });
    await lab.takeFiles([file("data_batch_1.bin")]);
    expect(lab.study.value.data).toMatchObject({ set: "cifar10", path: "cifar10", split: "train" });
    expect(lab.missing.value).toBeNull();
  });

  test("what is none of these is named, many files at once", async () => {
    const { lab } = opened();
    await lab.takeFiles([file("holiday.txt")]);
    expect(lab.notices.value[0]!.report.message).toContain("holiday.txt is neither");
    await lab.takeFiles([file("a.txt"), file("b.txt"), file("c.txt")]);
    expect(lab.notices.value[1]!.report.message).toContain("a.txt and 2 more are neither");
  });
});

test("the same message twice is one notice", () => {
  const { lab } = opened();
  for (let i = 0; i < 3; i++) lab.notify({ code: "gpu-error", message: "refused" });
  expect(lab.notices.value.length).toBe(1);
});

test("sorting by the same column again turns it round", () => {
  const { lab } = opened();
  expect(lab.sort.value).toEqual({ column: "drop", descending: true });
  lab.sortBy("drop");
  expect(lab.sort.value).toEqual({ column: "drop", descending: false });
  lab.sortBy("unit");
  expect(lab.sort.value).toEqual({ column: "unit", descending: false });
});

test("a check asks with the networks the run has trained", async () => {
  const { lab, runs } = opened();
  void lab.startRun();
  runs[0]!.records(fakeRun, fakeBaseline);
  runs[0]!.emit({ kind: "artifact", name: "trained.onnx", bytes: Uint8Array.of(1) });
  runs[0]!.emit({ kind: "artifact", name: "untrained.onnx", bytes: Uint8Array.of(2) });
  expect(lab.run.request()?.trained?.trained).toEqual(Uint8Array.of(1));
  await lab.startCheck("float64");
  expect(lab.check.value).toMatchObject({ state: "done", report: { reference: "float64", agrees: true } });
});

describe("a run that follows another", () => {
  test("is not told what a check of the other finds", async () => {
    const fake = fakeEngine();
    const answers: ((report: CheckReport | LesionError) => void)[] = [];
    const check = () =>
      new Promise<CheckReport>((resolve, reject) => {
        answers.push((answer) => (answer instanceof LesionError ? reject(answer) : resolve(answer)));
      });
    const lab = createLab({ ...fake.engine, check }, (callback) => queueMicrotask(callback));
    const ask = () => {
      void lab.startRun();
      return lab.startCheck("float64");
    };
    const asked = [ask(), ask(), ask()];
    const report = await fake.engine.check(
      { study: null, files: {} },
      { samples: 1, ablations: 1, reference: "float64" },
    );
    answers[0]!(report);
    answers[1]!(new LesionError("internal", "nobody asks any more"));
    await Promise.all(asked.slice(0, 2));
    expect([lab.check.value, lab.notices.value]).toEqual([{ state: "running" }, []]);
    answers[2]!(report);
    await asked[2];
    expect(lab.check.value).toEqual({ state: "done", report });
  });

  test("keeps the selected row where it is of the same study, and no other", () => {
    const { lab } = opened();
    lab.select(11);
    void lab.startRun();
    void lab.startRun();
    expect(lab.selected.value).toBe(11);
    expect(lab.editStudy((study) => ({ ...study, sweeps: [{ ablate: "pairs", layers: [1] }] }))).toBeNull();
    expect(lab.selected.value).toBe(11);
    void lab.startRun();
    expect(lab.selected.value).toBeNull();
  });
});
