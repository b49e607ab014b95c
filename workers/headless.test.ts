/** What a headless page does with what is asked of a run before the run has begun. */
import { expect, test, vi } from "vitest";
import { fakeEnd, fakeEngine } from "../e2e/fake-engine.ts";

const { engine, runs } = fakeEngine();
vi.doMock("./client.ts", () => ({ startEngine: () => engine }));
await import("./headless.ts");
const call = (name: string, ...args: unknown[]) => globalThis.lesion[name]!(...args);

test("asks a run to cancel that was asked for while its networks were still being fetched", async () => {
  const trained = { trained: { url: "data:,trained" }, untrained: { url: "data:,untrained" } };
  const answer = call("run", { study: {}, files: {}, trained }, "no address");
  expect(runs).toHaveLength(0);
  expect(await call("cancel")).toEqual({});
  expect(runs[0]!.calls).toEqual(["cancel"]);
  runs[0]!.end(fakeEnd("cancelled", 0));
  expect(await answer).toMatchObject({ ok: { state: "cancelled" } });
  expect(await call("cancel")).toEqual({});
  expect(runs[0]!.calls).toEqual(["cancel"]);
});

test("says of a run whose networks cannot be fetched why, and goes on to the next", async () => {
  const gone = { url: "data:no" };
  const answer = call("run", { study: {}, files: {}, trained: { trained: gone, untrained: gone } }, "no address");
  expect(await answer).toMatchObject({ error: { code: "not-found" } });
  const next = call("run", { study: {}, files: {} }, "no address");
  await call("pause");
  expect(runs.at(-1)!.calls).toEqual(["pause"]);
  runs.at(-1)!.end(fakeEnd("done", 0));
  expect(await next).toMatchObject({ ok: { state: "done" } });
});
