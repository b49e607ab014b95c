/**
 * No shader tells what is not a number by comparing: a compiler may take it that there is none, and then `x != x` is false and
 * `!(x <= y)` is `x > y`, as Metal's fast arithmetic has it. A network whose logits are NaN would count as right.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../shaders");

/** A thing compared with itself, or the opposite of an ordered comparison. */
const FOLDABLE = /(?<![\w.])([\w.]+(?:\[[^\]]*\])?) *[!=]= *\1(?![\w.[(])|!\([^()]*(?:\([^()]*\)[^()]*)*[<>]/g;

test.each([
  ["right = (top == top)", true],
  ["if (z[c] != z[c])", true],
  ["!(other <= own)", true],
  ["!(z <= vec4f(own))", true],
  ["!(f(own) > z)", true],
  ["other == otherwise", false],
  ["a.x == x", false],
  ["z[c] != z[d]", false],
  ["!(a == b)", false],
  ["!isNan(a) & (a > b)", false],
])("%s: %s", (text, found) => {
  expect(text.search(FOLDABLE) >= 0).toBe(found);
});

const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".wgsl"));

test.each(files)("%s compares nothing in a way that could be folded", (file) => {
  const code = readFileSync(join(folder, file), "utf8").replaceAll(/\/\/.*$/gm, "");
  expect(code.match(FOLDABLE) ?? []).toEqual([]);
});
