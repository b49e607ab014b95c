/**
 * The published network of Meyes et al. (arXiv 1901.08644) on MNIST: the counts of the authors' own code, through the
 * command line as built.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import { countBits } from "../src/core/bitset.ts";
import { bitsOffset, bitsRowBytes, bitsWords } from "../src/study/journal.ts";
import type { AblationRecord } from "../src/study/records.ts";
import { resultsOf } from "../src/study/results.ts";
import { lesion } from "./lesion-process.ts";
import { sharedData } from "./shared-data.ts";
import { journalOf } from "./small-study.ts";

/** For the order of floating-point sums. */
const TOLERANCE = 2;
const BASELINE = 9464;
const SINGLE_UNITS = [
  8741, 9127, 6723, 7697, 8060, 9464, 7990, 8138, 8566, 8600, 9464, 4677, 9462, 9150, 8250, 5389, 9251, 9464, 8545,
  8398,
];
const ALL_UNITS = SINGLE_UNITS.map((_, unit) => unit);

const model = sharedData("models/mlp-20-10-trained.onnx");
const data = sharedData("mnist");
test.skip(model === null || data === null, "the shared data is not there");

let folder: string;
let studyFile: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  studyFile = join(folder, "study.json");
  const study = {
    version: 1,
    name: "meyes-mlp",
    model: { file: model },
    data: { set: "mnist", path: data, split: "test", normalize: { mean: 0.5, std: 0.5 } },
    sweeps: [
      { ablate: "each-unit", layers: "all" },
      { ablate: "pairs", layers: [0] },
      { ablate: "sets", sets: [[{ layer: 0, units: ALL_UNITS }]] },
    ],
  };
  await writeFile(studyFile, JSON.stringify(study));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test("lesion run gives the published counts, and bits that agree with them", async () => {
  const out = join(folder, "out");
  const { code, stderr } = await lesion(["run", studyFile, "--out", out]);
  expect(code, stderr).toBe(0);
  const { baseline, ablations } = resultsOf(await journalOf(out));
  expect(ablations.length).toBe(20 + 10 + 190 + 1);
  const of = (...units: number[]): AblationRecord =>
    ablations.find(({ sites: [site] }) => site!.layerIndex === 0 && String(site!.units) === String(units))!;

  const found: Record<string, number> = { baseline: baseline.correct };
  const published: Record<string, number> = { baseline: BASELINE };
  const compare = (name: string, record: AblationRecord, correct: number) => {
    found[name] = record.correct;
    published[name] = correct;
  };
  for (const [unit, correct] of SINGLE_UNITS.entries()) compare(`unit ${unit}`, of(unit), correct);
  compare("units 0 and 1", of(0, 1), 8034);
  compare("units 18 and 19", of(18, 19), 6845);
  compare("all of layer 1", of(...ALL_UNITS), 980);
  Object.assign(published, { kept: 4580, lost: 4884, gained: 97, wrong: 439 });
  Object.assign(found, of(11).status);
  const off = Object.keys(published).filter((name) => !(Math.abs(found[name]! - published[name]!) <= TOLERANCE));
  expect(off.map((name) => `${name}: ${found[name]}, published ${published[name]}`)).toEqual([]);

  const [bits, intactBits] = await Promise.all(
    ["bits.bin", "baseline-bits.bin"].map(async (file) => new Uint8Array(await readFile(join(out, file)))),
  );
  const intact = bitsWords(intactBits!);
  expect(countBits(intact)).toBe(baseline.correct);
  for (const { row, samples, correct, status } of ablations) {
    const offset = bitsOffset(row, samples);
    const words = bitsWords(bits!.slice(offset, offset + bitsRowBytes(samples)));
    const kept = countBits(words.map((word, place) => word & intact[place]!));
    expect([countBits(words), kept]).toEqual([correct, status!.kept]);
    expect([kept + status!.lost, status!.gained + status!.wrong]).toEqual([
      baseline.correct,
      samples - baseline.correct,
    ]);
  }
});

test("lesion check agrees with float64 and with TensorFlow.js", async () => {
  const { code, stdout, stderr } = await lesion(["check", studyFile, "--json"]);
  expect(code, stderr).toBe(0);
  const reports = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(reports.map(({ reference }) => reference)).toEqual(["float64", "tfjs-webgpu"]);
  for (const report of reports) {
    expect(report).toMatchObject({ agrees: true, samples: 512, ablations: 32 });
    expect(report.logitError).toBeLessThan(1e-4);
    expect(report.countDifferences.filter(({ unexplained }: { unexplained: number }) => unexplained > 0)).toEqual([]);
  }
});
