/** Errors: all that a person is told survives being sent as plain data, and each code has its exit code. */
import { describe, expect, test } from "vitest";
import { type ErrorCode, errorOf, exitCodeOf, LesionError, reportOf } from "./errors.ts";

const error = new LesionError("bad-file", "f is truncated", {
  where: "f, byte 9",
  fix: "Copy it again.",
  cause: new RangeError("eof"),
  detail: { expected: 10, found: 9 },
});

describe("LesionError", () => {
  test("is an Error with its facts", () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "LesionError",
      code: "bad-file",
      message: "f is truncated",
      where: "f, byte 9",
    });
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(new LesionError("usage", "no")).not.toHaveProperty("cause");
  });

  test("crosses to another thread as a report and comes back", () => {
    const back = errorOf(structuredClone(reportOf(error)));
    expect(back).toBeInstanceOf(LesionError);
    expect(back).toMatchObject({
      code: "bad-file",
      message: "f is truncated",
      where: "f, byte 9",
      fix: "Copy it again.",
    });
    expect(back.detail).toEqual({ expected: 10, found: 9 });
    expect(back.cause).toBe("RangeError: eof");
    expect(reportOf(back)).toEqual(reportOf(error));
  });

  test("keeps absent facts absent", () => {
    const bare = errorOf(structuredClone(reportOf(new LesionError("cancelled", "stopped"))));
    expect([bare.where, bare.fix, bare.detail, bare.cause]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("reportOf", () => {
  test.each([
    [new TypeError("x is not a function"), "unexpected failure: x is not a function"],
    ["a string", "unexpected failure: a string"],
    [undefined, "unexpected failure: undefined"],
  ])("takes what is no LesionError for a bug: %s", (thrown, message) => {
    expect(reportOf(thrown)).toMatchObject({
      code: "internal",
      message,
      fix: expect.stringContaining("bug in Lesion"),
    });
  });
});

test.each<[ErrorCode, number]>([
  ["bad-file", 2],
  ["bad-model", 2],
  ["bad-data", 2],
  ["bad-study", 2],
  ["unsupported", 2],
  ["not-found", 2],
  ["usage", 2],
  ["no-gpu", 3],
  ["no-browser", 3],
  ["threshold", 4],
  ["cancelled", 130],
  ["device-lost", 1],
  ["gpu-error", 1],
  ["out-of-memory", 1],
  ["worker-died", 1],
  ["check-failed", 1],
  ["internal", 1],
])("%s ends the command line with %d", (code, exitCode) => {
  expect(exitCodeOf(code)).toBe(exitCode);
});
