/**
 * Planner equals brute force: random graphs and random ablations, computed through prefix, difference entry, batches and
 * segments, against the float64 oracle with the units of the layer changed and everything computed anew.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBit } from "../core/bitset.ts";
import { type Random, random } from "../core/random.ts";
import { memoryDataset } from "../data/dataset.ts";
import { type CompiledGraph, compileGraph } from "../engine/graph/compiled-graph.ts";
import { randomGraph } from "../engine/graph/random-graph.fixture.ts";
import type { ReplacementOptions } from "../engine/site.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { type AblatableLayer, ablatableOf } from "../network/ablatable.ts";
import { LINEAR, type Network } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import { type Change, evaluateNetwork } from "../reference/evaluate-network.ts";
import type { Ablation } from "./ablation.ts";
import { identity } from "./chain.fixture.ts";
import type { Effect, Outcome } from "./effects.ts";
import { donorsOf } from "./given-statistics.ts";
import { type GraphPlan, type GraphPlanRequest, planGraphSweep } from "./graph-planner.ts";
import { runSweep } from "./run-sweep.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const SAMPLES = 7;
const CLASSES = 5;
const SEED = 1;
/** Of the logits' deviation: below such a margin, rounding may decide which class is first. */
const DOUBT = 1e-4;

/** What rounding up each of some dozens of buffers to 16 bytes comes to: plans add up what is asked for. */
const GRAIN_BYTES = 256;

/** A graph with data of which about half are classified rightly, and ablations of every sort. */
function problemOf(seed: number) {
  const graph = compileGraph(randomGraph(seed, 4 + (seed % 7), CLASSES));
  const { network } = graph;
  const output = network.outputs[0]!;
  const ablatable = ablatableOf(network);
  const draw = random(seed, "problem");
  const { shape } = network.inputs[0]!;
  const values = Float32Array.from({ length: SAMPLES * sizeOf(shape) }, () => draw.normal());
  const feeds = new Map([["x", values]]);
  const intact = evaluateNetwork(network, feeds, SAMPLES);
  const logits = intact.get(output)!;
  const labels = Uint16Array.from({ length: SAMPLES }, (_, n) =>
    draw.below(2) === 0 ? draw.below(CLASSES) : firstOf(logits, n),
  );
  const dataset = memoryDataset({ name: "random", shape, values, labels, classes: CLASSES, classNames: [] });
  return { graph, output, ablatable, draw, feeds, intact, labels, dataset };
}
type Problem = ReturnType<typeof problemOf>;

function firstOf(logits: Float64Array, n: number): number {
  const row = logits.subarray(n * CLASSES, (n + 1) * CLASSES);
  return row.indexOf(Math.max(...row));
}

const REPLACEMENTS: readonly ReplacementOptions[] = [
  { kind: "zero" },
  { kind: "mean" },
  { kind: "constant", value: 0.7 },
  { kind: "scale", factor: 1.8 },
  { kind: "class-mean" },
  { kind: "resample" },
];

function ablationsOf({ ablatable, draw }: Problem, count: number): Ablation[] {
  return Array.from({ length: count }, (_, row) => {
    const layers = [...ablatable.keys()].filter(() => draw.below(ablatable.length) < 1.4);
    const chosen = layers.length > 0 ? layers : [draw.below(ablatable.length)];
    return {
      sweep: 0,
      index: row,
      row,
      sites: chosen.map((layerIndex) => ({ layerIndex, units: unitsOf(ablatable[layerIndex]!, draw) })),
      replacement: REPLACEMENTS[draw.below(REPLACEMENTS.length)]!,
      site: draw.below(3) === 0 ? "pre-activation" : "post-activation",
    };
  });
}

/** One unit, a few, all, or any. */
function unitsOf({ units }: AblatableLayer, draw: Random): number[] {
  const wanted = [1, Math.min(2, units), units, 1 + draw.below(units)][draw.below(4)]!;
  return Array.from(draw.permutation(units).subarray(0, wanted)).sort((a, b) => a - b);
}

/** An ablation as the oracle takes it. */
function changesOf(problem: Problem, { sites, replacement, site }: Ablation): Change[] {
  const { graph, ablatable } = problem;
  const preActivation = site === "pre-activation";
  return sites.flatMap(({ layerIndex, units }): Change[] => {
    const { layer } = ablatable[layerIndex]!;
    return units.map((unit) => {
      const seen = unitValues(problem, graph, layer, unit, preActivation);
      return {
        layer,
        units: [unit],
        scale: replacement.kind === "scale" ? replacement.factor : 0,
        shift: shiftOf(replacement, seen, problem.labels),
        preActivation,
      };
    });
  });
}

/** What the intact network's unit gives: [SAMPLES, positions]. */
function unitValues({ feeds, intact }: Problem, graph: CompiledGraph, name: string, unit: number, linear: boolean) {
  const channels = graph.shapes.get(name)!.at(-1)!;
  const values = linear ? evaluateNetwork(linearAt(graph.network, name), feeds, SAMPLES).get(name)! : intact.get(name)!;
  return values.filter((_, at) => at % channels === unit);
}

