/** Every shader parses, and declares what the host relies on: one uniform struct in group 1, storage in group 0. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reflectShader, shaderFiles } from "./wgsl.ts";

describe.each(shaderFiles(join(import.meta.dirname, "../shaders")))("%s", (file) => {
  test("binds data in group 0 and one parameter struct in group 1", () => {
    const { bindings, entryPoints } = reflectShader(file);
    expect(entryPoints).toEqual(["main"]);
    const uniforms = Object.values(bindings).filter((binding) => binding.kind === "uniform");
    expect(uniforms).toHaveLength(1);
    expect(uniforms[0]).toMatchObject({ group: 1, binding: 0 });
    const data = Object.values(bindings).filter((binding) => binding.kind !== "uniform");
    expect(data.map((binding) => binding.group)).toEqual(data.map(() => 0));
    expect(data.map((binding) => binding.binding).sort((a, b) => a - b)).toEqual(data.map((_, index) => index));
    expect(data.length).toBeLessThanOrEqual(8);
  });
});
