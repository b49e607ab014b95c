import { describe, expect, test } from "vitest";
import type { AblationSource } from "./ablation.ts";
import type { Outcome } from "./effects.ts";
import { type OpenSegment, runSteps, type Step } from "./sweep.ts";

const step = (stage: number): Step => ({
  stage,
  deeper: [],
  replacement: { kind: "zero" },
  site: "post-activation",
  rows: Uint32Array.of(stage),
});
const ablations: AblationSource = {
  count: 0,
  at: () => {
    throw new Error("no ablation is looked at");
  },
};
const coefficients = () => Promise.reject(new Error("nothing is measured"));

/** A segment that may go on `steps` times, and notes the stages that were run. */
function segmentFor(steps: number): { readonly segment: OpenSegment<Step>; readonly ran: number[] } {
  const ran: number[] = [];
  let asked = 0;
  const nothing = () => Promise.reject(new Error("not read"));
  const segment: OpenSegment<Step> = {
    intact: {} as Outcome,
    truths: new Uint32Array(),
    proceed: async () => asked++ < steps,
    moments: nothing,
    activations: nothing,
    sampleActivations: nothing,
    async *run({ stage }) {
      ran.push(stage);
      yield { effects: [], macs: stage };
    },
    [Symbol.dispose]: () => {},
  };
  return { segment, ran };
}

describe("runSteps", () => {
  test.each([
    [0, []],
    [1, [3]],
    [2, [3, 2]],
    [9, [3, 2, 1]],
  ])("that may go on %i times opens no step after those", async (times, stages) => {
    const { segment, ran } = segmentFor(times);
    const events = [];
    for await (const event of runSteps([step(3), step(2), step(1)], segment, ablations, coefficients))
      events.push(event);
    expect(ran).toEqual(stages);
    expect(events).toEqual(stages.map((stage) => ({ kind: "macs", macs: stage })));
  });
});
