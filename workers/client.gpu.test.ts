/** The engine through its worker: what a page sees when all goes well, when a person interferes, and when things die. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LesionError } from "../src/core/errors.ts";
import { type Engine, startEngine } from "./client.ts";
import {
  ABLATIONS,
  ablationsOf,
  isAblation,
  isEpoch,
  journalOf,
  measured,
  type Outcome,
  recordsOf,
  start,
  study,
  trainedOf,
} from "./runs.fixture.ts";

let engine: Engine;
/** A run that nothing disturbed. */
let whole: Outcome;
beforeAll(async () => {
  engine = startEngine();
  whole = await start(engine).outcome;
});
afterAll(() => engine[Symbol.dispose]());

const manyEpochs = { ...study, model: { ...study.model, train: { ...study.model.train, epochs: 6, batch: 4 } } };
const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a run", () => {
  test("gives its events in order, all of them before it is done", async () => {
    const types = whole.records.map(({ type }) => type);
    expect(types.filter((type, i) => type !== types[i - 1])).toEqual(["run", "train", "baseline", "ablation", "end"]);
    const phases = whole.events.flatMap((event) => (event.kind === "progress" ? [event.progress.phase] : []));
    expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual([
      "reading",
      "making-data",
      "training",
      "planning",
      "baseline",
      "sweeping",
      "done",
    ]);
    expect(whole.end).toMatchObject({ state: "done", ablations: ABLATIONS });
    expect(whole.records.at(-1)).toEqual(whole.end);
    const rows = ablationsOf(whole.records).map(({ row }) => row);
    expect([...rows].sort((a, b) => a - b)).toEqual([...Array(ABLATIONS).keys()]);
  });

  test("gives a row of bits for every record, which count what the record counts", () => {
    for (const event of whole.events) {
      if (event.kind !== "records" || !event.bits) continue;
      const { rows, wordsPerRow, words } = event.bits;
      expect(rows).toEqual(ablationsOf(event.records).map(({ row }) => row));
      ablationsOf(event.records).forEach(({ correct }, i) => {
        const ones = [...words.subarray(i * wordsPerRow, (i + 1) * wordsPerRow)].map((word) => word.toString(2));
        expect(ones.join("").replaceAll("0", "").length).toBe(correct);
      });
    }
  });

  test("gives the same twice, also two at once", async () => {
    const [one, two] = await Promise.all([start(engine).outcome, start(engine).outcome]);
    expect(measured(one.records)).toEqual(measured(whole.records));
    expect(measured(two.records)).toEqual(measured(whole.records));
  });

  test("of no sweeps measures the baseline alone", async () => {
    const { records, end } = await start(engine, { study: { ...study, sweeps: [] } }).outcome;
    expect(end).toMatchObject({ state: "done", ablations: 0 });
    expect(measured(records)).toEqual(measured(whole.records).slice(0, 2));
  });

  test("in shards computes every row once", async () => {
    const shards = [0, 1, 2].map((index) => start(engine, { shard: { index, of: 3 } }).outcome);
    const records = (await Promise.all(shards)).flatMap((outcome) => ablationsOf(outcome.records));
    expect(measured(records)).toEqual(measured(ablationsOf(whole.records)));
  });

  test("on fewer samples than a word, against a baseline of its own, counts against that", async () => {
    const data = { set: "digits", limit: 5 };
    const { records } = await start(engine, { study: { ...study, data, baselineData: { threshold: 10 } } }).outcome;
    const baseline = records.find((record) => record.type === "baseline")!;
    expect(baseline.samples).toBe(5);
    for (const { status, correct } of ablationsOf(records)) {
      expect(status!.kept + status!.lost).toBe(baseline.correct);
      expect(status!.kept + status!.gained).toBe(correct);
    }
  });
});

describe("memory", () => {
  test("that does not hold all samples gives the same, and the next run has its own", async () => {
    const many = { ...study, data: { set: "digits", limit: 2000 } };
    const trained = trainedOf(whole.events);
    const memoryBytes = 700_000;
    const tight = { study: many, files: {}, memoryBytes, trained };
    const plan = await engine.plan(tight);
    expect(plan).toMatchObject({ budgetBytes: memoryBytes, ablations: ABLATIONS, samples: 2000 });
    expect(plan.steps[0]!.samplesPerBatch).toBeLessThan(2000);
    const { records, end } = await start(engine, tight).outcome;
    expect(end.measured.bytes).toBeLessThanOrEqual(memoryBytes);

    const roomy = await start(engine, { study: many, trained }).outcome;
    expect(roomy.end.measured.bytes).toBeGreaterThan(memoryBytes);
    const counts = (record: unknown) => ({ ...(record as object), loss: 0 }); // Losses are summed in another order.
    expect(measured(records).map(counts)).toEqual(measured(roomy.records).map(counts));
  });

  test("that holds nothing is an error that says how much is needed", async () => {
    const { outcome } = start(engine, { memoryBytes: 50_000, trained: trainedOf(whole.events) });
    await expect(outcome).rejects.toMatchObject({ code: "out-of-memory", where: "--memory" });
  });
});

