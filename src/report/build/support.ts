/** What sweeps are made of: orders of units, groups of similar ones, and the constants that units are held at. */
import { counted, fixed, grouped, NONE, percent } from "../numbers.ts";
import type { Section, Table } from "../report.ts";
import { analysesOf, groupBy, layerName, left, type ReportInput, right, sweepName, table } from "./section.ts";

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
          ofSweep.map((order) => [layerName(order), order.by, grouped(order.units.length), listed(order.units)]),
          input.most,
        ),
      ),
      ...groups.map(
        (record): Table =>
          table(
            `Groups of ${layerName(record)}, ${sweepName(input, record.sweep)}: ${record.similarity}, ${record.grouping}`,
            [left("kind"), right("share"), right("units"), right("similarity within"), left("which")],
            record.groups.map(({ kind, share, units, within }) => [
              kind,
              share === null ? NONE : percent(share, 0),
              grouped(units.length),
              fixed(within, 3),
              listed(units),
            ]),
            input.most,
          ),
      ),
    ],
  };
}
