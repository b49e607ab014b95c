/**
 * The engine worker's stand-in where the built lab is tested without computing anything: it answers the same calls over
 * the same port, and streams the records of a recovery study. The study's name chooses: "few" recovers the ablations of
 * single units, "many 16000" so many ablations, "asked 100000" analyses so many and recovers none, any other name recovers all
 * of the default study's.
 */
import { expose } from "comlink";
import "../workers/errors-over-comlink.ts";
import type { AblationRecord, EndRecord, LesionRecord } from "../src/study/records.ts";
import { analyzeRecovery } from "../src/study/recovery-summary.ts";
import { sendEvents } from "../workers/event-stream.ts";
import { holdLifeline } from "../workers/lifeline.ts";
import type { EngineApi, RunRequest } from "../workers/protocol.ts";
import {
  fakeAblation,
  fakeAblations,
  fakeAdapter,
  fakeAnalyses,
  fakeBaseline,
  fakeBits,
  fakeEnd,
  fakeModel,
  fakeRecoveries,
  fakeRun,
  fakeTrain,
} from "./fake-engine.ts";

const EPOCHS = 5;
const RECORDS_AT_ONCE = 200;

/** How many ablations a study called "many 16000" has; their recovery is not analysed, which would take a while. */
const manyOf = (name: string) => Number(name.match(/^(?:many|asked) (\d+)$/)?.[1] ?? 0);
const isAsked = (name: string) => name.startsWith("asked ");

function ablationsOf(name: string): AblationRecord[] {
  const usual = fakeAblations();
  const more = manyOf(name) - usual.length;
  for (let index = 0; index < more; index++) {
    const units = [0, 1, 2].map((digit) => Math.floor(index / 20 ** digit) % 20);
    usual.push(
      fakeAblation(
        { sweep: 2, index, row: usual.length },
        0,
        [...new Set(units)].sort((a, b) => a - b),
      ),
    );
  }
  return usual;
}

async function run({ study }: RunRequest, port: MessagePort): Promise<EndRecord> {
  const { name } = study as { name: string };
  const events = sendEvents(port);
  const ablations = ablationsOf(name);
  const single = ablations.filter(({ sweep }) => sweep === 0);
  const recovered = isAsked(name) ? [] : name === "few" ? single : ablations;
  const recoveries = fakeRecoveries(recovered, EPOCHS);
  const end = fakeEnd("done", ablations.length);
  const records: LesionRecord[] = [
    { ...fakeRun, ablations: ablations.length },
    ...[1, 2, 3, 4, 5].map((epoch) => fakeTrain(epoch, 5)),
    fakeBaseline,
    ...ablations.slice(0, ablations.length / 2),
    ...(isAsked(name) ? fakeAnalyses().slice(0, 2) : []),
    ...ablations.slice(ablations.length / 2),
    ...(isAsked(name) ? fakeAnalyses() : []),
    ...recoveries,
    ...(recovered.length === 0 || manyOf(name) > 0
      ? []
      : analyzeRecovery({ baseline: fakeBaseline, ablations, recoveries }, 1337)),
    end,
  ];
  const bits = fakeBits(single);
  events.send({ kind: "baseline-bits", words: bits.baseline });
  events.send({ kind: "records", records: [], bits: bits.rows });
  for (let from = 0; from < records.length; from += RECORDS_AT_ONCE) {
    events.send({ kind: "records", records: records.slice(from, from + RECORDS_AT_ONCE), bits: null });
    await new Promise((resolve) => setTimeout(resolve, 1));
    await events.caughtUp();
  }
  events.end();
  return end;
}

const unasked = () => Promise.reject(new TypeError("this engine computes nothing"));
const engine: EngineApi = {
  adapter: async () => fakeAdapter,
  inspect: async (name) => ({ ...fakeModel, name }),
  plan: unasked,
  runModel: unasked,
  run,
  pause: unasked,
  resume: unasked,
  cancel: unasked,
  checkRequest: unasked,
  loseDevice: unasked,
};
expose(engine);
void holdLifeline(self.name);
