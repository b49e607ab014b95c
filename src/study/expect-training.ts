/** What `--expect` can ask of training and recovery: `train.test.accuracy`, `recovery.control.correct`, `recovery.all.regained`. */
import type { RecoveryAnalysisRecord, RecoveryRecord, TrainRecord } from "./records.ts";
import { analyzeRecovery } from "./recovery-summary.ts";
import type { RunResults } from "./results.ts";

type Value = number | null | undefined;
type Counted = { readonly samples: number; readonly correct: number; readonly loss: number | null };
type Asked<From> = Readonly<Record<string, (from: From) => Value>>;

const OF_SAMPLES: Asked<Counted> = {
  samples: ({ samples }) => samples,
  correct: ({ correct }) => correct,
  accuracy: ({ correct, samples }) => correct / samples,
  loss: ({ loss }) => loss,
};
/** Of the control after its last epoch; `change` in percentage points since before any. */
const OF_CONTROL: Asked<readonly RecoveryRecord[]> = {
  ...named("", OF_SAMPLES, (curve: readonly RecoveryRecord[]) => curve.at(-1)),
  change: (curve) => 100 * (accuracy(curve.at(-1)!) - accuracy(curve[0]!)),
};
const OF_ARM: Asked<RecoveryAnalysisRecord> = {
  n: ({ n }) => n,
  diverged: ({ diverged }) => diverged,
  /** Shares of what was lost, 1 being all of it. The median: in a mean one network that lost next to nothing leads. */
  regained: ({ regained }) => regained.median,
  mean: ({ regained }) => regained.mean,
  pearson: ({ pearson }) => pearson,
  spearman: ({ spearman }) => spearman,
};
const ARMS = ["all", "after", "layer"] as const;

/** By the name that an expectation has for it. What the run does not have is null or undefined. */
export const OF_TRAINING: Asked<RunResults> = {
  ...named("train.", OF_SAMPLES, lastEpoch),
  ...named("train.test.", OF_SAMPLES, (results: RunResults) => lastEpoch(results)?.test),
  "train.epochs": (results) => lastEpoch(results)?.epoch,
  ...named("recovery.control.", OF_CONTROL, ({ recoveries }: RunResults) => {
    const curve = recoveries.filter(({ arm }) => arm === "control");
    return curve.length === 0 ? undefined : curve;
  }),
  ...Object.assign(
    {},
    ...ARMS.map((arm) => named(`recovery.${arm}.`, OF_ARM, (results: RunResults) => analysisOf(results, arm))),
  ),
};

/** The questions of a table under names with a prefix, asked of what `part` gives. */
function named<From, Part>(prefix: string, asked: Asked<Part>, part: (from: From) => Part | undefined): Asked<From> {
  return Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [
      prefix + name,
      (from: From) => {
        const found = part(from);
        return found === undefined ? undefined : value(found);
      },
    ]),
  );
}

const accuracy = ({ correct, samples }: Counted) => correct / samples;

/** Of the network that is ablated. */
function lastEpoch({ training }: RunResults): TrainRecord | undefined {
  return training.findLast(({ network = 0 }) => network === 0);
}

function analysisOf(results: RunResults, arm: RecoveryAnalysisRecord["arm"]): RecoveryAnalysisRecord | undefined {
  const recorded = results.analyses.filter((record) => record.name === "recovery");
  const analyses = recorded.length > 0 ? recorded : analyzeRecovery(results, results.run.seed);
  return analyses.find((analysis) => analysis.arm === arm);
}
