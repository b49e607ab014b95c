/** What an analysis says that ablations have done does not depend on the images of the baseline. */
import { expect, test } from "vitest";
import { classDamage } from "./class-damage.ts";
import { type Ablated, EACH_UNIT, inputOf, LAYERS, PAIRS } from "./input.test-support.ts";
import type { AnalysisInput } from "./input.ts";
import { interactions } from "./interactions.ts";
import { overlap } from "./overlap.ts";
import { populations } from "./populations.ts";
import { positiveEffects } from "./positive-effects.ts";

const LABELS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
const INTACT = "1111110011111111";
const OTHER = "1111111111000000";
const units: Ablated[] = [
  { sites: [[0, 0]], right: INTACT, more: { noop: "exact" } },
  { sites: [[0, 1]], right: INTACT, more: { noop: "exact" } },
  { sites: [[0, 2]], right: "1100110111111110", more: { classLost: [2, 1], classGained: [1, 0] } },
  { sites: [[0, 3]], right: "0000110011101111" },
];
const pairs: Ablated[] = [
  { sites: [[0, 0, 1]], right: INTACT },
  { sites: [[0, 2, 3]], right: "0000110100000000" },
];
const sweeps = [
  { sweep: EACH_UNIT, ablations: units },
  { sweep: PAIRS, ablations: pairs },
];

test.each<[string, (input: AnalysisInput) => readonly object[]]>([
  ["class damage", (input) => classDamage(input, { analyse: "class-damage", layers: "all" })],
  ["interactions", (input) => interactions(input, { analyse: "interactions", layers: "all" }, () => {})],
  ["overlap", (input) => overlap(input, { analyse: "overlap", layers: "all" })],
  [
    "populations",
    (input) => populations(input, { analyse: "populations", layers: "all", by: ["effect"], clusters: 2 }),
  ],
  ["positive effects", (input) => positiveEffects(input, { analyse: "positive-effects", rate: 0.05 })],
])("%s", (_, analyse) => {
  const found = analyse(inputOf(LABELS, INTACT, sweeps));
  expect(found.length).toBeGreaterThan(0);
  // Counts that records have of lost and gained samples are against the baseline.
  const counted = { classLost: [8, 8], classGained: [8, 8] };
  const against = units.map((unit) => (unit.more?.classLost ? { ...unit, more: { ...unit.more, ...counted } } : unit));
  const other = [{ sweep: EACH_UNIT, ablations: against }, sweeps[1]!];
  expect(analyse(inputOf(LABELS, INTACT, other, LAYERS, OTHER))).toEqual(found);
});
