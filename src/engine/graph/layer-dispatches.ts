/** What one layer comes down to on the device: the dispatches that compute it for so many rows, whatever its kind. */
import { LesionError } from "../../core/errors.ts";
import { planBinary } from "../../kernels/binary.ts";
import { planConcat } from "../../kernels/concat.ts";
import { planGlobalPool } from "../../kernels/global-pool.ts";
import { planLrn } from "../../kernels/lrn.ts";
import { planPool2d } from "../../kernels/pool2d.ts";
import { planProduct } from "../../kernels/product.ts";
import { isSameLayout, planPad, planReshape, planSlice, planTranspose } from "../../kernels/rearrange.ts";
import { planScale } from "../../kernels/scale.ts";
import { planSoftmax } from "../../kernels/softmax.ts";
import { positionsOf, type RowMode, vectorsOf } from "../../kernels/tensor-layout.ts";
import { type Activation, type Layer, LINEAR } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { convDispatches } from "./convolution.ts";
import type { Dispatch } from "./dispatch.ts";
import type { LayerWeights } from "./weights.ts";

/** A tensor on the device, as a layer reads it. */
export interface DeviceTensor {
  readonly buffer: GPUBuffer;
  readonly shape: Shape;
  readonly rows: RowMode;
}

/** What layers are computed with, whichever pass they belong to. */
export interface GraphDevice {
  readonly isProcessor: boolean;
  readonly graph: CompiledGraph;
  readonly weights: ReadonlyMap<string, LayerWeights>;
  /** Transformed inputs and products of Winograd. */
  readonly inputs: GPUBuffer;
  readonly products: GPUBuffer;
}

export interface LayerOptions {
  /** Instead of the layer's own. */
  readonly activation?: Activation;
  /** Writes the 2 x 2 maximum of the layer's result, where the layer is a Winograd convolution. */
  readonly pool?: boolean;
  /** (image, mask) of each row: needed where an operand is shared. */
  readonly rowTable?: GPUBuffer;
}

/** Whether a layer's result is its input as it lies there. */
export function isView(layer: Layer, input: Shape, output: Shape): boolean {
  if (layer.kind === "identity") return true;
  return (layer.kind === "flatten" || layer.kind === "reshape") && isSameLayout(input, output);
}

/** The dispatches that compute `layer` for `rows` rows into `y`. Views have none, but to copy them to a buffer of their own. */
export function layerDispatches(
  device: GraphDevice,
  layer: Layer,
  operands: readonly DeviceTensor[],
  y: GPUBuffer,
  rows: number,
  options: LayerOptions = {},
): readonly Dispatch[] {
  const output = device.graph.shapes.get(layer.name)!;
  const x = operands[0]!;
  if (x && isView(layer, x.shape, output)) {
    return x.buffer === y ? [] : activationDispatches(x.buffer, x.shape, LINEAR, y, rows);
  }
  const simple = (plan: Dispatch["plan"]): Dispatch[] => [{ plan, buffers: { x: x.buffer, y } }];
  switch (layer.kind) {
    case "dense":
      return denseDispatches(device, layer, x, y, rows, options);
    case "conv2d": {
      const { activation = layer.activation, pool = false } = options;
      const shape = device.graph.convShape(layer.name, rows);
      const { bias, parts, transformed } = device.weights.get(layer.name)!;
      const weight = transformed?.buffer ?? parts[0]!.buffer;
      const buffers = { x: x.buffer, weight, bias, y, inputs: device.inputs, products: device.products };
      const method = device.graph.methods.get(layer.name)!;
      const own = { bias: layer.bias !== null, activation, pool };
      const dispatches = convDispatches(device.isProcessor, shape, method, buffers, own);
      return transformed?.make ? [transformed.make, ...dispatches] : dispatches;
    }
    case "pool2d": {
      const [height = 1, width = 1, channels = 1] = x.shape;
      const [outHeight = 1, outWidth = 1] = output;
      return simple(planPool2d({ ...layer, rows, height, width, channels, outHeight, outWidth }));
    }
    case "global-pool":
      return simple(planGlobalPool(rows, x.shape, layer.pool));
    case "lrn":
      return simple(planLrn(rows, x.shape, layer));
    case "softmax":
      return simple(planSoftmax(rows, x.shape, layer.log));
    case "activation":
      return activationDispatches(x.buffer, x.shape, layer.activation, y, rows);
    case "scale": {
      const { bias: shift, parts } = device.weights.get(layer.name)!;
      const { activation = layer.activation } = options;
      const plan = planScale({ rows, shape: x.shape, activation, affine: true });
      return [{ plan, buffers: { x: x.buffer, scale: parts[0]!.buffer, shift, y } }];
    }
    case "binary": {
      const [a, b] = operands as readonly [DeviceTensor, DeviceTensor];
      const { activation = layer.activation } = options;
      const plan = planBinary({ rows, a, b, operator: layer.operator, activation });
      return [{ plan, buffers: { a: a.buffer, b: b.buffer, rows: options.rowTable ?? a.buffer, y } }];
    }
    case "concat": {
      let begin = 0;
      return operands.map((input): Dispatch => {
        const plan = planConcat({ rows, input, outShape: output, axis: layer.axis, begin });
        begin += input.shape[layer.axis]!;
        return { plan, buffers: { x: input.buffer, rows: options.rowTable ?? input.buffer, y } };
      });
    }
    case "transpose":
      return simple(planTranspose(rows, x.shape, layer));
    case "slice":
      return simple(planSlice(rows, x.shape, layer));
    case "pad":
      return simple(planPad(rows, x.shape, layer));
    case "flatten":
    case "reshape":
      return simple(planReshape(rows, x.shape, output));
    case "constant":
    case "identity":
      return [];
    case "batch-norm":
    case "bias":
      throw new LesionError("internal", `the layer ${layer.name} (${layer.kind}) was not simplified`);
  }
}

/** y = activation(x), for `rows` rows of a shape. */
export function activationDispatches(
  x: GPUBuffer,
  shape: Shape,
  activation: Activation,
  y: GPUBuffer,
  rows: number,
): readonly Dispatch[] {
  return [{ plan: planScale({ rows, shape, activation, affine: false }), buffers: { x, scale: x, shift: x, y } }];
}

function denseDispatches(
  device: GraphDevice,
  layer: Extract<Layer, { kind: "dense" }>,
  x: DeviceTensor,
  y: GPUBuffer,
  rows: number,
  { activation = layer.activation }: LayerOptions,
): readonly Dispatch[] {
  const { bias, parts } = device.weights.get(layer.name)!;
  const columns4 = vectorsOf(layer.outFeatures);
  const whole = {
    batches: 1,
    rows: rows * positionsOf(x.shape),
    depth4: vectorsOf(layer.inFeatures),
    cStride4: columns4,
  };
  return parts.flatMap(({ start4, count4, buffer, make }): Dispatch[] => {
    const plan = planProduct(
      device.isProcessor,
      { ...whole, columns4: count4 },
      { bias: layer.bias !== null, activation },
    );
    // A part's columns begin at multiples of 16 vec4s: 256 bytes, the grain of offsets.
    const at = (whole: GPUBuffer): GPUBufferBinding => ({ buffer: whole, offset: start4 * 16 });
    const product = { plan, buffers: { a: x.buffer, b: buffer, bias: at(bias), c: at(y) } };
    return make ? [make, product] : [product];
  });
}

/** What of a layer's activation is left to do where it was computed without: nothing for a linear one. */
export function activationOf(layer: Layer): Activation {
  return "activation" in layer ? layer.activation : LINEAR;
}
