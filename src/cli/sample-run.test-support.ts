/** A small study and its records, for the tests of this folder. */
import type {
  AblationRecord,
  BaselineRecord,
  EndRecord,
  RecoveryAnalysisRecord,
  RecoveryRecord,
  RunRecord,
  TrainRecord,
} from "../study/records.ts";
import { parseStudyText } from "../study/schema.ts";
import type { StudyOnDisk } from "./study-files.ts";

const text = `{ "version": 1, "name": "sample", "model": { "build": {}, "train": {} },
  "data": { "set": "digits", "limit": 33 }, "sweeps": [{ "ablate": "each-unit", "layers": [0] }] }`;

export const sampleStudy: StudyOnDisk = { text, study: parseStudyText(text), files: new Map() };

/** Samples of the sample run: odd, and more than one word of bits. */
export const SAMPLES = 33;
export const ABLATIONS = 7;

export const runRecord: RunRecord = {
  type: "run",
  version: 1,
  name: "sample",
  study: "0123456789abcdef",
  model: "m",
  data: "d",
  engine: "0.1.0",
  adapter: { vendor: "v", architecture: "a", device: "", description: "", fallback: true, features: [], limits: {} },
  seed: 1,
  started: "2026-01-01T00:00:00.000Z",
  ablations: ABLATIONS,
  classNames: ["0", "1"],
  layers: [{ layer: "dense_0", layerIndex: 0, units: ABLATIONS }],
};
export const baselineRecord: BaselineRecord = {
  type: "baseline",
  samples: SAMPLES,
  correct: 30,
  classCorrect: [14, 16],
  classSamples: [16, 17],
};
export const ablationRecord = (row: number): AblationRecord => ({
  type: "ablation",
  sweep: 0,
  index: row,
  row,
  sites: [{ layer: "dense_0", layerIndex: 0, units: [row] }],
  replacement: "zero",
  samples: SAMPLES,
  correct: 30 - row,
  classCorrect: [14, 16 - row],
  status: { kept: 30 - row, lost: row, gained: 0, wrong: 3 },
  ms: 1,
});
export const trainRecord = (epoch: number): TrainRecord => ({
  type: "train",
  epoch,
  epochs: 3,
  loss: 1 / epoch,
  correct: 40 + epoch,
  samples: 50,
  test: { samples: SAMPLES, correct: 27 + epoch, loss: 1 / epoch },
  ms: 1200,
});
/** A damaged network that regains two samples an epoch as far as there are any, the control one. */
export const recoveryRecord = (row: number | null, arm: RecoveryRecord["arm"], epoch: number): RecoveryRecord => {
  const correct = row === null ? 30 + epoch : Math.min(SAMPLES, 30 + 2 * epoch - row);
  return {
    type: "recovery",
    row,
    ...(row === null ? {} : { sweep: 0, index: row }),
    arm,
    epoch,
    epochs: 2,
    samples: SAMPLES,
    correct,
    classCorrect: [14, correct - 14],
    loss: 0.5,
    ms: 1,
  };
};
export const analysisRecord = (arm: RecoveryAnalysisRecord["arm"]): RecoveryAnalysisRecord => ({
  type: "analysis",
  name: "recovery",
  arm,
  n: ABLATIONS,
  diverged: 1,
  pearson: 0.481,
  spearman: null,
  interval: { pearson: [-0.12, 0.913], spearman: null },
  regained: { n: ABLATIONS - 2, mean: 0.613, median: 0.5 },
});
export const endRecord = (state: EndRecord["state"]): EndRecord => ({
  type: "end",
  state,
  ablations: ABLATIONS,
  ms: 7,
  macs: 70,
  macsSaved: 700,
  predicted: { ms: null, macs: 70, bytes: 1 },
  measured: { ms: 7, macs: 70, bytes: 1 },
});

/** The correctness bits of a row: as many ones as samples are right. */
export const bitsOf = (row: number) => new Uint32Array([0xffffffff >>> (2 + row), row]);

/** A page with an engine of `script`, which is a function body over `calls` and sets `globalThis.lesion`. */
export function fakePage(script: string): string {
  const records = JSON.stringify({
    runRecord,
    baselineRecord,
    ablations: Array.from({ length: ABLATIONS }, (_, row) => ablationRecord(row)),
    end: endRecord("done"),
  });
  return `<!doctype html><link rel="icon" href="data:,"><title>fake</title><script>const sample = ${records};${script}</script>`;
}
