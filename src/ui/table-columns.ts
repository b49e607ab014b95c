/** The columns of the ablation table: what each is sorted by and how it is written. */
import type { AblationRecord } from "../study/records.ts";
import type { Summary } from "../study/summary.ts";
import { count, percent, signed } from "./format.ts";

export interface Column {
  readonly id: string;
  readonly title: string;
  /** Said on hover. */
  readonly about: string;
  readonly numeric: boolean;
  /** What rows are sorted by; NaN comes last. */
  key(record: AblationRecord, summary: Summary): number;
  text(record: AblationRecord, summary: Summary): string;
}

const NONE = "\u2013";

export const COLUMNS: readonly Column[] = [
  {
    id: "unit",
    title: "Switched off",
    about: "Layer and units; sorts in the order of the study",
    numeric: false,
    key: ({ row }) => row,
    text: (_, { label, noop }) => (noop === null ? label : `${label} ${noop === "exact" ? "\u2205" : "\u2248"}`),
  },
  {
    id: "accuracy",
    title: "Accuracy %",
    about: "With the 95 % Wilson interval",
    numeric: true,
    key: (_, { accuracy }) => accuracy,
    text: (_, { accuracy, interval: { low, high } }) => `${percent(accuracy)} [${percent(low)}, ${percent(high)}]`,
  },
  {
    id: "drop",
    title: "Drop pp",
    about: "Baseline accuracy minus ablated accuracy, percentage points",
    numeric: true,
    key: (_, { dropPp }) => dropPp,
    text: (_, { dropPp }) => signed(dropPp),
  },
  {
    id: "loss",
    title: "Loss",
    about: "Mean cross-entropy, nats",
    numeric: true,
    key: ({ loss }) => loss ?? Number.NaN,
    text: ({ loss }) => loss?.toFixed(4) ?? NONE,
  },
  {
    id: "damaged",
    title: "Class drop pp",
    about: "The class whose recall falls most, and by how much, percentage points",
    numeric: true,
    key: (_, { mostDamaged }) => mostDamaged?.dropPp ?? Number.NaN,
    text: (_, { mostDamaged: most }) => (most === null ? NONE : `${most.className} \u00b7 ${most.dropPp.toFixed(1)}`),
  },
  {
    id: "improved",
    title: "Class gain pp",
    about: "The class whose recall rises most, and by how much, percentage points",
    numeric: true,
    key: (_, { bestImproved }) => bestImproved?.gainPp ?? Number.NaN,
    text: (_, { bestImproved: best }) => (best === null ? NONE : `${best.className} \u00b7 ${best.gainPp.toFixed(1)}`),
  },
  {
    id: "lost",
    title: "Lost",
    about: "Samples right with the unit, wrong without",
    numeric: true,
    key: (_, { lost }) => lost ?? Number.NaN,
    text: (_, { lost }) => (lost === null ? NONE : count(lost)),
  },
  {
    id: "gained",
    title: "Gained",
    about: "Samples wrong with the unit, right without",
    numeric: true,
    key: (_, { gained }) => gained ?? Number.NaN,
    text: (_, { gained }) => (gained === null ? NONE : count(gained)),
  },
];
