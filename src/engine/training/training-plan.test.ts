import { describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { random } from "../../core/random.ts";
import { drawing, globalPool, net, plain, window } from "../../network/layers.fixture.ts";
import { PaperMemory } from "./memory.ts";
import { stepDispatches } from "./steps.ts";
import type { NetworkCopy, TrainerSetup } from "./trainer-interface.ts";
import { setupOf } from "./training.fixture.ts";
import { denseNet, pooledNet, wideNet } from "./training-nets.fixture.ts";
import { TrainingPass } from "./training-pass.ts";
import { planTraining, type TrainingLimits } from "./training-plan.ts";

const AMPLE: TrainingLimits = { isProcessor: true, budgetBytes: 2 ** 30, bindingBytes: 2 ** 28 };
const copiesOf = (count: number): readonly NetworkCopy[] =>
  Array.from({ length: count }, () => ({ seed: 1, held: [] }));
const dense = (count: number) => setupOf({ network: denseNet(1), samples: 50, copies: copiesOf(count) });

function codeOf(limits: Partial<TrainingLimits>, setup: TrainerSetup): string {
  try {
    planTraining({ ...AMPLE, ...limits }, setup);
  } catch (thrown) {
    if (thrown instanceof LesionError) return thrown.code;
    throw thrown;
  }
  return "";
}

describe("planTraining", () => {
  test("takes as many copies at once as fit the budget", () => {
    const one = planTraining(AMPLE, dense(1)).plan;
    const all = planTraining(AMPLE, dense(220)).plan;
    expect([one.copiesAtOnce, all.copiesAtOnce]).toEqual([1, 220]);
    expect(all.bytes).toBeGreaterThan(20 * one.bytes);
    let last = 220;
    for (const share of [0.99, 0.5, 0.1, 0.01]) {
      const budgetBytes = Math.max(one.bytes, share * all.bytes);
      const { copiesAtOnce, bytes } = planTraining({ ...AMPLE, budgetBytes }, dense(220)).plan;
      expect(copiesAtOnce).toBeLessThan(last);
      expect(copiesAtOnce).toBeGreaterThanOrEqual(1);
      expect(bytes).toBeLessThanOrEqual(budgetBytes);
      // One more does not fit.
      expect(planTraining(AMPLE, dense(copiesAtOnce + 1)).plan.bytes).toBeGreaterThan(budgetBytes);
      last = copiesAtOnce;
    }
  });

  test("takes as many copies at once as fit a buffer", () => {
    const whole = planTraining(AMPLE, dense(220));
    const bindingBytes = Math.max(...whole.sizes.values()) / 3;
    const { copiesAtOnce } = planTraining({ ...AMPLE, bindingBytes }, dense(220)).plan;
    expect(copiesAtOnce).toBeGreaterThan(50);
    expect(copiesAtOnce).toBeLessThan(74);
  });

  test("takes one copy at once of what has convolutions", () => {
    const setup = setupOf({ network: pooledNet(1), samples: 9, copies: copiesOf(12) });
    expect(planTraining(AMPLE, setup).plan.copiesAtOnce).toBe(1);
  });

  test("keeps what is fixed where that fits, and computes it again where it does not", () => {
    const setup = setupOf({ network: wideNet(1), samples: 50, trained: new Set(["c", "classes"]) });
    const kept = planTraining(AMPLE, setup).plan;
    const recomputed = planTraining({ ...AMPLE, budgetBytes: kept.bytes - 1 }, setup).plan;
    expect([kept.prefix, recomputed.prefix]).toEqual(["kept", "recomputed"]);
    expect(recomputed.bytes).toBeLessThan(kept.bytes);
    expect(recomputed.epochMacs).toBeGreaterThan(kept.epochMacs);
    expect(planTraining(AMPLE, { ...setup, trained: null }).plan.prefix).toBe("none");
    // What is kept would be of images that nobody changed.
    const options = { ...setup.options, augment: { flip: true, shift: 1 } };
    expect(planTraining(AMPLE, { ...setup, options }).plan.prefix).toBe("recomputed");
  });

  test("has room for the last step of an epoch, whose sums may be in more parts", () => {
    // 86 rows of 8 x 8 outputs go in 86 parts on a GPU, 100 rows in 80.
    const { conv } = drawing(random(1, "parts"));
    const network = net(
      [
        conv("c", "x", 12, 5, { ...window(5), padding: { top: 2, left: 2, bottom: 2, right: 2 } }),
        globalPool("mean", "c"),
        plain("flatten", "logits", "mean"),
      ],
      undefined,
      [8, 8, 12],
    );
    const setup = setupOf({ network, samples: 186, options: { batch: 100 } });
    const { layout, sizes } = planTraining({ ...AMPLE, isProcessor: false }, setup);
    const buffer = { label: "samples" } as GPUBuffer;
    const samples = { samples: 186, labels: buffer, order: buffer, source: null, cache: new Map() };
    const last = new PaperMemory();
    stepDispatches(new TrainingPass(layout, last, 86), samples, "train", 0);
    for (const [purpose, bytes] of last.sizes) expect(bytes, purpose).toBeLessThanOrEqual(sizes.get(purpose)!);
  });

  test("counts the work of an epoch", () => {
    const macs = 11 * 9 + 9 * 6 + 6 * 5;
    expect(planTraining(AMPLE, dense(3)).plan.epochMacs).toBe(50 * (3 * macs + macs));
  });

  test.each<[string, string, Partial<TrainingLimits>, TrainerSetup]>([
    ["out-of-memory", "a budget that is too small", { budgetBytes: 5000 }, dense(1)],
    ["out-of-memory", "buffers that are too small", { bindingBytes: 100 }, dense(1)],
    ["", "enough", {}, dense(1)],
    ["bad-data", "samples of another size", {}, { ...dense(1), network: denseNet(1, [12, 5]) }],
    ["bad-data", "more classes than it tells apart", {}, { ...dense(1), network: denseNet(1, [11, 4]) }],
    ["bad-data", "no samples", {}, { ...dense(1), data: { ...dense(1).data, samples: 0 } }],
    ["unsupported", "nothing that trains", {}, { ...dense(1), trained: new Set() }],
    [
      "bad-study",
      "a unit that is not there",
      {},
      { ...dense(1), copies: [{ seed: 1, held: [{ layer: "d0", units: [9], values: [0] }] }] },
    ],
    [
      "unsupported",
      "rows of numbers to be flipped",
      {},
      { ...dense(1), options: { ...dense(1).options, augment: { flip: true, shift: 0 } } },
    ],
  ])("says %s for %s", (code, _, limits, setup) => {
    expect(codeOf(limits, setup)).toBe(code);
  });
});
