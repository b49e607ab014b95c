/**
 * How a convolution is computed: which kernel, or which chain of them. Chosen from its sizes by counted work, so that a plan
 * knows it without a GPU; see docs/kernels.md for the measurements behind the weights.
 */
import type { BatchedGemmOptions, BatchedGemmShape } from "../../kernels/batched-gemm.ts";
import { type ConvOptions, type ConvShape, isDepthwise } from "../../kernels/conv-shape.ts";
import { conv2dDirectVariants, planConv2dDirect } from "../../kernels/conv2d-direct.ts";
import { conv2dRegisterVariants, planConv2dRegister } from "../../kernels/conv2d-register.ts";
import { conv2dTileVariants, planConv2dTile } from "../../kernels/conv2d-tile.ts";
import { depthwiseConv2dVariants, planDepthwiseConv2d } from "../../kernels/depthwise-conv2d.ts";
import type { KernelPlan } from "../../kernels/plan.ts";
import { planProduct } from "../../kernels/product.ts";
import { paddedChannels, vectorsOf } from "../../kernels/tensor-layout.ts";
import {
  isWinograd,
  planWinogradInput,
  planWinogradOutput,
  type WinogradTile,
  winogradProduct,
  winogradSizes,
} from "../../kernels/winograd.ts";
import type { Conv2dLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { Dispatch } from "./dispatch.ts";

/** The algorithms. `product` is 1 x 1: a matrix product of what lies there already. */
export type ConvMethod =
  | { readonly kind: "direct" | "depthwise" | "implicit" | "product" }
  | { readonly kind: "winograd"; readonly tile: WinogradTile };

/** Numbers that transformed inputs and products of one round of Winograd may take: more rows go in several rounds. */
const ROUND_FLOATS = { processor: 8 * 2 ** 20, gpu: 64 * 2 ** 20 } as const;
/** Numbers of either tensor: 128 MiB is the least that an adapter of WebGPU binds. */
const TENSOR_FLOATS = 32 * 2 ** 20;
/** A number that Winograd transforms costs as much as so many multiplications. */
const TRANSFORM_COST = 10;
/** What a direct multiplication costs more than one of a product: addresses and edges. */
const DIRECT_COST = 1.15;

/** A layer's convolution of `rows` samples of `input`, [height, width, channels]. */
export function convShapeOf(layer: Conv2dLayer, input: Shape, output: Shape, rows: number): ConvShape {
  const { kernel, stride, dilation, padding, inChannels, outChannels, groups } = layer;
  const [height = 1, width = 1] = input;
  const [outHeight = 1, outWidth = 1] = output;
  return {
    rows,
    height,
    width,
    inChannels,
    outChannels,
    outHeight,
    outWidth,
    kernel,
    stride,
    dilation,
    padding,
    groups,
  };
}

/** The method of least counted work. `widest`: the widest Winograd tile that is exact enough; 0: none. */
export function chooseMethod(shape: ConvShape, widest: WinogradTile | 0 = 4): ConvMethod {
  const { kernel, stride, padding, groups, inChannels, outChannels, outHeight, outWidth } = shape;
  if (isDepthwise(shape)) return { kind: "depthwise" };
  if (groups > 1 || inChannels <= 4) return { kind: "direct" };
  const isPlain =
    [...kernel, ...stride].every((size) => size === 1) && Object.values(padding).every((pad) => pad === 0);
  if (isPlain) return { kind: "product" };
  if (!isWinograd(shape) || widest === 0) return { kind: "implicit" };
  const [ins, outs] = [paddedChannels(inChannels), paddedChannels(outChannels)];
  const direct = DIRECT_COST * 9 * outHeight * outWidth * ins * outs;
  const costOf = (tile: WinogradTile) => {
    const { points, tiles } = winogradSizes({ ...shape, rows: 1 }, tile);
    return points * tiles * (ins * outs + TRANSFORM_COST * (ins + outs));
  };
  const tiles = ([4, 2] as const).filter((tile) => tile <= widest);
  const best = tiles.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
  return costOf(best) < direct ? { kind: "winograd", tile: best } : { kind: "implicit" };
}

/** Rows of one round of Winograd, and the numbers its two intermediate tensors take then. */
export function winogradRound(
  shape: ConvShape,
  tile: WinogradTile,
  isProcessor: boolean,
): { readonly rows: number; readonly inputFloats: number; readonly productFloats: number } {
  const one = winogradSizes({ ...shape, rows: 1 }, tile);
  const most = ROUND_FLOATS[isProcessor ? "processor" : "gpu"];
  const together = Math.floor(most / (one.inputFloats + one.productFloats));
  const apart = Math.floor(TENSOR_FLOATS / Math.max(one.inputFloats, one.productFloats));
  const rows = Math.max(1, Math.min(shape.rows, together, apart));
  return { rows, inputFloats: rows * one.inputFloats, productFloats: rows * one.productFloats };
}

/** Buffers of a convolution. */
export interface ConvBuffers {
  readonly x: GPUBuffer;
  /** Packed; for Winograd transformed. */
  readonly weight: GPUBuffer | GPUBufferBinding;
  readonly bias: GPUBuffer | GPUBufferBinding;
  readonly y: GPUBuffer;
  /** Winograd's intermediate tensors; other methods leave them alone. */
  readonly inputs: GPUBuffer;
  readonly products: GPUBuffer;
}

/** The dispatches of a convolution. `pool`: with a 2 x 2 maximum, where the method is Winograd. */
export function convDispatches(
  isProcessor: boolean,
  shape: ConvShape,
  method: ConvMethod,
  { x, weight, bias, y, inputs, products }: ConvBuffers,
  options: ConvOptions & { readonly pool?: boolean },
): readonly Dispatch[] {
  const one = (plan: KernelPlan): Dispatch[] => [{ plan, buffers: { x, weight, bias, y } }];
  switch (method.kind) {
    case "depthwise":
      return one(planDepthwiseConv2d(shape, depthwiseConv2dVariants(isProcessor, shape)[0]!, options));
    case "direct":
      return one(planConv2dDirect(shape, conv2dDirectVariants(isProcessor, shape)[0]!, options));
    case "implicit":
      return one(
        isProcessor
          ? planConv2dRegister(shape, conv2dRegisterVariants[0], options)
          : planConv2dTile(shape, conv2dTileVariants(shape)[0]!, options),
      );
    case "product": {
      const product = pointwiseProduct(shape);
      return [
        { plan: planProduct(isProcessor, product, productOptions(options)), buffers: { a: x, b: weight, bias, c: y } },
      ];
    }
    case "winograd": {
      const { tile } = method;
      const round = winogradRound(shape, tile, isProcessor);
      const dispatches: Dispatch[] = [];
      for (let firstRow = 0; firstRow < shape.rows; firstRow += round.rows) {
        const part = { ...shape, rows: Math.min(round.rows, shape.rows - firstRow) };
        dispatches.push(
          { plan: planWinogradInput(part, tile, firstRow), buffers: { x, v: inputs } },
          {
            plan: planProduct(isProcessor, winogradProduct(part, tile), {}),
            buffers: { a: inputs, b: weight, bias, c: products },
          },
          { plan: planWinogradOutput(part, tile, firstRow, options), buffers: { m: products, bias, y } },
        );
      }
      return dispatches;
    }
  }
}

function pointwiseProduct(shape: ConvShape): BatchedGemmShape {
  return {
    batches: 1,
    rows: shape.rows * shape.outHeight * shape.outWidth,
    columns4: vectorsOf(shape.outChannels),
    depth4: vectorsOf(shape.inChannels),
  };
}

function productOptions({ bias, activation }: ConvOptions): BatchedGemmOptions {
  return { ...(bias === undefined ? {} : { bias }), ...(activation === undefined ? {} : { activation }) };
}
