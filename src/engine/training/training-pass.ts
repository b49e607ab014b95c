/** What the steps of a training pass are laid out with: where tensors, parameters and scratch lie, for so many rows. */
import { wordsFor } from "../../core/bitset.ts";
import { LesionError } from "../../core/errors.ts";
import { tensorFloats, vectorsOf } from "../../kernels/tensor-layout.ts";
import type { Shape } from "../../network/shapes.ts";
import type { DeviceTensor } from "../graph/layer-dispatches.ts";
import { type GradientPlan, gradientPlan } from "./gradient-plan.ts";
import type { Memory } from "./memory.ts";
import type { TrainingOptions } from "./options.ts";
import { findTensor, type ParameterPart, type ParameterTensor } from "./parameter-layout.ts";
import type { TrainingGraph, TrainingStep } from "./training-graph.ts";

/** What a training is, whatever the rows of a step. */
export interface TrainingLayout {
  readonly isProcessor: boolean;
  readonly training: TrainingGraph;
  readonly copies: number;
  /** Rows of a copy for which there is room. */
  readonly capacity: number;
  /** All copies see the same samples in the same order. */
  readonly sharedOrder: boolean;
  /** Samples that are mostly one number, and how they lie; null: they are multiplied as they are. */
  readonly background: Background | null;
  readonly options: TrainingOptions;
}

/** What most numbers of a sample are, and the vec4s of a line of the image; see `SparseShape`. */
export interface Background {
  readonly value: number;
  readonly line4: number;
}

/** A pass over `rows` rows of each copy. */
export class TrainingPass {
  readonly layout: TrainingLayout;
  readonly memory: Memory;
  readonly rows: number;
  readonly #steps: ReadonlyMap<string, TrainingStep>;
  readonly #gradients: GradientPlan;

  constructor(layout: TrainingLayout, memory: Memory, rows: number) {
    this.layout = layout;
    this.memory = memory;
    this.rows = rows;
    this.#steps = new Map(layout.training.steps.map((step) => [step.name, step]));
    this.#gradients = gradientPlan(layout.training);
  }

  /** How many networks a tensor is there for: one where it is the same for all. */
  groups(name: string): number {
    const step = this.#steps.get(name);
    const fixed = step ? step.fixed : name === this.layout.training.source.name;
    return fixed && this.layout.sharedOrder ? 1 : this.layout.copies;
  }

  /** Rows of a tensor, of all networks that it is there for. */
  rowsOf(name: string): number {
    return this.groups(name) * this.rows;
  }

  shape(name: string): Shape {
    return this.#steps.get(name)?.shape ?? this.layout.training.source.shape;
  }

  /** A step's result, or what samples are put into. */
  tensor(name: string): DeviceTensor {
    const step = this.#steps.get(name);
    if (step?.layer?.kind === "constant") {
      return {
        buffer: this.memory.of(`constant ${name}`, tensorFloats(1, step.shape)),
        shape: step.shape,
        rows: "one",
      };
    }
    if (step?.view) return { ...this.tensor(step.reads[0]!), shape: step.shape };
    const shape = this.shape(name);
    const floats = tensorFloats(this.groups(name) * this.layout.capacity, shape);
    return { buffer: this.memory.of(`tensor ${name}`, floats), shape, rows: "own" };
  }

  /** What an activation was taken of, where its slope cannot be told from its result. */
  before({ name, shape }: TrainingStep): GPUBuffer {
    return this.memory.of(`pre-activation ${name}`, tensorFloats(this.groups(name) * this.layout.capacity, shape));
  }

  /** The gradient at a step's result, once everything that reads it has added its part. */
  gradient(name: string): GPUBuffer {
    const { slotOf, slotFloats } = this.#gradients;
    const slot = slotOf.get(name);
    if (slot === undefined) throw new LesionError("internal", `no gradient goes through ${name}`);
    return this.memory.of(`gradient slot ${slot}`, slotFloats[slot]! * this.layout.copies * this.layout.capacity);
  }

  /** Whether two tensors have one gradient: a view's is that of what it reads, where nothing else reads it. */
  sharesGradient(a: string, b: string): boolean {
    return this.#gradients.rootOf(a) === this.#gradients.rootOf(b);
  }

  /** A parameter tensor of a layer, or null where the layer has none such. */
  parameter(layer: string, part: ParameterPart): ParameterPlace | null {
    const { trained, trainedFloats, frozen, frozenFloats } = this.layout.training.layout;
    const own = findTensor(trained, layer, part);
    const { copies } = this.layout;
    if (own) return place(own, this.memory.of("parameters", copies * trainedFloats), copies, trainedFloats);
    const other = findTensor(frozen, layer, part);
    return other && place(other, this.memory.of("frozen parameters", frozenFloats), 1, 0);
  }

  /** Where a trained tensor's gradient goes, of all copies. */
  parameterGradient(layer: string, part: ParameterPart): ParameterPlace | null {
    const { trained, trainedFloats } = this.layout.training.layout;
    const tensor = findTensor(trained, layer, part);
    const { copies } = this.layout;
    return tensor && place(tensor, this.memory.of("gradients", copies * trainedFloats), copies, trainedFloats);
  }

  /** Bits and values of the channels that copies hold of a step's result. */
  held({ name, shape }: Pick<TrainingStep, "name" | "shape">): {
    readonly bits: GPUBuffer;
    readonly values: GPUBuffer;
  } {
    const channels = shape.at(-1) ?? 1;
    const { copies } = this.layout;
    return {
      bits: this.memory.of(`held bits ${name}`, copies * wordsFor(channels)),
      values: this.memory.of(`held values ${name}`, copies * 4 * vectorsOf(channels)),
    };
  }

  /** A buffer for what lives within a few dispatches. */
  scratch(purpose: string, floats: number): GPUBuffer {
    return this.memory.of(`scratch ${purpose}`, floats);
  }
}

/** A parameter tensor, or its gradient, in its buffer. */
export interface ParameterPlace {
  readonly binding: GPUBufferBinding;
  /** vec4s from one copy's to the next; 0: all copies share it. */
  readonly stride4: number;
  readonly floats: number;
}

/** As large as needed and no larger: two tensors of a buffer may be written by one dispatch. */
function place(tensor: ParameterTensor, buffer: GPUBuffer, copies: number, stride: number): ParameterPlace {
  const { at, floats } = tensor;
  return {
    binding: { buffer, offset: at * 4, size: ((copies - 1) * stride + floats) * 4 },
    stride4: stride / 4,
    floats,
  };
}
