import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handOver } from "../../workers/hand-over.ts";
import { type LabServer, rangeOf, startServer } from "./server.ts";
import { writeWhole } from "./write-whole.ts";

const folder = await mkdtemp(join(tmpdir(), "lesion-server-"));
const lab = join(folder, "lab");
let server: LabServer;

beforeAll(async () => {
  const { mkdir } = await import("node:fs/promises");
  await mkdir(lab);
  await writeFile(join(lab, "index.html"), "<title>lab</title>");
  await writeFile(join(lab, "engine.wasm"), "wasm");
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "digits.gz"), "0123456789");
  server = await startServer(lab);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The status of a raw path: fetch would tidy ".." away before it leaves. */
function statusOf(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((done, fail) => {
    request(`${server.origin}`, { path, headers }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .on("error", fail)
      .end();
  });
}

describe("startServer", () => {
  test("serves the page, isolated, with its type", async () => {
    const page = await fetch(`${server.origin}/?headless`);
    expect(await page.text()).toBe("<title>lab</title>");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(page.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect((await fetch(`${server.origin}/engine.wasm`)).headers.get("content-type")).toBe("application/wasm");
  });

  test.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/a/../../secret.txt",
    "/%00",
    "/%zz",
    "/none",
  ])("answers 404 to %s", async (path) => {
    expect(await statusOf(path)).toBe(404);
  });

  test("serves a shared file by its token, whole and in part", async () => {
    const address = server.share(join(folder, "digits.gz"));
    const whole = await fetch(address);
    expect(whole.headers.get("content-type")).toBe("application/octet-stream");
    expect(whole.headers.get("content-encoding")).toBeNull();
    expect(await whole.text()).toBe("0123456789");
    const part = await fetch(address, { headers: { range: "bytes=3-5" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 3-5/10", "345"]);
    expect((await fetch(address, { headers: { range: "bytes=10-" } })).status).toBe(416);
  });

  test("gives every file an address of its own that cannot be changed into another's", async () => {
    const address = server.share(join(folder, "digits.gz"));
    expect(server.share(join(folder, "digits.gz"))).not.toBe(address);
    const { pathname } = new URL(address);
    const token = pathname.split("/")[2]!;
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(await statusOf(`/files/${token}/../../secret.txt`)).toBe(404);
    expect(await statusOf(`/files/${"0".repeat(32)}/digits.gz`)).toBe(404);
  });

  test("takes files that are put below an address of its own, and answers once they are kept", async () => {
    const kept = new Map<string, number>();
    const parts: unknown[] = [];
    const address = server.receive(async (name, body, part) => {
      parts.push(part);
      let bytes = 0;
      for await (const piece of body) bytes += (piece as Uint8Array).length;
      if (name === "too large") throw new Error("the disk is full");
      kept.set(name, bytes);
    });
    const put = async (to: string, bytes: number) =>
      (await fetch(to, { method: "PUT", body: new Uint8Array(bytes) })).status;
    expect(await put(`${address}/a%2Fb.bin`, 5_000_001)).toBe(204);
    expect(await put(`${address}/empty`, 0)).toBe(204);
    expect(await put(`${address}/too%20large`, 9)).toBe(500);
    await fetch(`${address}/in%20parts`, {
      method: "PUT",
      body: new Uint8Array(3),
      headers: { "Content-Range": "bytes 4-6/11" },
    });
    expect(parts).toEqual([undefined, undefined, undefined, { start: 4, end: 7, size: 11 }]);
    expect(Object.fromEntries(kept)).toEqual({ "a/b.bin": 5_000_001, empty: 0, "in parts": 3 });
    expect((await fetch(`${address}/empty`)).status).toBe(404);
    expect(await put(`${server.origin}/files/${"0".repeat(32)}/x`, 0)).toBe(404);
    expect(await put(server.share(join(folder, "digits.gz")), 0)).toBe(404);
    expect(await put(`${server.origin}/index.html`, 0)).toBe(404);
  });

  test("takes a large file in parts, one after the other, from what hands it over", async () => {
    const bytes = Uint8Array.from({ length: 35_000_001 }, (_, i) => (i * 7919) >>> 8);
    const path = join(folder, "state.bin");
    let parts = 0;
    const address = server.receive(async (name, body, part) => {
      parts++;
      if (name === "refused.bin" && parts > 4) throw new Error("the disk is full");
      await writeWhole(path, body, part);
    });
    await handOver(`${address}/state.bin`, "state.bin", bytes);
    expect([parts, (await readFile(path)).equals(bytes)]).toEqual([3, true]);
    await handOver(`${address}/empty.bin`, "empty.bin", new Uint8Array());
    expect((await readFile(path)).length).toBe(0);
    await expect(handOver(`${address}/refused.bin`, "refused.bin", bytes)).rejects.toMatchObject({
      code: "cannot-write",
      message: "refused.bin was not kept (status 500)",
    });
    expect(parts).toBe(5);
  });

  test("refuses other names of this machine and other methods", async () => {
    expect(await statusOf("/", { host: "evil.example:80" })).toBe(403);
    expect((await fetch(server.origin, { method: "POST" })).status).toBe(405);
  });

  test("names what to type where the lab is not built, and a port that is taken", async () => {
    await expect(startServer(folder)).rejects.toMatchObject({
      code: "not-found",
      fix: expect.stringContaining("npm run build"),
    });
    await expect(startServer(lab, Number(new URL(server.origin).port))).rejects.toMatchObject({ code: "usage" });
  });
});

describe("rangeOf", () => {
  test.each([
    [undefined, null],
    ["bytes=0-0", { start: 0, end: 0 }],
    ["bytes=4-", { start: 4, end: 9 }],
    ["bytes=-3", { start: 7, end: 9 }],
    ["bytes=-30", { start: 0, end: 9 }],
    ["bytes=2-99", { start: 2, end: 9 }],
    ["bytes=5-4", "unsatisfiable"],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-", null],
    ["bytes=0-1,3-4", null],
  ] as const)("of %s in 10 bytes", (header, range) => {
    expect(rangeOf(header, 10)).toEqual(range);
  });
});