/** What a unit becomes, or has added. */
function shiftOf(replacement: ReplacementOptions, seen: Float64Array, labels: Uint16Array): Change["shift"] {
  const positions = seen.length / SAMPLES;
  const mean = (values: readonly number[] | Float64Array) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  switch (replacement.kind) {
    case "mean":
      return mean(seen);
    case "constant":
      return replacement.value;
    case "class-mean":
      return Float64Array.from(labels, (label) =>
        mean(seen.filter((_, at) => labels[Math.floor(at / positions)] === label)),
      );
    case "resample":
      return seen.map(
        (_, at) => seen[donorsOf(SAMPLES, SEED)[Math.floor(at / positions)]! * positions + (at % positions)]!,
      );
    default:
      return 0;
  }
}

function linearAt(network: Network, name: string): Network {
  const layers = network.layers.map((layer) =>
    layer.name === name && "activation" in layer ? { ...layer, activation: LINEAR } : layer,
  );
  return { ...network, layers };
}

async function sweep(problem: Problem, ablations: readonly Ablation[], budgetBytes: number, loss: boolean) {
  const { dataset, ablatable } = problem;
  const source = { count: ablations.length, at: (row: number) => ablations[row]! };
  const plan = planGraphSweep({ ...requestOf(problem, ablations), budgetBytes });
  using session = gpu.session(budgetBytes + GRAIN_BYTES);
  const effects: Effect[] = [];
  let intact: Outcome | null = null;
  const request = { gpu: session, plan, ablatable, ablations: source, dataset, transform: identity };
  for await (const event of runSweep({ ...request, top5: true, loss, seed: SEED, proceed: async () => true })) {
    if (event.kind === "intact") intact = event.outcome;
    if (event.kind === "effects") effects.push(...event.effects);
    if (event.kind === "failed") throw event.error;
  }
  return { plan, intact: intact!, effects: effects.sort((a, b) => a.row - b.row), peakBytes: session.arena.peakBytes };
}

function requestOf({ graph, output, ablatable, dataset }: Problem, ablations: readonly Ablation[]): GraphPlanRequest {
  return {
    graph,
    output,
    ablatable,
    ablations: { count: ablations.length, at: (row) => ablations[row]! },
    skip: () => false,
    samples: SAMPLES,
    chunkBytesPerSample: 8 * sizeOf(dataset.shape),
    budgetBytes: 2 ** 28,
    isProcessor: gpu.isProcessor,
    bindingBytes: 2 ** 27,
  };
}

/** The smallest budget that a plan is made for, to a tenth. */
function tightBudget(request: GraphPlanRequest): number {
  let budgetBytes = 2 ** 26;
  for (;;) {
    try {
      planGraphSweep({ ...request, budgetBytes: Math.floor(budgetBytes * 0.9) });
      budgetBytes = Math.floor(budgetBytes * 0.9);
    } catch {
      return budgetBytes;
    }
  }
}

/** Expects counts as the oracle has them, sample by sample where its margin is beyond doubt. */
function expectAsOracle(problem: Problem, ablation: Ablation, effect: Effect, intact: Outcome, loss: boolean): void {
  const { graph, output, feeds, labels } = problem;
  const logits = evaluateNetwork(graph.network, feeds, SAMPLES, changesOf(problem, ablation), problem.intact).get(
    output,
  )!;
  let lossSum = 0;
  for (let n = 0; n < SAMPLES; n++) {
    const row = logits.subarray(n * CLASSES, (n + 1) * CLASSES);
    const label = labels[n]!;
    const size = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / CLASSES) + 1e-3;
    const others = row.filter((_, c) => c !== label);
    lossSum += Math.log(row.reduce((sum, value) => sum + Math.exp(value - row[label]!), 0));
    const margin = row[label]! - Math.max(...others);
    if (Math.abs(margin) < DOUBT * size) continue;
    const isRight = hasBit(intact.bits, n) !== hasBit(effect.changed, n);
    expect(isRight, `row ${ablation.row}, sample ${n}: ${JSON.stringify(ablation)}`).toBe(margin > 0);
  }
  if (loss) expect(Math.abs(effect.lossSum - lossSum)).toBeLessThan(2e-3 * (SAMPLES + lossSum));
}

describe("a random graph, at ease and with as little memory as it takes", () => {
  test.each(Array.from({ length: 10 }, (_, seed) => seed))("%i", async (seed) => {
    const problem = problemOf(seed);
    const ablations = ablationsOf(problem, 14);
    const loss = seed % 2 === 0;
    for (const budgetBytes of [2 ** 28, tightBudget(requestOf(problem, ablations))]) {
      const { plan, intact, effects, peakBytes } = await sweep(problem, ablations, budgetBytes, loss);
      expect(effects.map(({ row }) => row)).toEqual(ablations.map(({ row }) => row));
      for (const effect of effects) expectAsOracle(problem, ablations[effect.row]!, effect, intact, loss);
      expectPeak(plan, peakBytes);
    }
  });
});

/** The prediction, and as much again as the grain of small buffers explains. */
function expectPeak(plan: GraphPlan, peakBytes: number): void {
  expect(peakBytes).toBeLessThanOrEqual(plan.peakBytes * 1.2 + 8192);
  expect(peakBytes).toBeGreaterThanOrEqual(plan.peakBytes * 0.8 - 8192);
}
