import { describe, expect, test } from "vitest";
import { createScreen, truncate } from "./screen.ts";

function sink(isTTY: boolean, columns = 20) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

describe("createScreen", () => {
  test("keeps results on stdout and logs on stderr", () => {
    const [stdout, stderr] = [sink(false), sink(false)];
    const screen = createScreen(stdout, stderr, {});
    screen.result("a result");
    screen.log("a log");
    screen.live("not shown");
    expect([stdout.written.join(""), stderr.written.join("")]).toEqual(["a result\n", "a log\n"]);
  });

  test("has a width where results go to a terminal, and else cuts nothing", () => {
    const widthOf = (isTTY: boolean) => createScreen(sink(isTTY, 72), sink(false), {}).width;
    expect([widthOf(true), widthOf(false)]).toEqual([72, Number.POSITIVE_INFINITY]);
  });

  test("puts the live line back under a log, and removes it at the end", () => {
    const [stdout, stderr] = [sink(true), sink(true)];
    const screen = createScreen(stdout, stderr, {});
    screen.live("1/3");
    screen.live("1/3");
    screen.log("news");
    screen.endLive();
    expect(stderr.written.join("")).toBe("1/3\r\x1b[2Knews\n1/3\r\x1b[2K");
  });

  test("cuts the live line to the terminal's width", () => {
    const stderr = sink(true, 10);
    createScreen(sink(true), stderr, {}).live("0123456789abc");
    expect(stderr.written.join("")).toBe("01234567…");
  });

  test.each([
    [true, {}, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [false, {}, false],
  ])("colours a terminal (%s) under %j: %s", (isTTY, env, coloured) => {
    const painted = createScreen(sink(isTTY), sink(isTTY), env).paint("red", "x");
    expect(painted === "x").toBe(!coloured);
  });

  test.each([[{ CI: "true" }], [{ TERM: "dumb" }]])("has no live line under %j", (env) => {
    expect(createScreen(sink(true), sink(true), env).isLive).toBe(false);
  });
});

test("truncate counts characters without styles", () => {
  expect(truncate("\x1b[31mabc\x1b[39m", 3)).toBe("\x1b[31mabc\x1b[39m");
  expect(truncate("\x1b[31mabcd\x1b[39m", 3)).toBe("ab…");
});
