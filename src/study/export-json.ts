/** Results for programs: one JSON document, written piece by piece, for a sweep's records may not fit one string. */
import type { RunResults } from "./results.ts";

/** Pieces of `{ "run", "training", "baseline", "ablations", "recoveries", "analyses", "failures", "end" }`, one record a line. */
export function* exportJson(results: RunResults): Generator<string> {
  yield `{\n"run": ${JSON.stringify(results.run)},\n`;
  yield* array("training", results.training);
  yield `"baseline": ${JSON.stringify(results.baseline)},\n`;
  yield* array("ablations", results.ablations);
  yield* array("recoveries", results.recoveries);
  yield* array("analyses", results.analyses);
  yield* array("failures", results.failures);
  yield `"end": ${JSON.stringify(results.end)}\n}\n`;
}

function* array(name: string, items: Iterable<unknown>): Generator<string> {
  let separator = "";
  yield `"${name}": [`;
  for (const item of items) {
    yield `${separator}\n${JSON.stringify(item)}`;
    separator = ",";
  }
  yield `],\n`;
}
