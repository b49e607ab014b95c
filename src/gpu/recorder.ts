/**
 * Records dispatches into one compute pass and submits them. Parameters of all dispatches of a submit lie in one uniform
 * buffer, bound once and addressed by a dynamic offset: a dispatch costs an offset, not a bind group.
 */
import { LesionError } from "../core/errors.ts";
import type { BoundKernel, Kernel, PipelineCache } from "./pipeline-cache.ts";

/** Values of a uniform struct's fields by name. */
export type Parameters = Readonly<Record<string, number>>;

/** Bytes between the parameters of two dispatches: the smallest offset alignment every adapter allows. */
const SLOT_BYTES = 256;
const SLOTS = 4096;

/** Records commands for one device; reused from submit to submit. */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #uniforms: GPUBuffer;
  readonly #group: GPUBindGroup;
  readonly #staging = new ArrayBuffer(SLOT_BYTES * SLOTS);
  readonly #view = new DataView(this.#staging);
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #slots = 0;
  readonly #refusals: Promise<GPUError | null>[] = [];
  /** Dispatches since the device was opened. */
  dispatches = 0;

  constructor(device: GPUDevice, pipelines: PipelineCache) {
    this.#device = device;
    this.#uniforms = device.createBuffer({
      label: "parameters",
      size: SLOT_BYTES * SLOTS,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#group = device.createBindGroup({
      label: "parameters",
      layout: pipelines.parameterLayout,
      entries: [{ binding: 0, resource: { buffer: this.#uniforms, size: SLOT_BYTES } }],
    });
  }

  /** Adds a dispatch of `workgroups` (x, y, z). Nothing is added where one of them is 0. */
  dispatch(bound: BoundKernel, parameters: Parameters, workgroups: readonly [number, number?, number?]): void {
    const [x, y = 1, z = 1] = workgroups;
    if (x === 0 || y === 0 || z === 0) return;
    const most = this.#device.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > most) {
      throw new LesionError(
        "internal",
        `${bound.kernel.name}: ${x} x ${y} x ${z} workgroups, at most ${most} a dimension`,
      );
    }
    if (this.#slots === SLOTS) this.submit();
    const offset = this.#slots++ * SLOT_BYTES;
    this.#write(bound.kernel, parameters, offset);
    const pass = this.#begin();
    pass.setPipeline(bound.kernel.pipeline);
    pass.setBindGroup(0, bound.group);
    pass.setBindGroup(1, this.#group, [offset]);
    pass.dispatchWorkgroups(x, y, z);
    this.dispatches++;
  }

  /** Fills a buffer, or a part of it, with zeros. */
  clear(buffer: GPUBuffer, offsetBytes = 0, sizeBytes = buffer.size - offsetBytes): void {
    this.#outsidePass().clearBuffer(buffer, offsetBytes, sizeBytes);
  }

  copy(from: GPUBuffer, fromBytes: number, to: GPUBuffer, toBytes: number, sizeBytes: number): void {
    this.#outsidePass().copyBufferToBuffer(from, fromBytes, to, toBytes, sizeBytes);
  }

  /** Writes the GPU's clock to entry `index` of a query set, after all that was recorded before. */
  stamp(querySet: GPUQuerySet, index: number): void {
    const timestampWrites = { querySet, endOfPassWriteIndex: index };
    this.#outsidePass().beginComputePass({ timestampWrites }).end();
  }

  /** Writes the first `count` entries of a query set, 64 bits each, to the start of a buffer. */
  resolve(querySet: GPUQuerySet, count: number, to: GPUBuffer): void {
    this.#outsidePass().resolveQuerySet(querySet, 0, count, to, 0);
  }

  /** Sends what was recorded to the GPU. */
  submit(): void {
    this.#endPass();
    if (!this.#encoder) return;
    // A refusal belongs to this submit and to whoever reads next, not to whoever reads when it is told.
    this.#device.pushErrorScope("validation");
    if (this.#slots > 0) this.#device.queue.writeBuffer(this.#uniforms, 0, this.#staging, 0, this.#slots * SLOT_BYTES);
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#refusals.push(this.#device.popErrorScope().catch(() => null));
    this.#encoder = null;
    this.#slots = 0;
  }

  /** For each submit since the last call: resolves with the error, where the GPU refused it. */
  takeRefusals(): readonly Promise<GPUError | null>[] {
    return this.#refusals.splice(0);
  }

  #begin(): GPUComputePassEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    return this.#pass;
  }

  #outsidePass(): GPUCommandEncoder {
    this.#endPass();
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  /** Writes the values at the offsets that reflection found. Throws `internal` for a field that is missing or unknown. */
  #write(kernel: Kernel, parameters: Parameters, offset: number): void {
    const fields = kernel.parameters ? kernel.shader.bindings[kernel.parameters]!.fields : {};
    for (const name of Object.keys(parameters)) {
      if (!(name in fields)) throw new LesionError("internal", `${kernel.name} has no parameter ${name}`);
    }
    for (const [name, field] of Object.entries(fields)) {
      const value = parameters[name];
      if (value === undefined) throw new LesionError("internal", `${kernel.name} misses its parameter ${name}`);
      if (field.type === "f32") this.#view.setFloat32(offset + field.offset, value, true);
      else if (field.type === "i32") this.#view.setInt32(offset + field.offset, value, true);
      else this.#view.setUint32(offset + field.offset, value, true);
    }
  }
}
