/**
 * Vite plugin: `import gemm from "../../shaders/gemm.wgsl"` gives the shader's text together with what reflection finds
 * in it (bindings, uniform layouts, overrides, entry points), so that nobody types a binding number or a field offset
 * twice. A typed declaration is written beside each shader. `// include: lib/name.wgsl` on a line of its own is replaced
 * by that file's text.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Plugin } from "vite";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import type { Binding, ShaderModule } from "../src/gpu/shader.ts";

/** The full text of a shader file, with what it includes. */
export function readShader(path: string): string {
  return readFileSync(path, "utf8").replace(/^\/\/ include: (.+)$/gm, (_, name: string) =>
    readShader(join(dirname(path), name.trim())).trimEnd(),
  );
}

/** What reflection finds in a shader file. Throws, naming the file, where it cannot be parsed. */
export function reflectShader(path: string): ShaderModule {
  const source = readShader(path);
  const name = basename(path, ".wgsl");
  let reflected: WgslReflect;
  try {
    reflected = new WgslReflect(source);
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  const bindings: Record<string, Binding> = {};
  for (const variable of [...reflected.storage, ...reflected.uniforms]) {
    const uniform = variable.resourceType === 0;
    const fields: Record<string, { offset: number; type: string }> = {};
    for (const member of uniform ? (variable.members ?? []) : []) {
      fields[member.name] = { offset: member.offset, type: member.type.getTypeName?.() ?? member.type.name };
    }
    bindings[variable.name] = {
      group: variable.group,
      binding: variable.binding,
      kind: uniform ? "uniform" : variable.access === "read_write" ? "storage" : "read-only-storage",
      fields,
    };
  }
  const constants: Record<string, number> = {};
  for (const [, constant, value] of source.matchAll(/^const (\w+)(?:\s*:\s*\w+)?\s*=\s*(-?[\d.]+)[uif]?\s*;/gm)) {
    constants[constant!] = Number(value);
  }
  return {
    name,
    source,
    bindings,
    entryPoints: reflected.entry.compute.map((entry) => entry.name),
    constants,
  };
}

/** The declaration file that gives a shader's import its exact type. */
function declarationOf(shader: ShaderModule): string {
  const literal = JSON.stringify({ ...shader, source: "" }, null, 2).replace('"source": ""', '"source": string');
  return `// Written by scripts/wgsl.ts from ${shader.name}.wgsl.\ndeclare const shader: ${literal};\nexport default shader;\n`;
}

/** All shader files of a folder, without the included pieces. */
export function shaderFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".wgsl"))
    .map((file) => join(folder, file));
}

/** Writes the declaration of every shader where it changed. */
export function writeDeclarations(folder: string): void {
  for (const file of shaderFiles(folder)) {
    const target = file.replace(/\.wgsl$/, ".d.wgsl.ts");
    const text = declarationOf(reflectShader(file));
    let before = "";
    try {
      before = readFileSync(target, "utf8");
    } catch {
      // Not written yet.
    }
    if (before !== text) writeFileSync(target, text);
  }
}

export function wgsl(): Plugin {
  const folder = resolve(import.meta.dirname, "../shaders");
  return {
    name: "lesion-wgsl",
    buildStart() {
      writeDeclarations(folder);
    },
    load(id) {
      const path = id.split("?")[0]!;
      if (!path.endsWith(".wgsl")) return null;
      this.addWatchFile(path);
      return `export default ${JSON.stringify(reflectShader(path))};`;
    },
  };
}
