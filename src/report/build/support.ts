/** What sweeps are made of: orders of units, groups of similar ones, and the constants that units are held at. */
import type { GroupsRecord, OrderRecord } from "../../study/analysis-records.ts";
import type { Sweep } from "../../study/study.ts";
import { counted, exactPercent, fixed, grouped, NONE } from "../numbers.ts";
import type { Section, Table } from "../report.ts";
import {
  analysesOf,
  className,
  groupBy,
  layerName,
  left,
  type ReportInput,
  right,
  sweepName,
  table,
} from "./section.ts";

/** Units that are listed of an order or a group. */
const MOST_UNITS = 12;
const listed = (units: readonly number[]) =>
  units.length > MOST_UNITS ? `${units.slice(0, MOST_UNITS).join(" ")} ...` : units.join(" ");

/** Orders and groups, as support of other sections. */
export function support(input: ReportInput): Section | null {
  const orders = analysesOf(input.run, "order");
  const groups = analysesOf(input.run, "groups");
  if (orders.length + groups.length === 0) return null;
  const unfinished = orders.filter(({ complete }) => !complete).length;
  return {
    id: "support",
    title: "Orders and groups behind the sweeps",
    finding: `${counted(orders.length, "order")} of units and ${counted(
      groups.reduce((sum, record) => sum + record.groups.length, 0),
      "group",
    )} decided what was ablated${unfinished === 0 ? "" : `; ${counted(unfinished, "greedy order")} not finished`}.`,
    paragraphs: ["Nothing is found here by itself: these are the choices that other sections rest on."],
    figures: [],
    tables: [
      ...groupBy(orders, ({ sweep }) => sweep).map(([sweep, ofSweep]) =>
        table(
          `Orders of ${sweepName(input, sweep)}, the first to go first`,
          [left("layer"), left("by"), right("units"), left("order")],
          ofSweep.map((order) => [
            layerName(order),
            order.by === "measured-class" ? `${order.by}: ${className(input, order.path)}` : order.by,
            grouped(order.units.length),
            listed(unitsAsTheyGo(input.study.sweeps[sweep] ?? null, order)),
          ]),
          input.most,
        ),
      ),
      ...groups.map((record) => groupTable(input, record)),
    ],
  };
}

/** Records of predictors and measured drops name what matters most first, greedy ones what their search took first. */
function unitsAsTheyGo(sweep: Sweep | null, { by, units }: OrderRecord): readonly number[] {
  const isReversed =
    sweep?.ablate === "keep-only"
      ? by !== "greedy-least"
      : sweep?.ablate === "cumulative" && sweep.from === "least" && !by.startsWith("greedy-");
  return isReversed ? units.toReversed() : units;
}

function groupTable(input: ReportInput, record: GroupsRecord): Table {
  const { sweep, similarity, grouping, groups } = record;
  const names = groupNames(groups);
  return table(
    `Groups of ${layerName(record)}, ${sweepName(input, sweep)}: ${similarity}, ${grouping}`,
    [left("group"), left("kind"), right("share"), right("units"), right("similarity within"), left("which")],
    groups.map(({ kind, share, shares = [share], units, within }, place) => [
      names[place]!,
      kind,
      shares.map((one) => (one === null ? NONE : exactPercent(one))).join(", "),
      grouped(units.length),
      fixed(within, 3),
      listed(units),
    ]),
    input.most,
  );
}

/** A group and its controls have one name: the unit that they grew from, else a number. */
function groupNames(groups: GroupsRecord["groups"]): string[] {
  let count = 0;
  return groups.map(({ kind, seed }) => {
    if (kind === "similar") count++;
    return seed === undefined ? String(count) : `of unit ${seed}`;
  });
}
