import { describe, expect, test } from "vitest";
import { readArguments, type Signature } from "./arguments.ts";

const command: Signature = {
  name: "run",
  takes: "STUDY.json",
  count: [1, 1],
  options: {
    out: { type: "string", value: "DIR", help: "" },
    memory: { type: "string", value: "MB", help: "" },
    resume: { type: "boolean", help: "" },
    expect: { type: "string", multiple: true, help: "" },
  },
};

describe("readArguments", () => {
  test("reads names, flags, values and repeated values, in any order", () => {
    const given = ["--resume", "a.json", "--out=x", "--expect", "a > 1", "--expect=-1 < b"];
    const args = readArguments(command, given);
    expect(args.names).toEqual(["a.json"]);
    expect([args.flag("resume"), args.text("out"), args.texts("expect")]).toEqual([true, "x", ["a > 1", "-1 < b"]]);
    expect([args.flag("help"), args.text("memory"), args.integer("memory", 1, 9)]).toEqual([
      false,
      undefined,
      undefined,
    ]);
  });

  test.each([
    [["a.json", "--reusme"], /no option --reusme/, /--resume/],
    [["a.json", "--constructor"], /no option --constructor/, /lists what it takes/],
    [["a.json", "--out"], /--out needs a value: --out DIR/, /lists/],
    [["a.json", "--out="], /needs a value/, /lists/],
    [["a.json", "--resume=yes"], /takes no value, but was given "yes"/, /lists/],
    [[], /needs STUDY.json/, /lists/],
    [["a.json", "b.json"], /"b.json" is one too many/, /lists/],
  ])("refuses %j", (args, message, fix) => {
    expect(() => readArguments(command, args)).toThrow(
      expect.objectContaining({
        code: "usage",
        message: expect.stringMatching(message),
        fix: expect.stringMatching(fix),
      }),
    );
  });

  test.each(["0", "10", "1.5", "-3", "1e1", "two"])("refuses the integer %s outside 1 to 9", (given) => {
    const args = readArguments(command, ["a.json", `--memory=${given}`]);
    expect(() => args.integer("memory", 1, 9)).toThrow(`from 1 to 9, but was given "${given}"`);
  });

  test("asks for no names where help is asked for", () => {
    expect(readArguments(command, ["--help"]).flag("help")).toBe(true);
  });
});
