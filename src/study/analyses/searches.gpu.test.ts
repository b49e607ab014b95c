/** Analyses that ask the network itself, against brute force, exact values and float64, on a small network that a run trained. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { correctAfter } from "../../ablation/effects.ts";
import { halvesOf } from "../../ablation/gains.ts";
import type { ListedAblation } from "../../ablation/measurement.ts";
import { countBits, hasBit } from "../../core/bitset.ts";
import { transformed } from "../../data/transform.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { simplify } from "../../network/simplify.ts";
import { floatsOf } from "../../network/weight.ts";
import { type Change, evaluateNetwork } from "../../reference/evaluate-network.ts";
import { evaluate } from "../../reference/oracle.ts";
import type { GainSearchOptions } from "../analysis-options.ts";
import type {
  CascadeRecord,
  EnsembleRecord,
  GainSearchRecord,
  ImportanceRecord,
  NegligibleRecord,
  OptimalRecord,
  OrderRecord,
  Predictor,
  ShapleyRecord,
  StudyAnalysisRecord,
} from "../analysis-records.ts";
import type { AblationRecord } from "../records.ts";
import { type Given, run } from "../run.fixture.ts";
import { openTestDevice, stopAfter, type TestDevice } from "./device.fixture.ts";
import { openMeasurement } from "./device.ts";
import { gainSearch } from "./gain-search.ts";
import { sweepMaterials } from "./materials.ts";
import { ensemble, negligible } from "./networks.ts";
import { optimalConstants } from "./optimal.ts";
import { shapley } from "./shapley.ts";

const SAMPLES = 203;
const study = {
  name: "searched",
  model: {
    build: { layers: [{ units: 7 }, { units: 5, bias: true }, { units: 10 }] },
    train: {
      ...{ epochs: 3, batch: 32, limit: 500, networks: 3 },
      optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 },
    },
  },
  data: { set: "digits", limit: SAMPLES },
  sweeps: [{ ablate: "each-unit" }],
  analyses: [
    { analyse: "negligible", epochs: [0, 1, 3], thresholdsPp: [1, 5] },
    "ensemble",
    { analyse: "importance" },
    { analyse: "cascade", of: [0, 9] },
  ],
} as const;

let gpu: Gpu;
let trained: Given;
let device: TestDevice;
beforeAll(async () => {
  gpu = await openGpu();
  trained = await run(gpu, study);
  if (trained.error) throw trained.error;
  device = await openTestDevice(gpu, study, { artifacts: trained.artifacts });
});
afterAll(() => gpu[Symbol.dispose]());

const found = <Name extends StudyAnalysisRecord["name"]>(records: readonly { readonly type: string }[], name: Name) =>
  records.filter(
    (record): record is Extract<StudyAnalysisRecord, { name: Name }> =>
      record.type === "analysis" && (record as StudyAnalysisRecord).name === name,
  );
/** The trained network's layers of a study, in float64, with some units changed. */
async function oracleOf({ opened, network }: TestDevice) {
  const plain = simplify(network);
  const { dataset, transform, subject } = opened;
  const values = await transformed(dataset, transform, 0, dataset.samples);
  const feeds = new Map([[plain.inputs[0]!.name, Float64Array.from(values)]]);
  const layers = (changes: readonly Change[] = []) => evaluateNetwork(plain, feeds, dataset.samples, changes);
  return {
    layers,
    /** With units of a layer at zero. */
    without(layerIndex: number, units: readonly number[]) {
      const { layer } = subject.ablatable[layerIndex]!;
      const results = layers([{ layer, units, scale: 0, shift: 0 }]);
      return evaluate(results.get(plain.outputs[0]!)!, dataset.labels);
    },
  };
}
const ascending = (units: readonly number[]) => units.toSorted((a, b) => a - b);

