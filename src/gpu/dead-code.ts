/**
 * Takes out of a shader variant what its constants rule out, before a compiler sees it: drivers inline functions into
 * every unrolled statement first and find what cannot run later. Without its dozen unused activations a convolution in
 * registers compiles in 240 ms instead of 470 (SwiftShader). Works on text in the shape in which shaders are written:
 * `if (...) {` with blocks, constants in capitals, functions at the start of a line.
 * The shader is valid WGSL, and computes the same, before and after.
 */
import { LesionError } from "../core/errors.ts";

/** The shader's text without branches that its constants rule out and functions that nothing calls. */
export function withoutDeadCode(source: string, constants: ReadonlyMap<string, number>): string {
  // Comments may hold brackets; what remains of them are the marks of loops.
  let text = settle(source.replace(/ *\/\/(?! unroll$).*$/gm, ""), constants);
  for (let before = ""; before !== text; ) {
    before = text;
    text = withoutUncalled(settle(splitByConstant(text, constants), constants));
  }
  return text;
}

/** Offset of the bracket that closes the one before `from`. Throws `internal` where none does. */
export function closing(text: string, from: number, brackets: "{}" | "()" = "{}"): number {
  const [open, close] = brackets;
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === open) depth++;
    else if (text[at] === close && --depth === 0) return at;
  }
  throw new LesionError("internal", "the shader has a block that is not closed");
}

/** Replaces each `if` on constants by the branch that runs. */
function settle(source: string, constants: ReadonlyMap<string, number>): string {
  let text = source;
  const opening = /\bif \(/g;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const conditionEnd = closing(text, opening.lastIndex, "()");
    const decided = decide(text.slice(opening.lastIndex, conditionEnd), constants);
    const before = text.slice(0, found.index);
    if (typeof decided === "string") {
      text = `${before}if (${decided}${text.slice(conditionEnd)}`;
      continue;
    }
    const bodyStart = text.indexOf("{", conditionEnd) + 1;
    const bodyEnd = closing(text, bodyStart);
    const rest = text.slice(bodyEnd + 1);
    const otherwise = /^\s*else (?=if \(|\{)/.exec(rest);
    const alternatives = otherwise ? rest.slice(otherwise[0].length) : "";
    const isAlternative = /\belse $/.test(before);
    if (!decided && otherwise) text = before + alternatives;
    else if (!decided) text = before + (isAlternative ? "{}" : "") + rest;
    else {
      const body = text.slice(bodyStart, bodyEnd);
      const after = rest.slice(otherwise ? otherwise[0].length + lengthOfChain(alternatives) : 0);
      // Nothing follows a return.
      const isLast = /\breturn\b[^;{}]*;\s*$/.test(body) && !isAlternative;
      // What declares nothing needs no block of its own.
      const branch = isAlternative || /\b(?:let|var|const)\b/.test(body) ? `{${body}}` : body.trim();
      text = `${before}${branch}${isLast ? `\n${after.slice(closing(after, 0))}` : after}`;
    }
    opening.lastIndex = found.index;
  }
  return text;
}

/** Length of the blocks of an `if ... else if ... else ...`, or of the one block, that the text begins with. */
function lengthOfChain(text: string): number {
  const end = closing(text, text.indexOf("{") + 1) + 1;
  const more = /^\s*else (?=if \(|\{)/.exec(text.slice(end));
  return more ? end + more[0].length + lengthOfChain(text.slice(end + more[0].length)) : end;
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};
const COMPARISON = /^(\w+) (==|!=|<=|>=|<|>) (\w+)(?: (&&|\|\|) (.+))?$/s;

/** A condition's value, or what is left to decide. WGSL does not mix `&&` and `||` without brackets. */
function decide(condition: string, constants: ReadonlyMap<string, number>): boolean | string {
  const [, left, comparison, right, joint, rest] = COMPARISON.exec(condition) ?? [];
  const [a, b] = [left, right].map((term) => numberOf(term ?? "", constants));
  if (a === undefined || b === undefined) return condition;
  const holds = COMPARISONS[comparison!]!(a, b);
  return joint === undefined || holds === (joint === "||") ? holds : decide(rest!, constants);
}

/** The number that a literal or a constant stands for. No local name is in capitals, as constants are. */
function numberOf(term: string, constants: ReadonlyMap<string, number>): number | undefined {
  return /^\d+u$/.test(term) ? Number.parseInt(term, 10) : constants.get(term);
}

/** Makes a function of its own for each constant that a function takes as its first argument. */
function splitByConstant(source: string, constants: ReadonlyMap<string, number>): string {
  let text = source;
  for (const [head, name, parameter] of source.matchAll(/^fn (\w+)\((\w+): u32, /gm)) {
    const start = text.indexOf(head);
    const end = closing(text, text.indexOf("{", start) + 1) + 1;
    const definition = text.slice(start + head.length, end);
    const made = new Map<number, string>();
    text = text.replace(new RegExp(`(?<!fn )\\b${name}\\((\\w+), `, "g"), (call, argument: string) => {
      const value = numberOf(argument, constants);
      if (value === undefined) return call;
      made.set(value, definition.replace(new RegExp(`(?<![.\\w])${parameter}\\b`, "g"), `${value}u`));
      return `${name}_${value}(`;
    });
    for (const [value, body] of made) {
      if (!text.includes(`fn ${name}_${value}(`)) text += `\n\nfn ${name}_${value}(${body}`;
    }
  }
  return text;
}

/** Drops the functions that are neither called nor entry points. */
function withoutUncalled(source: string): string {
  let text = source;
  for (const [head, name] of source.matchAll(/^fn (\w+)\(/gm)) {
    const start = text.indexOf(head);
    const isEntryPoint = /^@.*\s*$(?![\s\S])/m.test(text.slice(0, start));
    const isCalled = new RegExp(`(?<!fn )\\b${name}\\(`).test(text);
    if (isEntryPoint || isCalled) continue;
    text = text.slice(0, start) + text.slice(closing(text, text.indexOf("{", start) + 1) + 1).trimStart();
  }
  return text;
}
