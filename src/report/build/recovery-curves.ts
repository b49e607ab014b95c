/** Accuracy of damaged networks by epoch of recovery, arm by arm. */
import { quantile } from "../../ablation/statistics/quantile.ts";
import type { RecoveryRecord } from "../../study/records.ts";
import { grouped } from "../numbers.ts";
import { LEAST_FOR_QUARTILES } from "../regained.ts";
import type { LinesFigure } from "../report.ts";
import { ARM_WORDS, ARMS } from "./recovery-arms.ts";
import { groupBy } from "./section.ts";

/**
 * Mean accuracy of each arm's networks by epoch, with the middle half of them: at every epoch of the same networks, those that
 * did not diverge and have come as far as any.
 */
export function recoveryCurves(recoveries: readonly RecoveryRecord[], baseline: number): LinesFigure {
  const byArm = new Map(groupBy(recoveries, ({ arm }) => arm));
  const arms = ARMS.flatMap((arm) => {
    const records = byArm.get(arm);
    return records === undefined ? [] : [{ arm, ...networksOf(records) }];
  });
  const left = (count: number, what: string) => (count === 0 ? [] : [`${grouped(count)} ${what}`]);
  const counts = arms.map(({ arm, whole, diverged, behind }) =>
    [`${arm} ${grouped(whole.length)}`, ...left(diverged, "diverged"), ...left(behind, "not as far yet")].join(", "),
  );
  return {
    mark: "lines",
    title: "Accuracy by epoch of recovery",
    description: `Mean over the networks of each arm; the band holds the middle half of them and is no interval. Networks: ${counts.join("; ")}. Those that diverged are left out throughout.`,
    x: { title: "epochs of recovery", whole: true },
    y: { title: "accuracy (%)" },
    series: arms
      .filter(({ whole }) => whole.length > 0)
      .map(({ arm, whole }) => {
        const byEpoch = groupBy(
          whole.flat().sort((a, b) => a.epoch - b.epoch),
          ({ epoch }) => epoch,
        ).map(([epoch, records]) => ({
          epoch,
          accuracies: records.map(({ correct, samples }) => (100 * correct) / samples).sort((a, b) => a - b),
        }));
        return {
          name: ARM_WORDS[arm],
          x: byEpoch.map(({ epoch }) => epoch),
          y: byEpoch.map(({ accuracies }) => accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length),
          band: byEpoch.map(({ accuracies }) =>
            accuracies.length < LEAST_FOR_QUARTILES
              ? null
              : ([quantile(accuracies, 0.25), quantile(accuracies, 0.75)] as const),
          ),
        };
      }),
    references: [{ value: 100 * baseline, name: "intact" }],
  };
}

/** An arm's networks, each with its records; those that diverged, and those that are behind others, are counted alone. */
function networksOf(records: readonly RecoveryRecord[]) {
  const networks = groupBy(records, ({ row }) => row).map(([, own]) => own);
  const sound = networks.filter((own) => own.every(({ diverged }) => diverged !== true));
  const lastOf = (own: readonly RecoveryRecord[]) => own.reduce((last, { epoch }) => Math.max(last, epoch), 0);
  const last = sound.reduce((most, own) => Math.max(most, lastOf(own)), 0);
  const whole = sound.filter((own) => lastOf(own) === last);
  return { whole, diverged: networks.length - sound.length, behind: sound.length - whole.length };
}
