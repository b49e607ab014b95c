/**
 * The built engine when its GPU device is lost, or its worker dies, in the middle of a run: the page that the command line
 * drives, driven by the test itself.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, type Page, test } from "playwright/test";
import { LAB_FOLDER } from "../src/cli/project-root.ts";
import { type LabServer, startServer } from "../src/cli/server.ts";
import type { ErrorReport } from "../src/core/errors.ts";
import { decode, encode } from "../src/core/json-arrays.ts";
import { recordLine } from "../src/study/journal.ts";
import type { LesionRecord } from "../src/study/records.ts";
import type { RunEvent } from "../workers/protocol.ts";
import { ABLATIONS, comparable, smallStudy } from "./small-study.ts";

/** What a run gave. */
interface Seen {
  readonly records: LesionRecord[];
  /** Words of correctness bits by row. */
  readonly bits: Map<number, number[]>;
  readonly warnings: string[];
}
type Call = "run" | "kill" | "loseDevice";

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

const nothing = (): Seen => ({ records: [], bits: new Map(), warnings: [] });

/** Opens the headless page; returns a function that runs the study and calls the engine once, at the first ablations. */
async function openEngine(page: Page, server: LabServer) {
  // Files that the run gives, as small as they are here, come in one part each.
  const artifacts = server.receive(async (name, body) => writeFile(join(folder, name), await buffer(body)));
  let take = async (_: RunEvent) => {};
  await page.exposeFunction("lesionEvent", (event: unknown) => take(decode(event) as RunEvent));
  await page.goto(`${server.origin}/?headless`);
  await page.waitForFunction(() => "lesion" in globalThis);
  const call = (name: Call, ...args: unknown[]): Promise<{ ok?: unknown; error?: ErrorReport }> =>
    page.evaluate(({ name, args }) => globalThis.lesion[name]!(...args), {
      name,
      args: args.map(encode),
    });
  return async (seen: Seen, request: object, disturb: Call | null) => {
    let isDisturbed = disturb === null;
    take = async (event) => {
      note(seen, event);
      if (isDisturbed || event.kind !== "records" || event.records[0]?.type !== "ablation") return;
      isDisturbed = true;
      await call(disturb!);
    };
    return call("run", { study: smallStudy, files: {}, ...request }, artifacts);
  };
}

function note({ records, bits, warnings }: Seen, event: RunEvent): void {
  if (event.kind === "warning") warnings.push(event.message);
  if (event.kind !== "records") return;
  records.push(...event.records);
  if (event.bits === null) return;
  const { rows, wordsPerRow, words } = event.bits;
  for (const [place, row] of rows.entries()) {
    expect(bits.has(row), `row ${row} came twice`).toBe(false);
    bits.set(row, [...words.subarray(place * wordsPerRow, (place + 1) * wordsPerRow)]);
  }
}

/** Rows that are there when something goes wrong must be some, but not all. */
const rowsOf = ({ records }: Seen) => records.filter(({ type }) => type === "ablation").length;

function expectSame(disturbed: Seen, undisturbed: Seen): void {
  expect(rowsOf(disturbed)).toBe(ABLATIONS);
  expect(comparable(disturbed.records)).toEqual(comparable(undisturbed.records));
  expect([...disturbed.bits].sort(([a], [b]) => a - b)).toEqual([...undisturbed.bits].sort(([a], [b]) => a - b));
}

test("a device lost in the middle is replaced, a worker that dies is resumed, and the results are the same", async ({
  page,
}) => {
  await using server = await startServer(LAB_FOLDER);
  const run = await openEngine(page, server);
  const undisturbed = nothing();
  expect(await run(undisturbed, {}, null)).toMatchObject({ ok: { state: "done", ablations: ABLATIONS } });

  const lost = nothing();
  expect(await run(lost, {}, "loseDevice")).toMatchObject({ ok: { state: "done", ablations: ABLATIONS } });
  const [, before] = lost.warnings.join("\n").match(/device was lost.*\((\d+) ablations are kept\)/) ?? [];
  expect(Number(before)).toBeGreaterThan(0);
  expect(Number(before)).toBeLessThan(ABLATIONS);
  expectSame(lost, undisturbed);

  const killed = nothing();
  expect(await run(killed, {}, "kill")).toMatchObject({ error: { code: "worker-died", fix: expect.any(String) } });
  expect(rowsOf(killed)).toBeGreaterThan(0);
  expect(rowsOf(killed)).toBeLessThan(ABLATIONS);
  const kept = (name: string) => ({ url: server.share(join(folder, name)) });
  const trained = { trained: kept("trained.onnx"), untrained: kept("untrained.onnx") };
  await writeFile(join(folder, "results.ndjson"), killed.records.map(recordLine).join(""));
  const resumption = { journal: kept("results.ndjson"), trained };
  expect(await run(killed, resumption, null)).toMatchObject({ ok: { state: "done", ablations: ABLATIONS } });
  expectSame(killed, undisturbed);
});