describe("greedy orders", () => {
  const sweeps = (order: string) => [{ ablate: "cumulative", layers: [1], order }];
  const ordered = async (order: string, earlier: readonly StudyAnalysisRecord[] = [], proceed = async () => true) => {
    const options = { artifacts: trained.artifacts, earlier, proceed };
    return openTestDevice(gpu, { ...study, analyses: [], sweeps: sweeps(order) }, options);
  };

  test.each([
    ["greedy-least", 1],
    ["greedy-most", -1],
  ] as const)("%s is what a search by the float64 oracle finds", async (order, sign) => {
    const own = await ordered(order);
    await sweepMaterials(own);
    const record = own.earlier.at(-1) as OrderRecord;
    const oracle = await oracleOf(own);
    const gone: number[] = [];
    const scores: number[] = [];
    while (gone.length < 5) {
      const tries = [0, 1, 2, 3, 4]
        .filter((unit) => !gone.includes(unit))
        .map((unit) => ({ unit, ...oracle.without(1, ascending([...gone, unit])) }));
      const [best] = tries.sort((a, b) => sign * (b.correct - a.correct || a.loss - b.loss) || a.unit - b.unit);
      gone.push(best!.unit);
      scores.push(best!.correct);
    }
    expect(record).toMatchObject({ units: gone, scores, complete: true, n: SAMPLES });
    expect(own.earlier).toHaveLength(5);
  });

  test("goes on from any of its records, and from a stop", async () => {
    const whole = await ordered("greedy-least");
    await sweepMaterials(whole);
    for (const reached of [1, 3, 4, 5]) {
      const resumed = await ordered("greedy-least", whole.earlier.slice(0, reached));
      const { order } = await sweepMaterials(resumed);
      expect(resumed.earlier).toEqual(whole.earlier);
      expect(order(0, resumed.subject.ablatable[1]!, 0)).toEqual((whole.earlier.at(-1) as OrderRecord).units);
    }
    const stopped = await ordered("greedy-least", [], stopAfter(3));
    await expect(sweepMaterials(stopped)).rejects.toMatchObject({ code: "cancelled" });
    expect(stopped.earlier.length).toBeGreaterThan(0);
    expect(stopped.earlier).toEqual(whole.earlier.slice(0, stopped.earlier.length));
    expect(gpu.arena.allocatedBytes).toBe(0);
  });
});