describe("a person", () => {
  test("pauses a run before its first batch, and resumes it", async () => {
    const { run, events, outcome } = start(engine);
    await run.pause();
    await passed(300);
    const seen = events.length;
    expect(recordsOf(events).some(({ type }) => type === "end")).toBe(false);
    await passed(300);
    expect(events.length).toBe(seen);
    await run.resume();
    expect(measured((await outcome).records)).toEqual(measured(whole.records));
  });

  test("cancels a run while it trains, and the next one is none the worse", async () => {
    const { run, until, outcome } = start(engine, { study: manyEpochs });
    await until((event) => event.kind === "progress" && event.progress.phase === "training");
    await run.cancel();
    const { end, records } = await outcome;
    expect(end).toMatchObject({ state: "cancelled", ablations: 0 });
    expect(ablationsOf(records)).toEqual([]);
    expect(measured((await start(engine).outcome).records)).toEqual(measured(whole.records));
  });

  test("cancels a paused run, and resumes it from its journal: only the rest is computed", async () => {
    const first = start(engine);
    await first.until(isAblation);
    await first.run.pause();
    await first.run.cancel();
    const { end, records, events } = await first.outcome;
    expect(end.state).toBe("cancelled");
    const kept = ablationsOf(records);
    expect(kept.length).toBe(end.ablations);
    expect(kept.length).toBeLessThan(ABLATIONS);

    const second = await start(engine, { journal: journalOf(records), trained: trainedOf(events) }).outcome;
    expect(second.end).toMatchObject({ state: "done", ablations: ABLATIONS });
    expect(second.records.map(({ type }) => type)).not.toContain("train");
    expect(second.records.map(({ type }) => type)).not.toContain("baseline");
    expect(measured([...kept, ...ablationsOf(second.records)])).toEqual(measured(ablationsOf(whole.records)));
  });

  test("resumes a run that is complete: nothing is computed", async () => {
    const { records, end } = await start(engine, {
      journal: journalOf(whole.records),
      trained: trainedOf(whole.events),
    }).outcome;
    expect(records).toEqual([end]);
    expect(end).toMatchObject({ state: "done", ablations: ABLATIONS, macs: 0 });
  });

  test("cannot resume another study's journal", async () => {
    const { outcome } = start(engine, { study: { ...study, seed: 2 }, journal: journalOf(whole.records) });
    await expect(outcome).rejects.toMatchObject({ code: "bad-study", where: "study" });
  });
});

describe("errors", () => {
  test("cross with their code, place, remedy and detail", async () => {
    const { outcome } = start(engine, { study: { ...study, seeds: 3 } });
    const error: unknown = await outcome.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LesionError);
    expect(error).toMatchObject({ code: "bad-study", message: 'unknown key "seeds" at seeds', where: "seeds" });
    expect((error as LesionError).fix).toContain('Did you mean "seed"?');
    expect((error as LesionError).detail).toMatchObject({ path: "seeds" });
  });

  test("of files that were not given name them", async () => {
    const { outcome } = start(engine, { study: { ...study, model: { file: "net.onnx" } } });
    await expect(outcome).rejects.toMatchObject({ code: "not-found", where: "net.onnx" });
  });
});

describe("a lost device", () => {
  test("in the middle of a sweep is replaced, and the records are the same", async () => {
    const { events, until, outcome } = start(engine);
    await until(isAblation);
    await engine.loseDevice();
    const { records, end } = await outcome;
    const lost = events.findIndex((event) => event.kind === "warning" && event.message.includes("device was lost"));
    expect(lost).toBeGreaterThan(0);
    expect(ablationsOf(recordsOf(events.slice(0, lost))).length).toBeLessThan(ABLATIONS);
    expect(end.state).toBe("done");
    expect(measured(records)).toEqual(measured(whole.records));
  });

  test("while training is replaced, and no epoch is told twice", async () => {
    const undisturbed = await start(engine, { study: manyEpochs }).outcome;
    const { events, until, outcome } = start(engine, { study: manyEpochs });
    await until(isEpoch);
    await engine.loseDevice();
    const { records } = await outcome;
    expect(events.some((event) => event.kind === "warning" && event.message.includes("device was lost"))).toBe(true);
    expect(measured(records)).toEqual(measured(undisturbed.records));
  });
});

describe("a worker that dies", () => {
  test("in a run rejects what was asked of it; the run goes on in a new one from what is kept", async () => {
    const mortal = startEngine();
    const { run, events, until, outcome } = start(mortal);
    await until(isAblation);
    const asked = mortal.plan({ study, files: {} });
    mortal.kill();
    await expect(outcome).rejects.toMatchObject({ code: "worker-died" });
    await expect(asked).rejects.toMatchObject({ code: "worker-died" });
    await expect(run.pause()).rejects.toMatchObject({ code: "worker-died" });

    const journal = recordsOf(events);
    const second = await start(mortal, { journal: journalOf(journal), trained: trainedOf(events) }).outcome;
    expect(measured([...journal, ...second.records])).toEqual(measured(whole.records));
    mortal[Symbol.dispose]();
  });

  test("before anything was asked of it is replaced at the next call", async () => {
    const mortal = startEngine();
    mortal.kill();
    expect((await mortal.adapter()).limits["maxBufferSize"]).toBeGreaterThan(0);
    mortal[Symbol.dispose]();
  });
});
