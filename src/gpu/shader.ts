/** What reflection knows of a shader: the type of every `import ... from "*.wgsl"`. Written by scripts/wgsl.ts. */

export interface ShaderModule {
  readonly name: string;
  readonly source: string;
  /** Bindings by their names in the shader. */
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly entryPoints: readonly string[];
  /** Module-scope `const` declarations of a plain number: what a variant may set before compilation. */
  readonly constants: Readonly<Record<string, number>>;
}

export interface Binding {
  readonly group: number;
  readonly binding: number;
  readonly kind: "uniform" | "read-only-storage" | "storage";
  /** Fields of a uniform struct by name; empty for storage. */
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly type: string }>>;
}