test("orders by measured drops: most damaging first, of all samples and of each class", async () => {
  const sweeps = ["measured", "measured-class"].map((order) => ({ ablate: "cumulative", layers: [0], order }));
  const own = await openTestDevice(gpu, { ...study, analyses: [], sweeps }, { artifacts: trained.artifacts });
  await sweepMaterials(own);
  const oracle = await oracleOf(own);
  const { labels } = own.opened.dataset;
  const intact = evaluate(oracle.layers().get(simplify(own.network).outputs[0]!)!, labels);
  const rights = (bits: Uint32Array, c: number | null) =>
    Array.from(labels.keys()).filter((n) => (c === null || labels[n] === c) && hasBit(bits, n)).length;
  for (const record of found(own.earlier, "order")) {
    const c = record.by === "measured" ? null : record.path;
    const drops = record.units.map((unit) => rights(intact.bits, c) - rights(oracle.without(0, [unit]).bits, c));
    expect(record.scores, `${record.by} ${c}`).toEqual(drops);
    expect(drops).toEqual(drops.toSorted((a, b) => b - a));
    expect(ascending(record.units)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  }
  expect(own.earlier).toHaveLength(11);
});

describe("Shapley values", () => {
  const options = {
    analyse: "shapley",
    layers: [1],
    top: 2,
    confidence: 0.999,
    permutations: 192,
    truncationPp: 2,
  } as const;
  const opened = (earlier: readonly StudyAnalysisRecord[] = [], proceed = async () => true) =>
    openTestDevice(gpu, study, { artifacts: trained.artifacts, earlier, proceed });
  let whole: TestDevice;
  beforeAll(async () => {
    whole = await opened();
    await shapley(whole, options);
  });

  test("are near the mean over all orders, which end where nothing above chance is left", async () => {
    const record = whole.earlier.at(-1) as ShapleyRecord;
    expect(record).toMatchObject({ final: true, units: [0, 1, 2, 3, 4] });
    using measurement = openMeasurement(whole);
    const subsets = Array.from({ length: 32 }, (_, bits) => [0, 1, 2, 3, 4].filter((unit) => (bits >> unit) & 1));
    const list = subsets.slice(1).map(
      (units): ListedAblation => ({
        sites: [{ layerIndex: 1, units }],
        replacement: { kind: "zero" },
        site: "post-activation",
      }),
    );
    const effects = await measurement.effects(list);
    const { outcome } = await measurement.intact();
    const accuracy = [outcome.correct, ...effects.map((effect) => correctAfter(outcome, effect))].map(
      (correct) => (100 * correct) / SAMPLES,
    );
    const floor = (100 * Math.max(...outcome.classSamples)) / SAMPLES + 2;
    const sums = [0, 0, 0, 0, 0];
    const orders = permutations([0, 1, 2, 3, 4]);
    for (const order of orders) {
      let gone = 0;
      for (const unit of order) {
        // The intact network is above the floor.
        if (accuracy[gone]! <= floor) break;
        sums[unit]! += accuracy[gone]! - accuracy[gone | (1 << unit)]!;
        gone |= 1 << unit;
      }
    }
    const exact = sums.map((sum) => sum / orders.length);
    for (const unit of record.units) {
      const count = record.counts[unit]!;
      const error = Math.sqrt(record.m2[unit]! / (count - 1) / count);
      expect(Math.abs(record.values[unit]! - exact[unit]!), `unit ${unit}`).toBeLessThan(4 * error + 1e-9);
      expect(error).toBeLessThan(2);
      const [low, high] = record.intervals[unit]!;
      expect(low).toBeLessThan(exact[unit]!);
      expect(high).toBeGreaterThan(exact[unit]!);
    }
    const best = [0, 1, 2, 3, 4].sort((a, b) => record.values[b]! - record.values[a]!).slice(0, 2);
    expect(record.top).toEqual(best);
  });

  test("go on from each record with the same bits, and from a stop", async () => {
    const rounds = found(whole.earlier, "shapley").map((record) => record.permutations);
    expect(rounds).toEqual([8, 16, 32, 64, 128, 192].slice(0, rounds.length));
    for (const reached of [1, 3]) {
      const resumed = await opened(whole.earlier.slice(0, reached));
      await shapley(resumed, options);
      expect(resumed.earlier).toEqual(whole.earlier);
    }
    const stopped = await opened([], stopAfter(13));
    await expect(shapley(stopped, options)).rejects.toMatchObject({ code: "cancelled" });
    const resumed = await opened(stopped.earlier);
    await shapley(resumed, options);
    expect(resumed.earlier).toEqual(whole.earlier);
    const again = await opened(whole.earlier);
    await shapley(again, options);
    expect(again.earlier).toEqual(whole.earlier);
  });
});

test.each(["post-activation", "pre-activation"] as const)(
  "optimal constants, %s, cost no more than zero or the mean",
  async (site) => {
    const own = await openTestDevice(
      gpu,
      { ...study, analyses: [], sweeps: [{ ablate: "each-unit", replacement: "optimal", site }] },
      { artifacts: trained.artifacts },
    );
    const constantsOf = (await optimalConstants(own))!;
    const records = found(own.earlier, "optimal") as OptimalRecord[];
    expect(records.map(({ layerIndex }) => layerIndex)).toEqual([0, 1]);
    using measurement = openMeasurement({ ...own, optimal: constantsOf });
    for (const { layerIndex: index, constants, losses, n } of records) {
      const layerIndex = index!;
      expect(constantsOf(layerIndex, site)).toEqual(Float32Array.from(constants));
      expect(n).toBe(SAMPLES);
      const all = constants.map((value, unit) => ({ sites: [{ layerIndex, units: [unit] }], value }));
      const lossesBy = async (replacement: (value: number) => ListedAblation["replacement"]) => {
        const list = all.map(({ sites, value }) => ({ sites, replacement: replacement(value), site }));
        return (await measurement.effects(list)).map(({ lossSum }) => lossSum / SAMPLES);
      };
      const held = await lossesBy((value) => ({ kind: "constant", value }));
      const named = await lossesBy(() => ({ kind: "optimal" }));
      const zero = await lossesBy(() => ({ kind: "zero" }));
      const mean = await lossesBy(() => ({ kind: "mean" }));
      for (const unit of constants.keys()) {
        expect(held[unit]).toBeCloseTo(losses[unit]!, 5);
        expect(named[unit]).toBeCloseTo(losses[unit]!, 5);
        expect(held[unit]).toBeLessThan(Math.min(zero[unit]!, mean[unit]!) + 1e-5);
      }
      // Some unit is better off at neither.
      expect(held.some((loss, unit) => loss < Math.min(zero[unit]!, mean[unit]!) - 1e-3)).toBe(true);
    }
  },
);

describe("gain search", () => {
  const options: GainSearchOptions = {
    ...{ analyse: "gain-search", layers: "all", methods: ["scale", "greedy", "gains", "control"] },
    ...{ factors: [0, 0.5, 1.5], most: 3, epochs: 2, learningRate: 0.02, batch: 50 },
  };
  let own: TestDevice;
  let records: readonly GainSearchRecord[];
  const halves = halvesOf(SAMPLES, 1337);
  const rightIn = (bits: Uint32Array, half: Uint32Array) => countBits(bits.map((word, w) => word & half[w]!));
  const by = (method: GainSearchRecord["method"]) => records.find((record) => record.method === method)!;
  beforeAll(async () => {
    const document = { ...study, analyses: [options] };
    own = await openTestDevice(gpu, document, { artifacts: trained.artifacts });
    await gainSearch(own, options);
    records = found(own.earlier, "gain-search");
  });
  const bitsAfter = async (list: readonly ListedAblation[]) => {
    using measurement = openMeasurement(own);
    const effects = await measurement.effects(list);
    const { bits } = (await measurement.intact()).outcome;
    return { intact: bits, after: effects.map(({ changed }) => bits.map((word, w) => word ^ changed[w]!)) };
  };
  const place = { site: "post-activation" } as const;

  test("every method has a record, of disjoint halves", async () => {
    expect(records.map(({ method }) => method)).toEqual(["scale", "greedy", "gains", "control"]);
    const { intact } = await bitsAfter([]);
    for (const { search, report } of records) {
      expect([search.samples, report.samples]).toEqual([102, 101]);
      expect([search.before, report.before]).toEqual(halves.map((half) => rightIn(intact, half)));
      expect(report.after - report.before).toBe(report.gained - report.lost);
      expect(report.gainPp).toBeCloseTo((100 * (report.gained - report.lost)) / 101, 10);
      const [low, high] = report.interval!;
      expect(low).toBeLessThanOrEqual(report.gainPp);
      expect(high).toBeGreaterThanOrEqual(report.gainPp);
      const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
      expect([sum(report.classLost), sum(report.classGained)]).toEqual([report.lost, report.gained]);
    }
    for (const { search } of [by("scale"), by("greedy")]) expect(search.after).toBeGreaterThanOrEqual(search.before);
  });

  test("scale: the best of all factors on all units and layers, reported on the other half", async () => {
    const list = [7, 5].flatMap((units, layerIndex) => {
      const all = Array.from({ length: units }, (_, unit) => unit);
      return [...all.map((unit) => [unit]), all].flatMap((some) =>
        options.factors.map(
          (factor): ListedAblation => ({
            ...place,
            sites: [{ layerIndex, units: some }],
            replacement: { kind: "scale", factor },
          }),
        ),
      );
    });
    const { intact, after } = await bitsAfter(list);
    const rights = after.map((bits) => rightIn(bits, halves[0]));
    const best = Math.max(rightIn(intact, halves[0]), ...rights);
    const { search, report, factors, layerIndex } = by("scale");
    expect(search.after).toBe(best);
    const bits = factors.length === 0 ? intact : after[rights.indexOf(best)]!;
    expect(report.after).toBe(rightIn(bits, halves[1]));
    if (factors.length === 0) return;
    const { sites, replacement } = list[rights.indexOf(best)]!;
    expect(layerIndex).toBe(sites[0]!.layerIndex);
    expect(factors.map(({ unit }) => unit)).toEqual(sites[0]!.units);
    expect(replacement).toEqual({ kind: "scale", factor: factors[0]!.factor });
  });

  test("greedy: units off that brute force picks, one after the other", async () => {
    const units = [7, 5].flatMap((count, layerIndex) =>
      Array.from({ length: count }, (_, unit) => ({ layerIndex, unit })),
    );
    const off: typeof units = [];
    let { intact: bits } = await bitsAfter([]);
    while (off.length < options.most) {
      const tries = units.filter((unit) => !off.includes(unit)).map((unit) => [...off, unit]);
      const { after } = await bitsAfter(
        tries.map((set) => ({
          ...place,
          replacement: { kind: "zero" },
          sites: [0, 1]
            .map((layerIndex) => ({
              layerIndex,
              units: ascending(set.filter((each) => each.layerIndex === layerIndex).map(({ unit }) => unit)),
            }))
            .filter((site) => site.units.length > 0),
        })),
      );
      const rights = after.map((each) => rightIn(each, halves[0]));
      const best = rights.indexOf(Math.max(...rights));
      if (rights[best]! <= rightIn(bits, halves[0])) break;
      bits = after[best]!;
      off.push(tries[best]!.at(-1)!);
    }
    const { factors, search, report } = by("greedy");
    expect(factors).toEqual(off.map((unit) => ({ ...unit, factor: 0 })));
    expect([search.after, report.after]).toEqual(halves.map((half) => rightIn(bits, half)));
  });

  test("gains: a factor for each unit, and the records are those of a network with these factors", async () => {
    const { factors, search, report } = by("gains");
    expect(factors).toHaveLength(12);
    expect(factors.some(({ factor }) => Math.abs(factor - 1) > 1e-3)).toBe(true);
    const oracle = await oracleOf(own);
    const changes = factors.map(({ layerIndex, unit, factor }): Change => {
      const { layer } = own.subject.ablatable[layerIndex]!;
      return { layer, units: [unit], scale: factor, shift: 0 };
    });
    const logits = oracle.layers(changes).get(simplify(own.network).outputs[0]!)!;
    const { bits } = evaluate(logits, own.opened.dataset.labels);
    expect([search.after, report.after]).toEqual(halves.map((half) => rightIn(bits, half)));
  });

  test("what is found is not searched for again", async () => {
    const again = await openTestDevice(gpu, study, { artifacts: trained.artifacts, earlier: records });
    await gainSearch(again, options);
    expect(again.earlier).toEqual(records);
    const stopped = await openTestDevice(
      gpu,
      { ...study, analyses: [options] },
      { artifacts: trained.artifacts, proceed: stopAfter(4) },
    );
    await expect(gainSearch(stopped, options)).rejects.toMatchObject({ code: "cancelled" });
    const rest = await openTestDevice(
      gpu,
      { ...study, analyses: [options] },
      { artifacts: trained.artifacts, earlier: stopped.earlier },
    );
    await gainSearch(rest, options);
    expect(rest.earlier).toEqual(records);
  });
});

describe("several networks", () => {
  const negligibleOptions = { ...study.analyses[0], layers: "all" } as const;

  test("negligible units: of each network after each epoch asked for, alike by a sweep", () => {
    const records = found(trained.records, "negligible") as NegligibleRecord[];
    expect(records.map(({ network, epoch, layerIndex }) => [network, epoch, layerIndex])).toEqual(
      [0, 1, 2].flatMap((network) => [0, 1, 3].flatMap((epoch) => [0, 1].map((layer) => [network, epoch, layer]))),
    );
    for (const { dropsPp, counts, thresholdsPp, n } of records) {
      expect(dropsPp).toHaveLength(n);
      expect(counts).toEqual(thresholdsPp.map((most) => dropsPp.filter((drop) => drop < most).length));
    }
    const baseline = trained.records.find((record) => record.type === "baseline")!;
    const swept = trained.records.filter((record): record is AblationRecord => record.type === "ablation");
    for (const record of records.filter(({ network, epoch }) => network === 0 && epoch === 3)) {
      const own = swept
        .filter(({ sites }) => sites[0]!.layerIndex === record.layerIndex)
        .sort((a, b) => a.row - b.row)
        .map(({ correct }) => (100 * (baseline.correct - correct)) / SAMPLES);
      expect(record.dropsPp.map((drop) => drop.toFixed(9))).toEqual(own.map((drop) => drop.toFixed(9)));
      expect(record.baseline).toEqual({ samples: SAMPLES, correct: baseline.correct });
    }
    // Before training, networks of three seeds; afterwards, they are better.
    const correct = (network: number, epoch: number) =>
      records.find((record) => record.network === network && record.epoch === epoch)!.baseline.correct;
    for (const network of [0, 1, 2]) expect(correct(network, 3)).toBeGreaterThan(correct(network, 0));
    expect(
      new Set(records.filter(({ epoch }) => epoch === 0).map(({ dropsPp }) => dropsPp.join())).size,
    ).toBeGreaterThan(2);
  });

  test("the same from the files that a run kept, and what is measured is not measured again", async () => {
    const own = await openTestDevice(gpu, study, { artifacts: trained.artifacts });
    await negligible(own, negligibleOptions);
    expect(own.earlier.map((record) => ({ ...record, analysis: 0 }))).toEqual(found(trained.records, "negligible"));
    const evaluated = await openTestDevice(gpu, study, {
      artifacts: trained.artifacts,
      earlier: own.earlier.slice(0, 7),
      proceed: stopAfter(12),
    });
    await expect(negligible(evaluated, negligibleOptions)).rejects.toMatchObject({ code: "cancelled" });
    expect(evaluated.earlier).toEqual(own.earlier.slice(0, evaluated.earlier.length));
  });

  test("an ensemble: each network's drops, pooled with their predictors", async () => {
    const options = { analyse: "ensemble", layers: "all", predictors: ["weight-l1"] } as const;
    const own = await openTestDevice(gpu, study, { artifacts: trained.artifacts });
    await ensemble(own, options);
    const singles = found(own.earlier, "ensemble") as EnsembleRecord[];
    expect(singles.map((record) => ({ ...record, analysis: 1 }))).toEqual(found(trained.records, "ensemble"));
    const last = found(trained.records, "negligible").filter(({ epoch }) => epoch === 3);
    expect(singles.map(({ network, layerIndex, dropsPp }) => [network, layerIndex, dropsPp])).toEqual(
      last.map(({ network, layerIndex, dropsPp }) => [network, layerIndex, dropsPp]),
    );
    const resumed = await openTestDevice(gpu, study, { artifacts: trained.artifacts, earlier: singles.slice(0, 3) });
    await ensemble(resumed, options);
    expect(resumed.earlier).toEqual(own.earlier);
    for (const pooled of found(own.earlier, "ensemble-pooled")) {
      const drops = singles.filter(({ layerIndex }) => layerIndex === pooled.layerIndex).map(({ dropsPp }) => dropsPp);
      const values = await Promise.all(
        [0, 1, 2].map(async (network) =>
          weightL1Of((await own.trained.final(network))!, own.subject.ablatable[pooled.layerIndex!]!.layer),
        ),
      );
      expect(pooled.n).toBe(3 * [7, 5][pooled.layerIndex!]!);
      expect(pooled.pearson).toBeCloseTo(pearson(values.flat(), drops.flat()), 6);
      expect(pooled.spearman).toBeCloseTo(pearson(ranks(values.flat()), ranks(drops.flat())), 6);
      const each = values.map((some, i) => pearson(ranks(some), ranks(drops[i]!)));
      expect(pooled.byNetwork.map(({ network, n }) => [network, n])).toEqual([0, 1, 2].map((i) => [i, pooled.n / 3]));
      pooled.byNetwork.forEach(({ spearman }, i) => {
        expect(spearman).toBeCloseTo(each[i]!, 6);
      });
      expect(pooled.within.n).toBe(3);
      expect(pooled.within.spearman).toBeCloseTo(each.reduce((a, b) => a + b, 0) / 3, 6);
    }
  });
});

describe("predictors", () => {
  test("are what weights and float64 activations come to, and go with the drops as they are said to", async () => {
    const oracle = await oracleOf(device);
    const activations = oracle.layers();
    const records = found(trained.records, "importance") as ImportanceRecord[];
    const baseline = trained.records.find((record) => record.type === "baseline")!;
    const swept = trained.records.filter((record): record is AblationRecord => record.type === "ablation");
    const { labels } = device.opened.dataset;
    for (const { layer, layerIndex, units } of device.subject.ablatable) {
      const a = activations.get(layer)!;
      const of = (unit: number) => Array.from({ length: SAMPLES }, (_, n) => a[n * units + unit]!);
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const wanted: Partial<Record<Predictor, (unit: number) => number>> = {
        "weight-l1": (unit) => weightL1Of(device.network, layer)[unit]!,
        "mean-activation": (unit) => mean(of(unit)),
        "std-activation": (unit) => Math.sqrt(mean(of(unit).map((value) => (value - mean(of(unit))) ** 2))),
        "max-activation": (unit) => Math.max(...of(unit)),
        apoz: (unit) => of(unit).filter((value) => value === 0).length / SAMPLES,
        selectivity(unit) {
          const byClass = Array.from({ length: 10 }, (_, c) => mean(of(unit).filter((_, n) => labels[n] === c)));
          const most = Math.max(...byClass);
          const rest = (byClass.reduce((sum, value) => sum + value, 0) - most) / 9;
          return (most - rest) / (most + rest);
        },
      };
      const drops = swept
        .filter(({ sites }) => sites[0]!.layerIndex === layerIndex)
        .sort((x, y) => x.row - y.row)
        .map(({ correct }) => (100 * (baseline.correct - correct)) / SAMPLES);
      for (const [predictor, value] of Object.entries(wanted)) {
        const record = records.find((each) => each.predictor === predictor && each.layerIndex === layerIndex)!;
        const known = record.values.map((each, unit) => ({ each, unit })).filter(({ each }) => each !== null);
        for (const { each, unit } of known) {
          const own = value(unit);
          expect(Math.abs(each! - own), `${predictor} of ${layer} ${unit}`).toBeLessThan(
            1e-4 * Math.max(1, Math.abs(own)),
          );
        }
        const some = known.map(({ each }) => each!);
        const theirs = known.map(({ unit }) => drops[unit]!);
        expect(record.n).toBe(known.length);
        if (new Set(some).size < 2) continue;
        expect(record.pearson).toBeCloseTo(pearson(some, theirs), 6);
        expect(record.spearman).toBeCloseTo(pearson(ranks(some), ranks(theirs)), 6);
      }
    }
    const pooled = records.find(({ predictor, layerIndex }) => predictor === "weight-l1" && layerIndex === null)!;
    expect(pooled.values).toHaveLength(12);
  });
});

test("a cascade begins with what was switched off: the norm of its activations over that of the layer's", async () => {
  const activations = (await oracleOf(device)).layers();
  const records = found(trained.records, "cascade") as CascadeRecord[];
  expect(records.map(({ row }) => row).sort((a, b) => a - b)).toEqual([0, 9]);
  for (const { sites, layers, relativeChange, n } of records) {
    const { layer, units } = sites[0]!;
    const a = activations.get(layer)!;
    const width = a.length / SAMPLES;
    const norm = (values: Float64Array) => Math.hypot(...values);
    expect(layers[0]).toBe(layer);
    expect(relativeChange[0]).toBeCloseTo(norm(a.filter((_, at) => at % width === units[0])) / norm(a), 5);
    expect(n).toBe(SAMPLES);
  }
});

/** Sums of absolute incoming weights, by unit. */
function weightL1Of(network: TestDevice["network"], name: string): number[] {
  const layer = simplify(network).layers.find((each) => each.name === name);
  if (layer?.kind !== "dense") throw new Error(`${name} is no dense layer`);
  const weight = floatsOf(layer.weight);
  const { inFeatures, outFeatures } = layer;
  return Array.from({ length: outFeatures }, (_, unit) => {
    let sum = 0;
    for (let i = 0; i < inFeatures; i++) sum += Math.abs(weight[i * outFeatures + unit]!);
    return sum;
  });
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const product = (a: readonly number[], ma: number, b: readonly number[], mb: number) =>
    a.reduce((sum, value, i) => sum + (value - ma) * (b[i]! - mb), 0);
  return product(x, mx, y, my) / Math.sqrt(product(x, mx, x, mx) * product(y, my, y, my));
}

/** Ranks from 1, of equal values their mean. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    return below + (values.filter((other) => other === value).length + 1) / 2;
  });
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
