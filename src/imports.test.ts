/** Enforces the layers of docs/architecture.md: imports only go down, and heavy packages stay where they belong. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Folders by their height; a file may import from its own folder and from lower ones. */
const HEIGHT: Readonly<Record<string, number>> = {
  "src/core": 0,
  "src/gpu": 1,
  "src/network": 1,
  "src/data": 1,
  "src/kernels": 2,
  "src/formats": 2,
  "src/engine": 3,
  "src/reference": 3,
  "src/ablation": 4,
  "src/study": 5,
  workers: 6,
  "src/report": 6,
  "src/ui": 7,
  "src/cli": 7,
};

/** All that the lab and the command line see of the house; what these files import, they see through them. */
const SEEN_FROM_ABOVE =
  /^(src\/core\/|workers\/(client|protocol|headless)\.ts$|src\/report\/|src\/study\/(?!run|open)[\w-]+\.ts$)/;

/** Packages that only some folders may import. */
const KEPT: readonly (readonly [pattern: RegExp, folders: readonly string[]])[] = [
  [/^@tensorflow\//, ["src/reference"]],
  [/^playwright/, ["src/cli"]],
  [/^(ml-|umap-js)/, ["src/ablation"]],
  [/^(preact|@preact\/|uplot)/, ["src/ui"]],
  [/^node:/, ["src/cli"]],
];

interface Import {
  /** Relative to the project, "/" between folders; a package's name as written. */
  readonly from: string;
  readonly to: string;
  readonly isPackage: boolean;
  readonly isType: boolean;
}

/** The imports and re-exports of a source text, as [specifier, whether types alone are taken]. */
function importsOf(source: string): [string, boolean][] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s+)?["']([^"']+)["']/gm);
  const calls = code.matchAll(/\bimport\(\s*(?:\/\*.*?\*\/)?\s*["']([^"']+)["']/g);
  const urls = code.matchAll(/new URL\(\s*["'](\.[^"']+\.ts)["'],\s*import\.meta\.url/g);
  return [
    ...Array.from(statements, ([, type, to]): [string, boolean] => [to!, type !== undefined]),
    ...Array.from([...calls, ...urls], ([, to]): [string, boolean] => [to!, false]),
  ];
}

/** Tests, and what only tests import. */
const IS_TEST = /\.(test|test-support|fixture)\.tsx?$/;

const sources = ["src", "workers"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.tsx?$/.test(file) && !IS_TEST.test(file) && !/\.d\.wgsl\.ts$/.test(file)),
);

const imports: readonly Import[] = sources.flatMap((from) =>
  importsOf(readFileSync(join(root, from), "utf8")).map(([to, isType]) => {
    const isPackage = !to.startsWith(".");
    const target = isPackage
      ? to
      : relative(root, resolve(root, dirname(from), to.split("?")[0]!)).replaceAll("\\", "/");
    return { from, to: target, isPackage, isType };
  }),
);
const local = imports.filter(({ isPackage }) => !isPackage);

const folderOf = (file: string) => Object.keys(HEIGHT).find((folder) => file.startsWith(`${folder}/`)) ?? null;
const shown = ({ from, to }: Import) => `${from} imports ${to}`;

describe("imports", () => {
  test("are found", () => {
    expect(
      importsOf(
        `import a from "./a.ts";\nimport type { B,\n C } from './b.ts';\nexport * from "c";\nawait import("d");`,
      ),
    ).toEqual([
      ["./a.ts", false],
      ["./b.ts", true],
      ["c", false],
      ["d", false],
    ]);
    expect(local.length).toBeGreaterThan(20);
  });

  test("name files that have a place in the house", () => {
    expect(sources.filter((file) => folderOf(file) === null)).toEqual([]);
    const homeless = local.filter(({ to, isType }) => {
      if (folderOf(to) !== null || to.startsWith("shaders/") || to.endsWith(".css")) return false;
      // The type of a compiled shader is the build step's; benchmarks are loaded by the page that runs them.
      return !(isType && to === "scripts/wgsl.ts") && !to.startsWith("bench/");
    });
    expect(homeless.map(shown)).toEqual([]);
  });

  test("of test support come from tests alone", () => {
    expect(local.filter(({ to }) => IS_TEST.test(to)).map(shown)).toEqual([]);
  });

  test("only go down", () => {
    const upward = local.filter(({ from, to }) => {
      const [above, below] = [folderOf(from), folderOf(to)];
      return above !== null && below !== null && above !== below && HEIGHT[below]! >= HEIGHT[above]!;
    });
    expect(upward.map(shown)).toEqual([]);
  });

  test("of shaders and benchmarks come from where they are run", () => {
    const astray = local.filter(
      ({ from, to }) =>
        (to.startsWith("shaders/") && !/^src\/(kernels|engine|gpu)\//.test(from)) ||
        (to.startsWith("bench/") && !from.startsWith("workers/")),
    );
    expect(astray.map(shown)).toEqual([]);
  });

  test("of the lab and the command line see nothing below what they may", () => {
    const deep = local.filter(({ from, to }) => {
      const folder = folderOf(from);
      if (folder !== "src/ui" && folder !== "src/cli") return false;
      return !to.startsWith(`${folder}/`) && !to.endsWith(".css") && !SEEN_FROM_ABOVE.test(to);
    });
    expect(deep.map(shown)).toEqual([]);
  });

  test("of the command line do not reach the engine, however far they are followed", () => {
    const reached = new Set(["src/cli/lesion.ts"]);
    for (const file of reached) {
      for (const { from, to, isType } of local) if (from === file && !isType) reached.add(to);
    }
    expect(reached.size).toBeGreaterThan(20);
    expect(
      [...reached].filter((file) => /^(src\/(gpu|kernels|engine|formats|reference)|workers|shaders)\//.test(file)),
    ).toEqual([]);
  });

  test("of packages stay in their folders", () => {
    const astray = imports.filter(({ from, to, isPackage, isType }) =>
      KEPT.some(
        ([pattern, folders]) => isPackage && !isType && pattern.test(to) && !folders.includes(folderOf(from) ?? ""),
      ),
    );
    expect(astray.map(shown)).toEqual([]);
  });
});
