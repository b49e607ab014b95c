/** Which classes come back: what all damaged networks together had lost of each class, and regained. */
import type { RecoverySummary } from "../../study/recovery-summary.ts";
import { grouped, NONE, percent } from "../numbers.ts";
import type { Table } from "../report.ts";
import { ARM_WORDS, ARMS } from "./recovery-arms.ts";
import { className, left, type ReportInput, right, table } from "./section.ts";

/** Samples of a class, summed over networks. */
interface ClassChange {
  readonly lost: number;
  readonly regained: number;
}

/** A table of classes by arm, those that lost most first; none where recoveries were not counted by class. */
export function recoveryClasses(input: ReportInput, summaries: readonly RecoverySummary[]): Table[] {
  const arms = ARMS.flatMap((arm) => {
    const whole = summaries.filter(
      (summary) => summary.arm === arm && summary.regained !== null && summary.epoch >= summary.epochs,
    );
    const changes = changesIn(input, whole);
    return changes === null ? [] : [{ arm, networks: whole.length, changes }];
  });
  const [first] = arms;
  if (first === undefined) return [];
  const order = [...first.changes.keys()].sort((a, b) => first.changes[b]!.lost - first.changes[a]!.lost || a - b);
  const counts = arms.map(({ arm, networks }) => `${ARM_WORDS[arm]} ${grouped(networks)}`).join(", ");
  return [
    table(
      `Classes: right samples that all networks together had lost (less those gained), and the share regained. Networks: ${counts}`,
      [
        left("class"),
        right("samples"),
        ...arms.flatMap(({ arm }) => [right(`lost (${arm})`), right(`regained (${arm})`)]),
      ],
      order.map((c) => [
        className(input, c),
        grouped(input.run.baseline.classSamples[c]!),
        ...arms.flatMap(({ changes }) => {
          const { lost, regained } = changes[c]!;
          return [grouped(lost), lost > 0 ? percent(regained / lost, 1) : NONE];
        }),
      ]),
      input.most,
    ),
  ];
}

/** [classes]; null without a network, or where one of them was not counted by class. */
function changesIn({ run, ablations }: ReportInput, networks: readonly RecoverySummary[]): ClassChange[] | null {
  const { classCorrect } = run.baseline;
  const at = new Map(run.recoveries.map((record) => [`${record.row} ${record.arm} ${record.epoch}`, record]));
  const counts = networks.map(({ row, arm, epoch }) => ({
    before: (at.get(`${row} ${arm} 0`) ?? ablations.get(row))?.classCorrect ?? [],
    after: at.get(`${row} ${arm} ${epoch}`)?.classCorrect ?? [],
  }));
  const isCounted = counts.every(({ before, after }) =>
    [before, after].every(({ length }) => length === classCorrect.length),
  );
  if (counts.length === 0 || !isCounted) return null;
  return classCorrect.map((right, c) => ({
    lost: counts.reduce((sum, { before }) => sum + right - before[c]!, 0),
    regained: counts.reduce((sum, { before, after }) => sum + after[c]! - before[c]!, 0),
  }));
}
