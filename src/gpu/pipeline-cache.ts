/**
 * Pipelines by what they are: final source, overrides and entry point. Layouts come from the reflected bindings, so a
 * bind group is made by names: `@group(0)` holds data, `@group(1)` one uniform struct at a dynamic offset.
 */
import { LesionError } from "../core/errors.ts";
import type { Faults } from "./faults.ts";
import type { ShaderModule } from "./shader.ts";
import { type Constants, specialize } from "./specialize.ts";

/** A compiled shader variant, and what it takes to feed it. */
export interface Kernel {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly dataLayout: GPUBindGroupLayout;
  readonly shader: ShaderModule;
  /** The uniform struct's name, or null where the shader takes no parameters. */
  readonly parameters: string | null;
}

/** A kernel with its buffers: what a recorder dispatches. */
export interface BoundKernel {
  readonly kernel: Kernel;
  readonly group: GPUBindGroup;
}

/** Compiles each variant once a device. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  /** By shader, then by the constants that make its final source: those are quicker to compare than the source. */
  readonly #kernels = new Map<ShaderModule, Map<string, Promise<Kernel>>>();
  /** Layout of `@group(1)`, the same for all kernels. */
  readonly parameterLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
    this.parameterLayout = device.createBindGroupLayout({
      label: "parameters",
      entries: [
        { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
      ],
    });
  }

  /** The variant of `shader` with these constants. Throws `gpu-error` with the compiler's message and line. */
  kernel(shader: ShaderModule, constants: Constants = {}, entryPoint = "main"): Promise<Kernel> {
    const variants = this.#kernels.get(shader) ?? new Map<string, Promise<Kernel>>();
    this.#kernels.set(shader, variants);
    const key = JSON.stringify([entryPoint, constants]);
    const known = variants.get(key);
    if (known) return known;
    const made = this.#compile(shader, entryPoint, constants);
    variants.set(key, made);
    return made;
  }

  async #compile(shader: ShaderModule, entryPoint: string, constants: Constants): Promise<Kernel> {
    const code = specialize(shader.source, constants);
    const variant = Object.entries(constants)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ");
    const label = `${shader.name}${variant && ` ${variant}`}`;
    const bindings = Object.entries(shader.bindings);
    const dataLayout = this.#device.createBindGroupLayout({
      label,
      entries: bindings
        .filter(([, binding]) => binding.group === 0)
        .map(([, binding]) => ({
          binding: binding.binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: binding.kind },
        })),
    });
    const module = this.#device.createShaderModule({ label, code });
    try {
      const pipeline = await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [dataLayout, this.parameterLayout] }),
        compute: { module, entryPoint },
      });
      const parameters = bindings.find(([, binding]) => binding.kind === "uniform")?.[0] ?? null;
      return { name: label, pipeline, dataLayout, shader, parameters };
    } catch (cause) {
      const messages = (await module.getCompilationInfo()).messages.map((m) => `line ${m.lineNum}: ${m.message}`);
      throw await this.#faults.explain(
        new LesionError("gpu-error", `the kernel ${label} does not compile: ${messages[0] ?? cause}`, {
          where: `shaders/${shader.name}.wgsl`,
          cause,
        }),
      );
    }
  }

  /** Binds buffers to a kernel's data by their names in the shader. Throws `internal` where a name is missing. */
  bind(kernel: Kernel, buffers: Readonly<Record<string, GPUBuffer | GPUBufferBinding>>): BoundKernel {
    const entries = Object.entries(kernel.shader.bindings)
      .filter(([, binding]) => binding.group === 0)
      .map(([name, { binding }]) => {
        const given = buffers[name];
        if (!given) throw new LesionError("internal", `the kernel ${kernel.name} misses its buffer ${name}`);
        return { binding, resource: given instanceof GPUBuffer ? { buffer: given } : given };
      });
    const group = this.#device.createBindGroup({ label: kernel.name, layout: kernel.dataLayout, entries });
    return { kernel, group };
  }
}
